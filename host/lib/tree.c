/* SPDX-License-Identifier: MIT */
/* tree.c - is a folder inside another one, whatever their paths are? */
#include "host/lib/tree.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "host/lib/host_fs.h"
#include "host/lib/place.h"
#include "init/lib/str.h"

/* Is path the folder or below it? */
static bool is_below(const char *path, const char *folder)
{
	const char *rest = str_after(path, str_eq(folder, "/") ? "" : folder);

	return rest && (rest[0] == '\0' || rest[0] == '/');
}

/* Sets fs and path. On failure fs stays 0. */
static void locate(int fd, struct tree *ret)
{
	char path[PATH_MAX];
	const char *rest;
	struct host_fs fs;

	ret->fs = 0;
	if (place_path(fd, path) < 0 || host_fs_of(fd, &fs) < 0)
		return;
	rest = is_below(path, fs.point) ? path + (str_eq(fs.point, "/") ? 0 : strlen(fs.point)) :
					  NULL;
	if (!rest || str_format(ret->path, sizeof(ret->path), "%s%s",
				str_eq(fs.root, "/") ? "" : fs.root, rest) < 0)
		return;
	ret->fs = fs.dev;
}

int tree_open(int dir, const char *name, struct tree *ret)
{
	struct stat st;

	*ret = (struct tree)TREE_INIT;
	ret->fd = openat(dir, name, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (ret->fd < 0 || fstat(ret->fd, &st) < 0)
		return -errno;
	ret->dev = st.st_dev;
	ret->ino = st.st_ino;
	locate(ret->fd, ret);
	return 0;
}

static bool climbs_to(const struct tree *t, int dir)
{
	_cleanup_close_ int at = openat(dir, ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct stat st, last = { 0 };

	while (at >= 0 && fstat(at, &st) == 0) {
		int up;

		if (st.st_dev == t->dev && st.st_ino == t->ino)
			return true;
		if (st.st_dev == last.st_dev && st.st_ino == last.st_ino)
			return false; /* the root is its own parent */
		last = st;
		up = openat(at, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
		close(at);
		at = up;
	}
	return false;
}

bool tree_holds(const struct tree *t, int dir)
{
	struct tree at;

	if (climbs_to(t, dir))
		return true;
	locate(dir, &at);
	return t->fs && at.fs == t->fs && is_below(at.path, t->path);
}

void tree_close(struct tree *t)
{
	cleanup_close(&t->fd);
	t->fd = -1;
}
