/* SPDX-License-Identifier: MIT */
/*
 * registration_load.c - load the closure's registration into the guest's Nix database
 *
 * Theory of operation: loading takes seconds for a real closure and gives the same rows each time.
 * So a copy of the last registration, the stamp, is kept beside the database. If the bytes are
 * equal, the closure is unchanged; no hash is needed. The stamp is written after nix-store has
 * committed, with the modification time of the database. Any later change of the database (paths
 * deleted, a different database, a power cut that lost the last writes) makes the two times differ,
 * and the registration is loaded again. Reading does not change the time: SQLite writes the file
 * only to change it, and changes that are not in the file yet are in a log beside it (sqlite.org,
 * wal.html).
 *
 * The database also holds other paths, of earlier registrations or built in the guest. These can
 * vanish from the store between two boots: the host collected its garbage, or the layer above the
 * store was in memory. They are listed beside the stamp, so that a boot only checks that each
 * exists. nix-store drops paths from the database only if one is gone.
 */
#include "init/nix/registration_load.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "init/inroot.h"
#include "init/lib/file.h"
#include "init/nix/registration.h"

#define DB "nix/var/nix/db/db.sqlite"
#define DB_LOG DB "-wal"
#define STAMP "nix/var/nix/db/storeboot-registration"
#define OTHERS "nix/var/nix/db/storeboot-others" /* paths not in the stamp, one a line */
#define REGISTRATION_MAX ((size_t)256 << 20)

void registration_result_free(struct registration_result *d)
{
	buf_free(&d->dropped);
	buf_free(&d->dangling);
}

/* Returns true if a file of the system exists, with its stat(2) in *ret. */
static bool look(const struct registration_source *r, const char *path, int flags, struct stat *ret)
{
	_cleanup_close_ int fd = inroot_open(r->root, path, O_PATH | flags, 0);

	return fd >= 0 && fstat(fd, ret) == 0;
}

static bool unchanged(const struct registration_source *r, const struct buf *text)
{
	_cleanup_close_ int stamp = inroot_open(r->root, STAMP, O_RDONLY, 0);
	_cleanup_buf_ struct buf last = { 0 };
	struct stat st, db, log;

	return stamp >= 0 && fstat(stamp, &st) == 0 && look(r, DB, 0, &db) &&
	       st.st_mtim.tv_sec == db.st_mtim.tv_sec && st.st_mtim.tv_nsec == db.st_mtim.tv_nsec &&
	       !(look(r, DB_LOG, 0, &log) && log.st_size > 0) && st.st_size == (off_t)text->len &&
	       file_read_fd(stamp, text->len, &last) == 0 && last.len == text->len &&
	       memcmp(last.data, text->data, text->len) == 0;
}

/* The time is set last: a stamp without it is ignored. */
static int leave_stamp(const struct registration_source *r, const struct buf *text,
		       const struct buf *others, struct err *e)
{
	int err =
		file_replace(r->root, OTHERS, others->data ? others->data : "", others->len, 0644);
	struct timespec times[2];
	struct stat db;

	if (err == 0)
		err = file_replace(r->root, STAMP, text->data, text->len, 0644);
	if (err == 0 && !look(r, DB, 0, &db))
		return err_set(e, ENOENT, "%s left no /" DB, r->nix.program);
	if (err == 0) {
		times[0] = times[1] = db.st_mtim;
		err = utimensat(r->root, STAMP, times, 0) < 0 ? -errno : 0;
	}
	return err < 0 ? err_sys(e, err, "cannot write /" STAMP) : 0;
}

/* Reads the database. reg points into text. Returns 0 or -errno with e. */
static int dump(const struct registration_source *r, struct buf *text, struct registration *reg,
		struct err *e)
{
	static const char *const operation[] = { "--dump-db", NULL };
	int err = nix_store_run(&r->nix, operation, -1, "the database", text, e);
	size_t line = 0;

	if (err < 0)
		return err;
	err = registration_parse(text->data, text->len, reg, &line);
	return err < 0 ? err_sys(e, err, "what %s --dump-db says, line %zu", r->nix.program, line) :
			 0;
}

/* Appends to ret those paths (one per line) that are not in the store. Returns 0 or -ENOMEM. */
static int find_gone(const struct registration_source *r, struct buf *paths, struct buf *ret)
{
	char *line = paths->data, *newline;
	struct stat st;
	int err = 0;

	for (; err == 0 && line && (newline = strchr(line, '\n')); line = newline + 1) {
		*newline = '\0';
		if (!look(r, line, O_NOFOLLOW, &st))
			err = buf_addf(ret, "%s\n", line);
		*newline = '\n';
	}
	return err;
}

/* Sorts the missing paths into those that the database still has and those that it does not. */
static int sort_gone(struct buf *gone, const struct registration *has,
		     struct registration_result *ret)
{
	char *line = gone->data, *newline;
	int err = 0;

	for (; err == 0 && line && (newline = strchr(line, '\n')); line = newline + 1) {
		size_t len = (size_t)(newline - line);

		err = buf_add(registration_has(has, line, len, NULL) ? &ret->dangling :
								       &ret->dropped,
			      line, len + 1);
	}
	return err;
}

/* nix-store --verify drops each missing path, except one to which an existing path refers. In that
 * case it exits with 1, but still drops the others. others: those left in the database. */
static int drop(const struct registration_source *r, struct buf *gone,
		const struct registration *loaded, struct buf *others,
		struct registration_result *ret, struct err *e)
{
	static const char *const operation[] = { "--verify", NULL };
	_cleanup_registration_ struct registration now = { 0 };
	_cleanup_buf_ struct buf text = { 0 };
	int err = nix_store_run(&r->nix, operation, -1, "the database", NULL, e);

	if (err < 0 && err != -ECHILD)
		return err;
	err = dump(r, &text, &now, e);
	if (err < 0)
		return err;
	others->len = 0;
	err = registration_minus(&now, loaded, others);
	if (err == 0)
		err = sort_gone(gone, &now, ret);
	return err < 0 ? err_sys(e, err, "cannot drop paths from the database") : 0;
}

static int load(const struct registration_source *r, const struct buf *text, struct err *e)
{
	static const char *const operation[] = { "--load-db", NULL };
	_cleanup_close_ int fd = memfd_create("registration", MFD_CLOEXEC);
	int err = fd < 0 ? -errno : file_write_all(fd, text->data, text->len);

	if (err == 0 && lseek(fd, 0, SEEK_SET) < 0)
		err = -errno;
	if (err < 0)
		return err_sys(e, err, "cannot hand on the registration regInfo=%s", r->file);
	return nix_store_run(&r->nix, operation, fd, r->file, NULL, e);
}

/* Loads into an existing database. others: the paths that only the database has. */
static int load_over(const struct registration_source *r, const struct registration *reg,
		     struct buf *others, struct err *e)
{
	_cleanup_registration_ struct registration known = { 0 };
	_cleanup_buf_ struct buf has = { 0 }, rest = { 0 };
	int err = dump(r, &has, &known, e);

	if (err < 0)
		return err;
	err = registration_to_load(reg, &known, &rest);
	if (err == 0)
		err = registration_minus(&known, reg, others);
	if (err < 0)
		return err_sys(e, err, "cannot read the registration regInfo=%s", r->file);
	return rest.len > 0 ? load(r, &rest, e) : 0;
}

static int read_others(const struct registration_source *r, struct buf *ret)
{
	_cleanup_close_ int fd = inroot_open(r->root, OTHERS, O_RDONLY, 0);

	return fd == -ENOENT ? 0 : fd < 0 ? fd : file_read_fd(fd, REGISTRATION_MAX, ret);
}

static int settle(const struct registration_source *r, const struct buf *text,
		  const struct registration *reg, struct buf *others,
		  struct registration_result *ret, struct err *e)
{
	_cleanup_buf_ struct buf gone = { 0 };
	int err = find_gone(r, others, &gone);

	if (err < 0)
		return err_sys(e, err, "cannot look for vanished paths");
	if (gone.len > 0)
		err = drop(r, &gone, reg, others, ret, e);
	if (err == 0 && (ret->loaded || ret->verified || ret->dropped.len > 0))
		err = leave_stamp(r, text, others, e);
	return err;
}

/* Content that does not match its hash is a warning, not a failure of the boot. nix-store then
 * exits with 1, after it has checked everything. */
static void verify(const struct registration_source *r, struct registration_result *ret)
{
	/* --quiet: otherwise it also reports each path that got a hash. */
	static const char *const operation[] = { "--verify", "--check-contents", "--quiet", NULL };

	ret->verified =
		nix_store_run(&r->nix, operation, -1, "the store", NULL, &ret->warning) == 0;
}

int registration_load(const struct registration_source *r, struct registration_result *ret,
		      struct err *e)
{
	_cleanup_close_ int fd = inroot_open(r->root, r->file, O_RDONLY, 0);
	_cleanup_registration_ struct registration reg = { 0 };
	_cleanup_buf_ struct buf text = { 0 }, others = { 0 };
	struct err aside = { 0 };
	struct stat db;
	size_t line = 0;
	int err = fd < 0 ? fd : file_read_fd(fd, REGISTRATION_MAX, &text);

	if (err < 0)
		return err_sys(e, err, "cannot read the registration regInfo=%s", r->file);
	if (text.len == 0)
		return err_set(e, ENODATA, "the registration regInfo=%s is empty", r->file);
	err = registration_parse(text.data, text.len, &reg, &line);
	if (err == -EBADMSG)
		return err_set(e, EBADMSG,
			       "regInfo=%s:%zu: no registration, or it is cut short here; nothing "
			       "is loaded",
			       r->file, line);
	if (err < 0)
		return err_sys(e, err, "cannot read the registration regInfo=%s", r->file);
	ret->loaded = !unchanged(r, &text);
	if (!ret->loaded)
		err = read_others(r, &others);
	else if (look(r, DB, 0, &db))
		err = load_over(r, &reg, &others, e);
	else
		err = load(r, &text, e);
	if (err < 0)
		return ret->loaded ? err : err_sys(e, err, "cannot read /" OTHERS);
	/* The registration is loaded; from here on a failure is a warning. */
	if (r->verify)
		verify(r, ret);
	if (settle(r, &text, &reg, &others, ret, &aside) < 0)
		ret->warning = aside;
	return 0;
}
