/* SPDX-License-Identifier: MIT */
/*
 * nix_state.c - Nix's database for a user who may read it but not open it with Nix
 *
 * Without a nix-daemon, Nix opens the database itself. It first sets modes and takes locks in its
 * state folder, which an ordinary user may not (libstore/local-store.cc). But everybody may read
 * the database, so its files are copied and NIX_STATE_DIR points Nix to the copy; the store is
 * still the machine's own.
 *
 * SQLite keeps a transaction in more than one file (https://sqlite.org/wal.html,
 * atomiccommit.html). If all files are the same before and after the copy, SQLite can recover from
 * the copy as after a power cut. On a file system with timestamps in whole seconds (ext3, NFS over
 * it), a file that changed within the last second may change again with the same timestamp, so it
 * is copied again when that second is over.
 */
#include "host/closure/nix_state.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define STATE_DIR "/nix/var/nix"
#define TRIES 10
#define PAUSE_US \
	300000 /* TRIES pauses take longer than a timestamp in whole seconds stays ambiguous */

extern char **environ;

static const char *const files[] = { "schema", "db.sqlite", "db.sqlite-wal", "db.sqlite-journal" };

/* A file's identity and state; all zero: there is no such file. */
struct seen {
	ino_t ino;
	off_t size;
	struct timespec mtime;
};

static int look(int dir, struct seen *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		struct stat st = { 0 };

		if (fstatat(dir, files[i], &st, 0) < 0 && errno != ENOENT)
			return -errno;
		ret[i] = (struct seen){ st.st_ino, st.st_size, st.st_mtim };
	}
	return 0;
}

static bool same(const struct seen *a, const struct seen *b)
{
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		if (a[i].ino != b[i].ino || a[i].size != b[i].size ||
		    a[i].mtime.tv_sec != b[i].mtime.tv_sec ||
		    a[i].mtime.tv_nsec != b[i].mtime.tv_nsec)
			return false;
	return true;
}

static bool may_change_unseen(const struct seen *a)
{
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		if (a[i].mtime.tv_sec != 0 && a[i].mtime.tv_nsec == 0 &&
		    a[i].mtime.tv_sec >= time(NULL) - 1)
			return true;
	return false;
}

/* Removes the copy of an earlier try first. A missing file is missing in the copy, too. */
static int copy_file(int from, int to, const char *name)
{
	_cleanup_close_ int in = openat(from, name, O_RDONLY | O_NONBLOCK | O_CLOEXEC), out = -1;
	ssize_t n;

	if (unlinkat(to, name, 0) < 0 && errno != ENOENT)
		return -errno;
	if (in < 0)
		return errno == ENOENT ? 0 : -errno;
	out = openat(to, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (out < 0)
		return -errno;
	do
		n = sendfile(out, in, NULL, (size_t)1 << 30);
	while (n > 0 || (n < 0 && errno == EINTR));
	return n < 0 ? -errno : 0;
}

static int copy_once(int from, int to)
{
	struct seen before[ARRAY_SIZE(files)], after[ARRAY_SIZE(files)];
	int r = look(from, before);

	for (size_t i = 0; i < ARRAY_SIZE(files) && r == 0; i++)
		r = copy_file(from, to, files[i]);
	if (r == 0)
		r = look(from, after);
	return r == 0 && (!same(before, after) || may_change_unseen(before)) ? -EAGAIN : r;
}

static int copy(int from, const char *folder)
{
	char path[PATH_MAX];
	_cleanup_close_ int to = -1;
	int r = str_format(path, sizeof(path), "%s/db", folder);

	if (r < 0)
		return r;
	if (mkdir(path, 0700) < 0)
		return -errno;
	to = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (to < 0)
		return -errno;
	for (int i = 0; i < TRIES; i++) {
		r = copy_once(from, to);
		if (r != -EAGAIN)
			break;
		usleep(PAUSE_US);
	}
	return r;
}

/* NIX_REMOTE must be "local": with "auto" Nix would ask a daemon first if one answers. */
static int make_env(struct nix_state *s)
{
	int r = strv_addf(&s->env, "NIX_STATE_DIR=%s", s->folder);

	if (r == 0)
		r = strv_add(&s->env, "NIX_REMOTE=local");
	for (char **v = environ; *v && r == 0; v++)
		if (!str_after(*v, "NIX_STATE_DIR=") && !str_after(*v, "NIX_REMOTE="))
			r = strv_add(&s->env, *v);
	return r;
}

/* Opens the database's folder, if the store is local and the database readable but not writable.
 * path: PATH_MAX bytes. Returns a descriptor, or -errno with e. */
static int open_database(char *path, struct err *e)
{
	static const char *const local[] = { "", "auto", "local", "daemon" };
	const char *remote = getenv("NIX_REMOTE"), *state = getenv("NIX_STATE_DIR");
	bool here = !remote;
	int fd;

	for (size_t i = 0; i < ARRAY_SIZE(local); i++)
		here = here || str_eq(remote, local[i]);
	if (!here)
		return err_set(e, ENOTSUP, "NIX_REMOTE is %s: no database here", remote);
	if (str_format(path, PATH_MAX, "%s/db", state && state[0] ? state : STATE_DIR) < 0)
		return err_sys(e, ENAMETOOLONG, "NIX_STATE_DIR");
	if (access(path, W_OK) == 0)
		return err_set(e, ENOTSUP, "%s is writable: no copy is needed", path);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0 && faccessat(fd, "db.sqlite", R_OK, 0) < 0) {
		int num = errno;

		close(fd);
		fd = -num;
	} else if (fd < 0) {
		fd = -errno;
	}
	return fd < 0 ? err_sys(e, fd, "cannot read Nix's database in %s", path) : fd;
}

int nix_state_copy(struct nix_state *ret, struct err *e)
{
	char path[PATH_MAX];
	_cleanup_close_ int from = open_database(path, e);
	int r;

	if (from < 0)
		return from;
	r = folder_make(ret->folder, e);
	if (r == 0)
		r = keeper_start(&ret->keeper,
				 &(struct keeper_task){ ret->folder, folder_remove, -1, NULL }, e);
	if (r < 0)
		return r;
	r = copy(from, ret->folder);
	if (r == 0)
		r = make_env(ret);
	return r < 0 ? err_sys(e, r, "cannot copy Nix's database from %s to %s", path,
			       ret->folder) :
		       0;
}

void nix_state_free(struct nix_state *s)
{
	keeper_end(&s->keeper, folder_remove(s->folder) == 0);
	s->folder[0] = '\0';
	strv_free(&s->env);
}
