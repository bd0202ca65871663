/* SPDX-License-Identifier: MIT */
/* folder.c - private folders */
#include "host/lib/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "init/lib/file.h"
#include "init/lib/str.h"

/* XDG Base Directory Specification: the folder must be the user's own, mode 0700. */
static bool is_private(const char *path)
{
	struct stat st;

	return path && path[0] == '/' && stat(path, &st) == 0 && S_ISDIR(st.st_mode) &&
	       st.st_uid == geteuid() && (st.st_mode & 0077) == 0;
}

const char *folder_given(void)
{
	const char *own = getenv("STOREBOOT_RUNTIME_DIR");

	return own && own[0] == '/' ? own : NULL;
}

bool folder_base(const char **ret)
{
	const char *run = getenv("XDG_RUNTIME_DIR"), *tmp = getenv("TMPDIR"), *own = folder_given();

	*ret = own ? own : is_private(run) ? run : tmp && tmp[0] == '/' ? tmp : "/tmp";
	return *ret == own || *ret == run;
}

int folder_make(char *ret, struct err *e)
{
	char path[PATH_MAX];
	const char *base;

	folder_base(&base);
	if (str_format(path, sizeof(path), "%s/storeboot-XXXXXX", base) < 0)
		return err_sys(e, ENAMETOOLONG, "a private folder in %s", base);
	if (!mkdtemp(path))
		return err_sys(e, errno, "cannot make a private folder in %s", base);
	memcpy(ret, path, strlen(path) + 1);
	return 0;
}

void folder_remove_in(int dir, const char *name)
{
	_cleanup_closedir_ DIR *d = NULL;
	struct dirent *entry;
	int fd;

	if (unlinkat(dir, name, 0) == 0 || errno == ENOENT)
		return;
	fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return;
	d = fdopendir(fd);
	if (!d) {
		close(fd);
		return;
	}
	while ((entry = readdir(d)) != NULL)
		if (!str_eq(entry->d_name, ".") && !str_eq(entry->d_name, ".."))
			folder_remove_in(dirfd(d), entry->d_name);
	unlinkat(dir, name, AT_REMOVEDIR);
}

int folder_remove(const char *path)
{
	if (path[0])
		folder_remove_in(AT_FDCWD, path);
	return path[0] && access(path, F_OK) == 0 ? -ENOTEMPTY : 0;
}

int folder_write(const char *folder, const char *name, const void *data, size_t len, struct err *e)
{
	char path[PATH_MAX];
	_cleanup_close_ int fd = -1;
	int r = str_format(path, sizeof(path), "%s/%s", folder, name);

	if (r == 0) {
		fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
		r = fd < 0 ? -errno : file_write_all(fd, data, len);
	}
	return r < 0 ? err_sys(e, r, "cannot write %s/%s", folder, name) : 0;
}
