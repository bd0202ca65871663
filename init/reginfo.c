/* SPDX-License-Identifier: MIT */
/*
 * reginfo.c - the closure's registration into the guest's Nix database
 *
 * Theory of operation: loading takes seconds for a real closure and gives the same rows each time,
 * so the last registration loaded is kept beside the database, whole: equal bytes mean an unchanged
 * closure, and no hash is needed to say so. The stamp is written after nix-store has committed, and
 * its time is set to the database's. Whatever happens to the database after that (paths deleted,
 * another one put in its place, a power cut that took the last writes) makes the two times differ,
 * and then the registration is loaded again. Reading alone does not: SQLite writes the file only to
 * change it, and what it has not moved there yet lies in a log beside it (sqlite.org, wal.html).
 */
#include "init/reginfo.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "init/inroot.h"
#include "init/lib/file.h"
#include "init/lib/spawn.h"
#include "init/lib/str.h"

#define DB "nix/var/nix/db/db.sqlite"
#define DB_LOG DB "-wal"
#define STAMP "nix/var/nix/db/storeboot-registration"
#define REGISTRATION_MAX ((size_t)256 << 20)

extern char **environ;

/* Whether a file of the system is there; then *ret is what stat(2) says of it. */
static bool look(const struct reginfo *r, const char *path, struct stat *ret)
{
	_cleanup_close_ int fd = inroot_open(r->root, path, O_PATH, 0);

	return fd >= 0 && fstat(fd, ret) == 0;
}

static bool unchanged(const struct reginfo *r, const struct buf *text)
{
	_cleanup_close_ int stamp = inroot_open(r->root, STAMP, O_RDONLY, 0);
	_cleanup_buf_ struct buf last = { 0 };
	struct stat st, db, log;

	return stamp >= 0 && fstat(stamp, &st) == 0 && look(r, DB, &db) &&
	       st.st_mtim.tv_sec == db.st_mtim.tv_sec && st.st_mtim.tv_nsec == db.st_mtim.tv_nsec &&
	       !(look(r, DB_LOG, &log) && log.st_size > 0) && st.st_size == (off_t)text->len &&
	       file_read_fd(stamp, text->len, &last) == 0 && last.len == text->len &&
	       memcmp(last.data, text->data, text->len) == 0;
}

/* The time comes last: a stamp that is cut off from it counts for nothing. */
static int leave_stamp(const struct reginfo *r, const struct buf *text, struct err *e)
{
	int err = file_replace(r->root, STAMP, text->data, text->len, 0644);
	struct timespec times[2];
	struct stat db;

	if (err == 0 && !look(r, DB, &db))
		return err_set(e, ENOENT, "%s left no /" DB, r->program);
	if (err == 0) {
		times[0] = times[1] = db.st_mtim;
		err = utimensat(r->root, STAMP, times, 0) < 0 ? -errno : 0;
	}
	return err < 0 ? err_sys(e, err, "cannot write /" STAMP) : 0;
}

/*
 * nix-store's environment: ours, with root's home (the kernel says HOME=/) and the folder of the
 * program itself as PATH. It is made for this call; stage 2 gets its own untouched.
 */
static int make_environment(const struct reginfo *r, struct strv *ret)
{
	const char *slash = strrchr(r->program, '/');
	int err = strv_add(ret, "HOME=/root");

	if (err == 0 && slash)
		err = strv_addf(ret, "PATH=%.*s", (int)(slash - r->program), r->program);
	for (char **v = environ; *v && err == 0; v++)
		if (!str_after(*v, "HOME=") && !str_after(*v, "PATH="))
			err = strv_add(ret, *v);
	return err;
}

static const char *last_line(const struct buf *b)
{
	const char *newline = b->len > 0 ? strrchr(b->data, '\n') : NULL;

	return newline ? newline + 1 : b->len > 0 ? b->data : "it said nothing";
}

static int load(const struct reginfo *r, int fd, struct err *e)
{
	/* An empty group: as root, nix would else want to own /nix/store, which is read-only. */
	const char *const argv[] = { r->program, "--option",  "build-users-group",
				     "",	 "--load-db", NULL };
	_cleanup_strv_ struct strv env = { 0 };
	_cleanup_buf_ struct buf said = { 0 };
	struct spawn s = {
		.path = r->program, .argv = argv, .stdin_fd = fd, .timeout_ms = r->timeout_ms
	};
	char text[64];
	int status = 0, err = make_environment(r, &env);

	if (err < 0)
		return err_sys(e, err, "cannot run %s", r->program);
	s.envp = env.v;
	err = spawn_run(&s, NULL, &said, &status);
	if (err == -ETIMEDOUT)
		return err_set(e, ETIMEDOUT, "%s --load-db did not end within %u s with %s",
			       r->program, r->timeout_ms / 1000, r->file);
	if (err < 0)
		return err_sys(e, err, "cannot run %s --load-db", r->program);
	if (status != 0)
		return err_set(e, ECHILD, "%s --load-db refused %s: %s: %s", r->program, r->file,
			       spawn_status_text(status, text, sizeof(text)), last_line(&said));
	return 0;
}

int reginfo_load(const struct reginfo *r, struct err *e)
{
	_cleanup_close_ int fd = inroot_open(r->root, r->file, O_RDONLY, 0);
	_cleanup_buf_ struct buf text = { 0 };
	int err = fd < 0 ? fd : file_read_fd(fd, REGISTRATION_MAX, &text);

	if (err < 0)
		return err_sys(e, err, "cannot read the registration regInfo=%s", r->file);
	if (text.len == 0)
		return err_set(e, ENODATA, "the registration regInfo=%s is empty", r->file);
	if (unchanged(r, &text))
		return REGINFO_UNCHANGED;
	if (lseek(fd, 0, SEEK_SET) < 0)
		return err_sys(e, errno, "cannot read the registration regInfo=%s", r->file);
	err = load(r, fd, e);
	if (err < 0)
		return err;
	return leave_stamp(r, &text, e) < 0 ? REGINFO_NO_STAMP : REGINFO_LOADED;
}
