/* SPDX-License-Identifier: MIT */
/* mountinfo.c - tests of the mountinfo reader on a kernel's lines, and on wrong ones */
#include "mount/mountinfo.h"

#include <errno.h>

#include "tests/lib/test.h"

/* The CIFS line is Linux 6.1's, of this project's own mount. */
static const char sample[] =
	"1 1 0:2 / / rw - rootfs rootfs rw\n"
	"21 1 0:5 / /dev rw,nosuid,relatime shared:2 master:1 - devtmpfs devtmpfs rw,mode=755\n"
	"30 1 0:25 / /sysroot/hostfs ro,nosuid,nodev,relatime - cifs //10.0.2.4/qemu "
	"ro,vers=1.0,cache=loose,username=nobody,uid=0,forceuid,gid=0,forcegid,addr=10.0.2.4,"
	"file_mode=0755,dir_mode=0755,iocharset=iso8859-1,soft,unix,posixpaths,serverino,"
	"acl,rsize=1048576,actimeo=86400\n"
	"31 1 0:26 / /with\\040space\\134 rw - tmpfs none rw\n"
	"32 1 0:27 / /twice rw - tmpfs below rw\n"
	"33 1 0:28 / /twice rw - ext3 /dev/vda rw,nounix,xposixpaths\n"
	"34 1 0:29 / /unfinished rw - ext3 /dev/vda";

static struct mountinfo m;

static int find(const char *path)
{
	return mountinfo_find(sample, sizeof(sample) - 1, path, &m);
}

static void check_span(const struct mountinfo_span *span, const char *want)
{
	CHECK_INT(span->len, strlen(want));
	CHECK(memcmp(span->s, want, strlen(want)) == 0);
}

static void fields_are_found(void)
{
	CHECK_INT(find("/sysroot/hostfs"), 0);
	check_span(&m.mount_options, "ro,nosuid,nodev,relatime");
	check_span(&m.type, "cifs");
	check_span(&m.source, "//10.0.2.4/qemu");
	CHECK(mountinfo_has(&m.super_options, "unix"));
	CHECK(mountinfo_has(&m.super_options, "posixpaths"));
	CHECK(mountinfo_has(&m.super_options, "ro"));
	CHECK(mountinfo_has(&m.super_options, "vers=1.0"));
	CHECK(!mountinfo_has(&m.super_options, "vers"));
	CHECK(!mountinfo_has(&m.super_options, ""));
}

static void optional_fields_are_passed_over(void)
{
	CHECK_INT(find("/dev"), 0);
	check_span(&m.type, "devtmpfs");
	check_span(&m.super_options, "rw,mode=755");
	CHECK_INT(find("/"), 0);
	check_span(&m.type, "rootfs");
}

static void escapes_are_read(void)
{
	CHECK_INT(find("/with space\\"), 0);
	CHECK_INT(find("/with\\040space\\134"), -ENOENT);
}

static void the_mount_on_top_counts(void)
{
	CHECK_INT(find("/twice"), 0);
	check_span(&m.type, "ext3");
	CHECK(!mountinfo_has(&m.super_options, "unix"));
	CHECK(!mountinfo_has(&m.super_options, "posixpaths"));
	CHECK(mountinfo_has(&m.super_options, "xposixpaths"));
}

static void what_is_not_there_is_not_found(void)
{
	static const char *const wrong[] = { "/sysroot", "/sysroot/hostfs/", "sysroot/hostfs", "",
					     "/unfinished" };

	m = (struct mountinfo){ .type = { "left", 4 } };
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++)
		CHECK_INT(find(wrong[i]), -ENOENT);
	CHECK_INT(mountinfo_find("", 0, "/", &m), -ENOENT);
	CHECK_INT(mountinfo_find("\n\n   \n- - -\n", 11, "/", &m), -ENOENT);
	check_span(&m.type, "left");
}

static void no_cut_is_read_past_its_end(void)
{
	/* A copy of the exact size: the sanitizer sees a byte too many. */
	for (size_t n = 0; n < sizeof(sample); n++) {
		char *copy = malloc(n + 1);

		memcpy(copy, sample, n);
		copy = realloc(copy, n ? n : 1);
		if (mountinfo_find(copy, n, "/twice", &m) == 0)
			CHECK(m.super_options.s + m.super_options.len <= copy + n);
		free(copy);
	}
}

int main(void)
{
	RUN(fields_are_found);
	RUN(optional_fields_are_passed_over);
	RUN(escapes_are_read);
	RUN(the_mount_on_top_counts);
	RUN(what_is_not_there_is_not_found);
	RUN(no_cut_is_read_past_its_end);
	TEST_END();
}
