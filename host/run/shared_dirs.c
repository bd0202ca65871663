/* SPDX-License-Identifier: MIT */
/* shared_dirs.c - the shared folders of NixOS's script, from its environment variables */
#include "host/run/shared_dirs.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/lib/cache.h"
#include "host/lib/exit.h"
#include "host/lib/input.h"
#include "init/lib/file.h"

#define CERTS_MAX ((size_t)64 << 20)
#define CERTS_NAME "ca-certificates.crt"
#define CERTS_MODE 0644

/* A colon in a path is doubled (shared_folder.h). */
static int add_folder(struct strv *folders, const char *host, const char *more, const char *guest,
		      struct err *e)
{
	_cleanup_buf_ struct buf b = { 0 };
	int r = 0;

	for (const char *p = host; r == 0 && *p; p++)
		r = *p == ':' ? buf_add(&b, "::", 2) : buf_add(&b, p, 1);
	if (r == 0)
		r = buf_addf(&b, "%s:%s", more, guest);
	if (r == 0)
		r = strv_add(folders, b.data);
	return r < 0 ? err_sys(e, r, "--bind") : 0;
}

static int not_made(const char *tmpdir, int num, struct err *e)
{
	return err_exit(e, EXIT_BAD_INPUT, num, "TMPDIR %s: cannot make xchg there: %s", tmpdir,
			strerror(num));
}

/* Resolves links here: shared_folders_open cannot while the folder is missing. */
static int add_tmpdir(struct strv *folders, const char *tmpdir, char *ret_make, struct err *e)
{
	char real[PATH_MAX], path[PATH_MAX];
	struct stat st;

	if (!realpath(tmpdir, real))
		return err_exit(e, EXIT_MISSING, errno, "USE_TMPDIR: TMPDIR %s: %s", tmpdir,
				strerror(errno));
	if (str_format(path, sizeof(path), "%s/xchg", str_eq(real, "/") ? "" : real) < 0)
		return not_made(tmpdir, ENAMETOOLONG, e);
	if (lstat(path, &st) < 0) {
		if (errno != ENOENT || access(real, W_OK | X_OK) < 0)
			return not_made(tmpdir, errno, e);
		memcpy(ret_make, path, sizeof(path));
	}
	return add_folder(folders, path, "", "/tmp/xchg", e);
}

int exchange_make(const char *path, struct err *e)
{
	if (!path[0])
		return 0;
	if (mkdir(path, 0777) == 0)
		return 1;
	return errno == EEXIST ? 0 : not_made(path, errno, e);
}

/* The places of Debian and most; of Fedora; of NixOS. */
static int read_certs(struct buf *ret, struct err *e)
{
	static const char *const places[] = { "/etc/ssl/certs/" CERTS_NAME,
					      "/etc/pki/tls/certs/ca-bundle.crt",
					      "/etc/ssl/certs/ca-bundle.crt" };
	const char *said = getenv("NIX_SSL_CERT_FILE");
	int r = -ENOENT;

	if (said && said[0]) {
		r = input_read(said, CERTS_MAX, ret);
		if (r < 0)
			return err_exit(e, EXIT_BAD_INPUT, r, "NIX_SSL_CERT_FILE %s: %s", said,
					input_why(said, -r));
		return 0;
	}
	for (size_t i = 0; r < 0 && i < ARRAY_SIZE(places); i++)
		r = file_read(AT_FDCWD, places[i], CERTS_MAX, ret);
	if (r < 0)
		return err_exit(
			e, EXIT_MISSING, r,
			"--host-certs: there are no CA certificates in %s; set NIX_SSL_CERT_FILE",
			places[0]);
	return 0;
}

/* Is the copy up to date? Then it is not written again: no fsync, and the guests of other runs do
 * not see the file vanish for a moment. */
static bool is_kept(int dir, const struct buf *certs)
{
	_cleanup_close_ int fd =
		openat(dir, CERTS_NAME, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	_cleanup_buf_ struct buf kept = { 0 };
	struct stat st;

	/* A run with a narrow umask may have left a file that the guest's users cannot read. */
	return fd >= 0 && fstat(fd, &st) == 0 && (st.st_mode & 07777) == CERTS_MODE &&
	       st.st_size == (off_t)certs->len && file_read_fd(fd, CERTS_MAX, &kept) == 0 &&
	       kept.len == certs->len && memcmp(kept.data, certs->data, certs->len) == 0;
}

static int keep(int dir, const struct buf *certs)
{
	if (is_kept(dir, certs))
		return 0;
	cache_sweep(dir);
	return file_replace(dir, CERTS_NAME, certs->data, certs->len, CERTS_MODE);
}

/* Shares a folder with only this file, so that the guest sees nothing else. */
int exchange_certs(struct strv *folders, struct err *e)
{
	_cleanup_buf_ struct buf certs = { 0 }, folder = { 0 };
	_cleanup_close_ int dir = -1;
	int r = read_certs(&certs, e);

	if (r < 0)
		return r;
	dir = cache_open("certs", &folder);
	r = dir < 0 ? dir : keep(dir, &certs);
	if (r < 0)
		return err_exit(e, EXIT_MISSING, r,
				"--host-certs: cannot keep a copy in the cache: %s", strerror(-r));
	return add_folder(folders, folder.data, "", "/etc/ssl/certs:ro", e);
}

int exchange_folders(struct strv *folders, char *ret_make, struct err *e)
{
	const char *shared = getenv("SHARED_DIR"), *tmpdir = getenv("TMPDIR"),
		   *use = getenv("USE_TMPDIR");
	int r = 0;

	if (shared && shared[0])
		r = add_folder(folders, shared, "", "/tmp/shared", e);
	if (r == 0 && use && use[0] && tmpdir && tmpdir[0])
		r = add_tmpdir(folders, tmpdir, ret_make, e);
	return r;
}
