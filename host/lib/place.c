/* SPDX-License-Identifier: MIT */
/* place.c - the folder and the name to which a path leads, found by descriptors */
#include "host/lib/place.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "init/lib/str.h"

#define LINKS_MAX 40 /* the kernel's MAXSYMLINKS */

struct walk {
	int dir;
	char rest[PATH_MAX]; /* the part of the path that is not resolved yet */
	unsigned int links;
	bool follow_all;
	place_visit *visit;
	void *arg;
};

static bool same_file(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

static bool is_proc(int dir)
{
	struct statfs fs;

	return fstatfs(dir, &fs) == 0 && fs.f_type == PROC_SUPER_MAGIC;
}

/* Folders with links of the distribution, such as /home and /var/run. For root they can be written,
 * so they are listed. */
static bool is_of_system(const struct stat *dir)
{
	static const char *const folders[] = { "/", "/dev", "/var" };
	struct stat st;

	for (size_t i = 0; i < ARRAY_SIZE(folders); i++)
		if (stat(folders[i], &st) == 0 && same_file(&st, dir))
			return true;
	return false;
}

/* A guest acts with this user's rights, and may change the mode of this user's folders. */
static bool may_be_of_guest(int dir)
{
	struct stat st;

	if (fstat(dir, &st) < 0)
		return true;
	if (is_of_system(&st))
		return false;
	if (faccessat(dir, ".", W_OK, AT_EACCESS) == 0)
		return true;
	return errno != EROFS && st.st_uid == geteuid();
}

static void move_to(struct walk *w, int dir)
{
	close(w->dir);
	w->dir = dir;
}

static void visit(const struct walk *w)
{
	if (w->visit)
		w->visit(w->dir, w->arg);
}

/* Takes the next name from the path. Returns false at its end. */
static bool take_name(struct walk *w, char *name)
{
	char *from = w->rest + strspn(w->rest, "/");
	size_t n = strcspn(from, "/");

	if (n > NAME_MAX + 1)
		n = NAME_MAX + 1; /* still too long, so the kernel refuses it */
	memcpy(name, from, n);
	name[n] = '\0';
	memmove(w->rest, from + n, strlen(from + n) + 1);
	return n > 0;
}

/* Puts the link's target before the rest of the path. */
static int follow(struct walk *w, int link)
{
	char target[PATH_MAX], next[PATH_MAX];
	ssize_t n = readlinkat(link, "", target, sizeof(target) - 1);
	int root;

	if (n < 0)
		return -errno;
	target[n] = '\0';
	if (++w->links > LINKS_MAX || (!w->follow_all && may_be_of_guest(w->dir)))
		return -ELOOP;
	if (str_format(next, sizeof(next), "%s%s", target, w->rest) < 0)
		return -ENAMETOOLONG;
	memcpy(w->rest, next, strlen(next) + 1);
	if (target[0] != '/')
		return 0;
	root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		return -errno;
	move_to(w, root);
	return 0;
}

/* Enters a folder, or follows a link that is not the last name in /proc. */
static int enter(struct walk *w, const char *name)
{
	int dir = openat(w->dir, name, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (dir < 0)
		return -errno;
	move_to(w, dir);
	return 0;
}

static bool at_end(const struct walk *w)
{
	return !w->rest[strspn(w->rest, "/")];
}

static int finish(struct walk *w, const char *name, struct place *ret)
{
	memcpy(ret->name, name, strlen(name) + 1);
	ret->dir = take_fd(&w->dir);
	return 1;
}

/* Resolves one name. Returns 1 if it was the last, 0, or -errno. */
static int step(struct walk *w, const char *name, struct place *ret)
{
	_cleanup_close_ int fd = -1;
	struct stat st;

	if (str_eq(name, ".") || str_eq(name, "..")) {
		const int r = enter(w, name);

		if (r == 0 && str_eq(name, ".."))
			visit(w); /* it holds the folder that ".." leaves */
		return r < 0 ? r : at_end(w) ? finish(w, ".", ret) : 0;
	}
	fd = openat(w->dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0) {
		const int r = -errno;

		visit(w);
		return r == -ENOENT && at_end(w) ? finish(w, name, ret) : r;
	}
	if (S_ISLNK(st.st_mode) && is_proc(w->dir)) {
		ret->magic = at_end(w);
		return ret->magic ? finish(w, name, ret) : enter(w, name);
	}
	if (S_ISLNK(st.st_mode)) {
		visit(w);
		return follow(w, fd);
	}
	if (at_end(w)) {
		visit(w);
		return finish(w, name, ret);
	}
	if (!S_ISDIR(st.st_mode))
		return -ENOTDIR;
	move_to(w, take_fd(&fd));
	return 0;
}

int place_find(const char *path, bool follow_all, place_visit *call, void *arg, struct place *ret)
{
	struct walk w = { .follow_all = follow_all, .visit = call, .arg = arg };
	char name[NAME_MAX + 2];
	int r = 0;

	*ret = (struct place)PLACE_INIT;
	if (!path[0])
		return -ENOENT;
	if (str_format(w.rest, sizeof(w.rest), "%s", path) < 0)
		return -ENAMETOOLONG;
	w.dir = open(path[0] == '/' ? "/" : ".", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (w.dir < 0)
		return -errno;
	while (r == 0)
		r = take_name(&w, name) ? step(&w, name, ret) : finish(&w, ".", ret);
	cleanup_close(&w.dir);
	return r < 0 ? r : 0;
}

int place_open(const struct place *p, int flags, mode_t mode)
{
	int fd = openat(p->dir, p->name, p->magic ? flags & ~O_CREAT : flags | O_NOFOLLOW, mode);
	int err = errno;
	struct stat st;

	if (fd >= 0)
		return fd;
	/* With O_DIRECTORY a link is ENOTDIR. */
	if (err == ENOTDIR && fstatat(p->dir, p->name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    S_ISLNK(st.st_mode))
		return -ELOOP;
	return -err;
}

int place_open_path(const char *path, int flags, mode_t mode)
{
	_cleanup_(place_close) struct place p = PLACE_INIT;
	int r = place_find(path, false, NULL, NULL, &p);

	return r < 0 ? r : place_open(&p, flags, mode);
}

int place_path(int fd, char *ret)
{
	char link[64];
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, ret, PATH_MAX - 1);
	if (n < 0)
		return -errno;
	ret[n] = '\0';
	return ret[0] == '/' ? 0 : -ENOENT;
}

bool place_has(const struct place *p, int fd)
{
	struct stat st, named;

	return fstat(fd, &st) == 0 &&
	       fstatat(p->dir, p->name, &named, p->magic ? 0 : AT_SYMLINK_NOFOLLOW) == 0 &&
	       same_file(&st, &named);
}

void place_close(struct place *p)
{
	cleanup_close(&p->dir);
	*p = (struct place)PLACE_INIT;
}
