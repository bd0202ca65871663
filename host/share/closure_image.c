/* SPDX-License-Identifier: MIT */
/*
 * closure_image.c - a closure as a read-only erofs image, prepared for an overlay over a share
 *
 * Theory of operation: mkfs.erofs packs one folder, and the store contains more than the closure.
 * So a child process enters its own mount namespace, mounts a tmpfs over a folder that mkfs.erofs
 * does not need, binds each path of the closure there, and executes mkfs.erofs. Nothing is copied,
 * nothing has to be cleaned up afterwards, and the child is killed when its parent ends.
 *
 * Nix makes /nix/store/.links if it is missing, and fails if it cannot, so the image has an empty
 * one.
 */
#include "host/share/closure_image.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>

#include "host/lib/exit.h"
#include "host/lib/said.h"
#include "host/share/stage.h"
#include "init/lib/spawn.h"

#define LOOK_MS 100
#define SAID_MAX 4096

static void make_folders(void)
{
	stage_make();
	if (mkdir("store", 0755) < 0 || mkdir("mask", 0755) < 0 ||
	    mkdir("store/.links", 0755) < 0 || mknod("mask/.links", S_IFCHR, makedev(0, 0)) < 0)
		stage_fail("cannot make", "store");
}

static void show(int store, const char *name)
{
	char to[PATH_MAX], mask[PATH_MAX];

	if (str_format(to, sizeof(to), "store/%s", name) < 0 ||
	    str_format(mask, sizeof(mask), "mask/%s", name) < 0)
		stage_fail("cannot find", name);
	/* A whiteout is the one device that needs no privilege (mknod(2), Linux 5.8). */
	if (stage_show(store, name, to) && mknod(mask, S_IFCHR, makedev(0, 0)) < 0)
		stage_fail("cannot show", name);
}

/* -T1 --all-root: times and owners as Nix has them. -x-1: store paths have no extended attributes.
 * A fixed UUID makes images reproducible. noinline_data: a file's last bytes would follow its
 * inode, so two inodes would fill a block; without them a block has a hundred inodes, and a walk
 * is four times as fast. */
static void become_mkfs(const struct closure_image *c, int fd)
{
	char file[64];
	const char *const argv[] = { c->mkfs,
				     "-T1",
				     "--all-root",
				     "-x-1",
				     "-Enoinline_data",
				     "-U",
				     "5704eb00-7000-4000-8000-000000000001",
				     file,
				     ".",
				     NULL };

	snprintf(file, sizeof(file), "/proc/self/fd/%d", fd);
	fcntl(fd, F_SETFD, 0);
	execv(c->mkfs, (char *const *)argv);
	stage_fail("cannot start", c->mkfs);
}

static void child(const struct closure_image *c, int fd, int said, pid_t parent)
{
	int store;

	stage_begin(said, parent);
	/* After stage_begin: mount(2) refuses a path of another namespace. */
	store = open(c->store, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (store < 0)
		stage_fail("cannot open", c->store);
	make_folders();
	for (const char *const *name = c->names; *name; name++)
		show(store, *name);
	become_mkfs(c, fd);
}

/* Keeps the end of the child's output. Returns false at end of file. */
static bool hear(int fd, struct buf *said)
{
	char data[1024];
	ssize_t n = read(fd, data, sizeof(data));

	if (n < 0)
		return errno == EINTR;
	if (n == 0 || buf_add(said, data, (size_t)n) < 0)
		return false;
	if (said->len > SAID_MAX) {
		memmove(said->data, said->data + said->len - SAID_MAX, SAID_MAX + 1);
		said->len = SAID_MAX;
	}
	return true;
}

/* Reads until the child closes its stderr. Returns 0 or -ECANCELED. */
static int follow(const struct closure_image *c, int fd, int said_fd, struct buf *said)
{
	for (;;) {
		struct pollfd p = { said_fd, POLLIN, 0 };
		struct stat st;
		int n = poll(&p, 1, LOOK_MS);

		if (n > 0 && !hear(said_fd, said))
			return 0;
		if (c->progress && fstat(fd, &st) == 0 && c->progress((uint64_t)st.st_size, c->arg))
			return -ECANCELED;
	}
}

/* Names that mkfs.erofs cannot pack: 1.5 truncates a longer name to 254 bytes, at best to one that
 * no file has, and silently leaves out names that begin with "lost+found" (erofs-utils,
 * lib/inode.c). */
static bool is_lost(const char *name, size_t len)
{
	return len >= NAME_MAX || str_after(name, "lost+found");
}

static int check_names(const struct closure_image *c, const char *name, struct err *e)
{
	char path[PATH_MAX];
	char *const paths[] = { path, NULL };
	FTS *fts = NULL;
	int r = 0;

	if (str_format(path, sizeof(path), "%s/%s", c->store, name) == 0)
		fts = fts_open(paths, FTS_PHYSICAL | FTS_NOSTAT | FTS_NOCHDIR, NULL);
	if (!fts)
		return err_sys(e, errno ? errno : ENOMEM, "cannot look at %s", name);
	for (FTSENT *f; r == 0 && (f = fts_read(fts));)
		if (f->fts_level > 0 && is_lost(f->fts_name, f->fts_namelen))
			r = err_exit(
				e, EXIT_SHARE, ENOTSUP,
				"mkfs.erofs packs no name of %d bytes and none that begins with "
				"lost+found, and %s has one",
				NAME_MAX, name);
	fts_close(fts);
	return r;
}

int closure_image_build(const struct closure_image *c, int fd, struct err *e)
{
	_cleanup_close_ int hearing = -1;
	_cleanup_buf_ struct buf said = { 0 };
	int ends[2], status = 0, r = 0;
	pid_t parent = getpid(), pid;
	char how[64];

	for (const char *const *name = c->names; r == 0 && *name; name++)
		r = check_names(c, *name, e);
	if (r < 0)
		return r;
	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_sys(e, errno, "pipe");
	hearing = ends[0];
	pid = fork();
	if (pid == 0)
		child(c, fd, ends[1], parent);
	close(ends[1]);
	if (pid < 0)
		return err_sys(e, errno, "fork");
	r = follow(c, fd, hearing, &said);
	if (r < 0)
		kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (r < 0)
		return err_exit(e, EXIT_SHARE, -r,
				"the closure's image: building it was broken off");
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	return err_exit(e, EXIT_SHARE, EIO, "%s: %s: %s", c->mkfs,
			spawn_status_text(status, how, sizeof(how)), said_why(&said));
}
