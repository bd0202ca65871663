/* SPDX-License-Identifier: MIT */
/* folder.c - tests of the private folder */
#include "host/lib/folder.h"

#include <errno.h>
#include <limits.h>
#include <sys/stat.h>

#include "tests/lib/test.h"

static char top[] = "/tmp/storeboot-folder.XXXXXX";

static void all_of_it_goes(void)
{
	char path[PATH_MAX], name[PATH_MAX + 16];
	struct err e = { 0 };
	struct stat st;

	CHECK_INT(folder_make(path, &e), 0);
	CHECK(strncmp(path, top, strlen(top)) == 0);
	CHECK_INT(stat(path, &st), 0);
	CHECK_INT(st.st_mode & 07777, 0700);
	CHECK_INT(folder_write(path, "a", "text", 4, &e), 0);
	CHECK_INT(folder_write(path, "a", "text", 4, &e), -EEXIST);
	snprintf(name, sizeof(name), "%s/d", path);
	CHECK_INT(mkdir(name, 0700), 0);
	CHECK_INT(folder_write(name, "b", "", 0, &e), 0);
	/* A link out of it is removed, what it points to is not. */
	snprintf(name, sizeof(name), "%s/out", path);
	CHECK_INT(symlink(top, name), 0);
	CHECK_INT(folder_remove(path), 0);
	CHECK(stat(path, &st) < 0 && errno == ENOENT);
	CHECK_INT(stat(top, &st), 0);
	CHECK_INT(folder_remove(path), 0);
}

static void foreign_runtime_folder_is_not_used(void)
{
	const char *base;

	CHECK_INT(setenv("XDG_RUNTIME_DIR", "/tmp", 1), 0);
	CHECK(!folder_base(&base));
	CHECK_STR(base, top);
	CHECK_INT(setenv("XDG_RUNTIME_DIR", top, 1), 0);
	CHECK(folder_base(&base));
	CHECK_STR(base, top);
	unsetenv("XDG_RUNTIME_DIR");
}

int main(void)
{
	unsetenv("XDG_RUNTIME_DIR");
	if (!mkdtemp(top) || setenv("TMPDIR", top, 1) < 0)
		return 1;
	RUN(all_of_it_goes);
	RUN(foreign_runtime_folder_is_not_used);
	folder_remove(top);
	TEST_END();
}
