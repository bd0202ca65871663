/* SPDX-License-Identifier: MIT */
/* inroot.c - tests of paths inside a new root, and of what makes a program executable there */
#include "init/inroot.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "init/guard.h"
#include "init/lib/file.h"
#include "init/lib/str.h"
#include "tests/lib/test.h"

static char dir[] = "/tmp/storeboot-inroot.XXXXXX";
static int root;
static struct err e;

static void put(const char *name, const void *data, size_t len, mode_t mode)
{
	_cleanup_close_ int fd = openat(root, name, O_WRONLY | O_CREAT | O_TRUNC, mode);

	CHECK(fd >= 0);
	CHECK_INT(file_write_all(fd, data, len), 0);
	CHECK_INT(fchmod(fd, mode), 0);
}

static void put_text(const char *name, const char *text, mode_t mode)
{
	put(name, text, strlen(text), mode);
}

static int check(const char *path)
{
	e = (struct err){ 0 };
	return inroot_check_program(root, path, "stage 2", &e);
}

static void links_stay_inside(void)
{
	CHECK_INT(file_mkdirs(root, "nix/store/a", 0755), 0);
	put_text("nix/store/a/init", "binary", 0755);
	CHECK_INT(symlinkat("/nix/store/a", root, "absolute"), 0);
	CHECK_INT(symlinkat("../../../../absolute/init", root, "nix/store/escape"), 0);
	CHECK_INT(symlinkat("loop", root, "loop"), 0);
	CHECK_INT(symlinkat("/bin/sh", root, "host"), 0);
	CHECK_INT(check("/nix/store/a/init"), 0);
	CHECK_INT(check("/absolute/init"), 0);
	CHECK_INT(check("/nix/store/escape"), 0);
	CHECK_INT(check("/../../absolute/init"), 0);
	CHECK_INT(check("/loop"), -ELOOP);
	/* It exists outside only. */
	CHECK_INT(access("/bin/sh", F_OK), 0);
	CHECK_INT(check("/host"), -ENOENT);
	CHECK_HAS(e.text, "stage 2 /host cannot be executed in the new root: No such file");
}

static void only_programs(void)
{
	put_text("plain", "x", 0644);
	put_text("empty", "", 0755);
	CHECK_INT(mkfifoat(root, "fifo", 0755), 0);
	CHECK_INT(check("/missing"), -ENOENT);
	CHECK_INT(check("/plain"), -EACCES);
	CHECK_INT(check("/nix"), -EISDIR);
	CHECK_INT(check("/fifo"), -EACCES);
	CHECK_INT(check("/plain/init"), -ENOTDIR);
	CHECK_INT(check("/empty"), 0);
}

static void scripts(void)
{
	put_text("script", "#! /interp -x\nexit\n", 0755);
	CHECK_INT(check("/script"), -ENOENT);
	CHECK_HAS(
		e.text,
		"/script needs the interpreter /interp, which cannot be executed in the new root");
	put_text("interp", "x", 0644);
	CHECK_INT(check("/script"), -EACCES);
	put_text("interp", "x", 0755);
	CHECK_INT(check("/script"), 0);
	put_text("interp", "#!/script", 0755);
	CHECK_INT(check("/script"), -ELOOP);
	put_text("bare", "#!\n", 0755);
	CHECK_INT(check("/bare"), -ENOEXEC);
	CHECK_HAS(e.text, "names no interpreter");
}

static void interpreters_of_bytes(void)
{
	char ret[64] = "mine";

	CHECK_INT(inroot_interpreter("", 0, ret, sizeof(ret)), 0);
	CHECK_INT(inroot_interpreter("#", 1, ret, sizeof(ret)), 0);
	CHECK_INT(inroot_interpreter("#!", 2, ret, sizeof(ret)), -ENOEXEC);
	CHECK_INT(inroot_interpreter("#!  \n/x", 7, ret, sizeof(ret)), -ENOEXEC);
	CHECK_STR(ret, "mine");
	CHECK_INT(inroot_interpreter("#!\t/bin/sh", 10, ret, sizeof(ret)), 1);
	CHECK_STR(ret, "/bin/sh");
	CHECK_INT(inroot_interpreter("#!/bin/sh -eu\nx", 15, ret, 7), -ENOEXEC);
	CHECK_INT(inroot_interpreter("#!/bin/sh -eu\nx", 15, ret, 8), 1);
	CHECK_STR(ret, "/bin/sh");
}

/* The host's own shell is dynamic on the systems this runs on; its loader's name is what we want.
 */
static void elf(void)
{
	_cleanup_buf_ struct buf sh = { 0 };
	char loader[256];

	CHECK_INT(file_read(AT_FDCWD, "/bin/sh", 64 << 20, &sh), 0);
	if (inroot_interpreter(sh.data, 4096, loader, sizeof(loader)) != 1) {
		SKIP("elf: a real program", "this host's shell is static");
		return;
	}
	CHECK_INT(access(loader, X_OK), 0);
	put("sh", sh.data, sh.len, 0755);
	CHECK_INT(check("/sh"), -ENOENT);
	CHECK_HAS(e.text, loader);
	/* Cut anywhere within its headers it is no error and reads nothing beyond. */
	for (size_t n = 0; n < 1024; n++) {
		_cleanup_free_ char *cut = malloc(n + 1);

		memcpy(cut, sh.data, n);
		CHECK(inroot_interpreter(cut, n, loader, sizeof(loader)) >= 0);
	}
}

static void making_files(void)
{
	_cleanup_close_ int fd =
		inroot_open(root, "/absolute/made", O_WRONLY | O_CREAT | O_EXCL, 0600);
	struct stat st;

	CHECK(fd >= 0);
	CHECK_INT(fstatat(root, "nix/store/a/made", &st, 0), 0);
	CHECK_INT(st.st_mode & 07777, 0600);
	CHECK(fcntl(fd, F_GETFD) & FD_CLOEXEC);
}

static void making_folders(void)
{
	_cleanup_close_ int deep = inroot_mkdirs(root, "/absolute/x y/z", 0755);
	_cleanup_close_ int again = inroot_mkdirs(root, "/absolute/x y/z", 0755);
	struct stat st, same, other;

	CHECK(deep >= 0 && again >= 0);
	CHECK_INT(fstatat(root, "nix/store/a/x y/z", &st, 0), 0);
	CHECK_INT(fstat(deep, &same), 0);
	CHECK_INT(fstat(again, &other), 0);
	CHECK(S_ISDIR(st.st_mode) && st.st_ino == same.st_ino && st.st_ino == other.st_ino);
	CHECK_INT(inroot_mkdirs(root, "/absolute/init/x", 0755), -ENOTDIR);
	CHECK_INT(inroot_mkdirs(root, "/absolute/init", 0755), -ENOTDIR);
	CHECK_INT(inroot_mkdirs(root, "/host/x", 0755), -ENOENT); /* a link to nothing in there */
	CHECK_INT(inroot_mkdirs(root, "/loop", 0755), -ELOOP);
}

int main(void)
{
	umask(022);
	if (!mkdtemp(dir))
		return 1;
	root = open(dir, O_RDONLY | O_DIRECTORY);
	RUN(links_stay_inside);
	RUN(only_programs);
	RUN(scripts);
	RUN(interpreters_of_bytes);
	RUN(elf);
	RUN(making_files);
	RUN(making_folders);
	guard_empty(root);
	rmdir(dir);
	TEST_END();
}
