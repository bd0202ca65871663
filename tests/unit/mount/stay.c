/* SPDX-License-Identifier: MIT */
/* stay.c - tests of the drop-ins by which systemd leaves stage 1's mounts alone */
#include "mount/stay.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "init/lib/file.h"
#include "init/lib/str.h"
#include "tests/lib/scratch.h"
#include "tests/lib/test.h"

static int run;
static struct err e;
static const struct stay mounts[] = {
	{ "/sysroot/hostfs", "hostfs" },
	{ "/sysroot/nix/.rw-store", "nix-.rw\\x2dstore" },
	{ "/run/storeboot/image", "run-storeboot-image" },
};

#define LINE(path, type) "30 1 0:25 / " path " ro,nosuid - " type " source ro\n"
#define CONTROL "systemd/system.control/"

static int stay(const char *mountinfo)
{
	e = (struct err){ 0 };
	return stay_mounted(mounts, ARRAY_SIZE(mounts), mountinfo, strlen(mountinfo), run, &e);
}

static bool written(const char *unit)
{
	_cleanup_buf_ struct buf text = { 0 };
	char path[128];

	CHECK_INT(str_format(path, sizeof(path), CONTROL "%s.mount.d/storeboot.conf", unit), 0);
	if (file_read(run, path, 4096, &text) < 0)
		return false;
	CHECK_STR(text.data, "[Unit]\nDefaultDependencies=no\n");
	return true;
}

static void only_what_is_mounted(void)
{
	CHECK_INT(stay(LINE("/", "rootfs") LINE("/sysroot", "ext3") LINE("/sysroot/mnt", "cifs")),
		  0);
	CHECK_INT(faccessat(run, "systemd", F_OK, 0), -1);
	CHECK_INT(stay(LINE("/sysroot/nix/.rw-store", "tmpfs")), 0);
	CHECK(written("nix-.rw\\x2dstore"));
	CHECK(!written("hostfs"));
	CHECK(!written("run-storeboot-image"));
}

static void each_of_them(void)
{
	CHECK_INT(stay(LINE("/sysroot/hostfs", "cifs") LINE("/run/storeboot/image", "erofs")
			       LINE("/sysroot/nix/.rw-store", "tmpfs")),
		  0);
	for (size_t i = 0; i < ARRAY_SIZE(mounts); i++)
		CHECK(written(mounts[i].unit));
}

/* sd_booted(3) looks for this folder, and stage 2 may be another program. */
static void no_other_init_is_taken_for_systemd(void)
{
	CHECK_INT(stay(LINE("/sysroot/hostfs", "cifs")), 0);
	CHECK(written("hostfs"));
	CHECK_INT(faccessat(run, "systemd/system", F_OK, 0), -1);
}

static void what_cannot_be_written_is_an_error(void)
{
	_cleanup_close_ int fd =
		openat(run, "systemd", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	CHECK(fd >= 0);
	CHECK_INT(stay(LINE("/sysroot/hostfs", "cifs")), -ENOTDIR);
	CHECK_HAS(e.text, "/sysroot/hostfs");
}

/* Each test in a folder of its own, in place of /run. */
#define RUN_IN(folder, test) \
	do { \
		CHECK_INT(mkdir(folder, 0755), 0); \
		run = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC); \
		RUN(test); \
		close(run); \
	} while (0)

int main(void)
{
	if (scratch_enter(0) < 0) {
		SKIP("stay", "no mount namespace for this user here");
		TEST_END();
	}
	RUN_IN("a", only_what_is_mounted);
	RUN_IN("b", each_of_them);
	RUN_IN("c", no_other_init_is_taken_for_systemd);
	RUN_IN("d", what_cannot_be_written_is_an_error);
	TEST_END();
}
