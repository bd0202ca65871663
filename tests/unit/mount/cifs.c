/* SPDX-License-Identifier: MIT */
/* cifs.c - tests of the share's source, its errors, and the store in it; VM tests mount a real one
 */
#include "mount/cifs.h"
#include "mount/store.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "mount/mountinfo.h"
#include "tests/lib/scratch.h"
#include "tests/lib/test.h"

static struct err e;
static const struct mount_owner root = MOUNT_OWNER_ROOT;

static void address_of_a_source(void)
{
	char address[INET_ADDRSTRLEN] = "";

	CHECK_INT(mount_cifs_address("//10.0.2.4/qemu", address), 0);
	CHECK_STR(address, "10.0.2.4");
	CHECK_INT(mount_cifs_address("//192.168.100.200/a/b/c", address), 0);
	CHECK_STR(address, "192.168.100.200");
}

static void sources_that_are_none(void)
{
	const struct mount_request q = {
		.source = "//host/qemu", .path = "/tmp/never", .what = MOUNT_STORE, .owner = &root
	};
	static const char *const wrong[] = {
		"",
		"/",
		"//",
		"///",
		"//10.0.2.4",
		"//10.0.2.4/",
		"//10.0.2.4//x",
		"/10.0.2.4/qemu",
		"//host/qemu",
		"//10.0.2/qemu",
		"10.0.2.4:/qemu",
		"//10.0.2.4,x/q",
		"//10.0.2.400/q",
		"//100.100.100.1000/q",
		"//::1/qemu",
	};
	char address[INET_ADDRSTRLEN] = "left";

	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		CHECK_INT(mount_cifs_address(wrong[i], address), -EINVAL);
		CHECK_STR(address, "left");
	}
	CHECK_INT(mount_cifs(&q, &e), -EINVAL);
	CHECK_HAS(e.text, "//host/qemu");
	CHECK(access("/tmp/never", F_OK) < 0);
}

/* What a busy or starting server can cause, known or not, is tried again; what stays as it is is
 * not. */
static void errors_that_may_pass(void)
{
	static const int passing[] = { ENOMEM, EIO,    EHOSTDOWN, ECONNREFUSED, ECONNRESET, EAGAIN,
				       EPIPE,  EMFILE, ENFILE,	  ETIMEDOUT,	ENOBUFS,    EBUSY,
				       EINTR,  5000,   ENOTCONN,  EREMOTEIO };
	static const int final[] = { ENXIO,  ENOENT, EACCES, EOPNOTSUPP, ELIBACC,
				     ENODEV, EINVAL, EPERM,  ENOSYS };

	for (size_t i = 0; i < ARRAY_SIZE(passing); i++)
		CHECK(mount_cifs_may_pass(passing[i]));
	for (size_t i = 0; i < ARRAY_SIZE(final); i++)
		CHECK(!mount_cifs_may_pass(final[i]));
}

/* Whatever this kernel has: without cifs it says so, with it no server is in reach of a network
 * namespace whose only device is down. */
static void no_server_no_mount(void)
{
	_cleanup_buf_ struct buf text = { 0 };
	struct mountinfo m;
	const struct mount_request q = { .source = "//127.0.0.1/none",
					 .path = "/tmp/share",
					 .what = MOUNT_STORE,
					 .owner = &root };
	int r = mount_cifs(&q, &e);

	CHECK(r == -ENODEV || r == -ENETUNREACH || r == -EPERM);
	CHECK_INT(-r, e.num);
	CHECK_HAS(e.text, "cifs //127.0.0.1/none: ");
	CHECK_INT(file_read(AT_FDCWD, "/proc/self/mountinfo", 1 << 20, &text), 0);
	CHECK_INT(mountinfo_find(text.data, text.len, "/tmp/share", &m), -ENOENT);
}

static void store_is_bound_read_only(void)
{
	CHECK_INT(file_mkdirs(AT_FDCWD, "/tmp/host/nix/store/abc", 0755), 0);
	CHECK_INT(mount_store_bind("/tmp/host", "nix/store", "/tmp/root/nix/store", &e), 0);
	CHECK_INT(access("/tmp/root/nix/store/abc", F_OK), 0);
	CHECK_INT(mkdir("/tmp/root/nix/store/x", 0755) < 0 ? errno : 0, EROFS);
}

static void share_without_a_store(void)
{
	CHECK_INT(mkdir("/tmp/empty", 0755), 0);
	CHECK_INT(mount_store_bind("/tmp/empty", "nix/store", "/tmp/r2/nix/store", &e), -ENOENT);
	CHECK_HAS(e.text, "/tmp/empty/nix/store");
	CHECK(access("/tmp/r2", F_OK) < 0);
	CHECK_INT(file_mkdirs(AT_FDCWD, "/tmp/link/nix", 0755), 0);
	CHECK_INT(symlink("/", "/tmp/link/nix/store"), 0);
	CHECK_INT(mount_store_bind("/tmp/link", "nix/store", "/tmp/r2/nix/store", &e), -ENOTDIR);
}

#define TESTS(T) \
	T(sources_that_are_none) \
	T(no_server_no_mount) \
	T(store_is_bound_read_only) \
	T(share_without_a_store)

int main(void)
{
	int r = scratch_enter(CLONE_NEWNET);

	RUN(address_of_a_source);
	RUN(errors_that_may_pass);
#define T(fn) \
	if (r < 0) \
		SKIP(#fn, "no mount namespace of our own can be had here"); \
	else \
		RUN(fn);
	TESTS(T)
#undef T
	TEST_END();
}
