/* SPDX-License-Identifier: MIT */
/*
 * virtiofs.c - virtiofsd, shut in with nothing but the folder that it serves
 *
 * Theory of operation: the daemon reads and writes the guest's memory, which QEMU lays into a memfd
 * for it, and answers one connection, which is there before either starts. It runs below bwrap: no
 * network, and of the host's files its program and the folder, read-only where the guest is not to
 * write to it, which without CAP_SYS_ADMIN it cannot undo. It is root in there, as both kinds of it
 * want to be; outside it is who runs the launcher.
 */
#include "host/share/virtiofs.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <limits.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "host/lib/exit.h"
#include "host/lib/proc.h"
#include "host/share/sandbox.h"
#include "host/lib/unix_socket.h"

#define GUEST_INODE                                                                                \
	1024 /* bytes of memory, at least, for a file that the guest knows (struct fuse_inode) */
/* Descriptors that the daemon needs for itself, the one in Rust 610 (its src/main.rs,
 * INTERNAL_FD_RESERVE), and for what is open in the guest: each open file takes one more, and so
 * does a program's mapping of one. */
#define OWN_FILES 2048

/* QEMU's drops all but these itself, and wants to have them first
 * (tools/virtiofsd/passthrough_ll.c, setup_capabilities). */
static const char *const caps[] = {
	"CAP_SYS_CHROOT", "CAP_SETPCAP", "CAP_CHOWN",  "CAP_DAC_OVERRIDE",
	"CAP_FOWNER",	  "CAP_FSETID",	 "CAP_SETGID", "CAP_SETUID",
	"CAP_MKNOD",	  "CAP_SETFCAP", NULL,
};

int virtiofs_find(const char *given, char *ret, struct err *e)
{
	/* No PATH has these: Debian 12 and before; Debian, Fedora; Arch. */
	static const char *const places[] = { "/usr/libexec/virtiofsd", "/usr/lib/virtiofsd",
					      "/usr/lib/qemu/virtiofsd" };
	struct err none;

	if (given || proc_find(NULL, "virtiofsd", "virtiofsd", ret, e) == 0)
		return given ? proc_find(given, given, "virtiofsd", ret, e) : 0;
	for (size_t i = 0; i < ARRAY_SIZE(places); i++)
		if (proc_find(places[i], "virtiofsd", "virtiofsd", ret, &none) == 0)
			return 0;
	return -e->num;
}

static int add_confinement(const struct virtiofs_config *c, int root, struct strv *v)
{
	const struct sandbox box = { c->bwrap, c->virtiofsd, "0", caps };
	/* The folder around the paths of a closure is the sandbox's own: the daemon could write to
	 * it. */
	static const char *const nothing_new[] = { "--remount-ro", "/", NULL };
	int r = sandbox_begin(&box, root, v);

	if (r == 0 && c->closure)
		r = expose_args(EXPOSE_CLOSURE, c->folder, v);
	else if (r == 0)
		r = sandbox_bind(v, c->writable ? "--bind" : "--ro-bind", c->folder, "/export");
	if (r == 0 && c->closure)
		r = strv_add_all(v, nothing_new);
	return r < 0 ? r : strv_add(v, "--");
}

/* File handles in place of open files would need a capability over the whole host,
 * CAP_DAC_READ_SEARCH of the first user namespace (open_by_handle_at(2)), by which the daemon could
 * open any file beside the store's. That of its own namespace does not do (EPERM, seen with
 * Linux 6.18). */
int virtiofs_command(const struct virtiofs_config *c, int root, int listen_fd, struct strv *ret)
{
	const char *const of_qemu[] = { "-o",
					c->closure ? "source=" EXPOSED_STORE : "source=/export",
					"-o",
					"sandbox=chroot",
					"-o",
					c->is_store ? "cache=always" : "cache=none",
					"-o",
					"log_level=warn",
					"--rlimit-nofile=0",
					NULL };
	const char *const other[] = { c->closure ? "--shared-dir=" EXPOSED_STORE
						 : "--shared-dir=/export",
				      "--sandbox=chroot",
				      c->is_store ? "--cache=always" : "--cache=never",
				      "--inode-file-handles=never",
				      "--log-level=warn",
				      "--rlimit-nofile=0",
				      NULL };
	int r = add_confinement(c, root, ret);

	if (r == 0)
		r = strv_add(ret, c->virtiofsd);
	if (r == 0)
		r = strv_addf(ret, "--fd=%d", listen_fd);
	return r < 0 ? r : strv_add_all(ret, c->of_qemu ? of_qemu : other);
}

struct inode {
	dev_t dev;
	ino_t ino;
};

static int compare(const void *a, const void *b)
{
	const struct inode *x = a, *y = b;

	if (x->dev != y->dev)
		return x->dev < y->dev ? -1 : 1;
	return x->ino == y->ino ? 0 : x->ino < y->ino ? -1 : 1;
}

static uint64_t count_distinct(struct buf *inodes)
{
	struct inode *v = (struct inode *)(void *)inodes->data;
	size_t n = inodes->len / sizeof(*v);
	uint64_t distinct = n > 0;

	if (n > 0)
		qsort(v, n, sizeof(*v), compare);
	for (size_t i = 1; i < n; i++)
		distinct += compare(&v[i - 1], &v[i]) != 0;
	return distinct;
}

/* Counts the files that the guest can come to know, up to max; one with several names once, as a
 * store that was optimised has many of. */
static uint64_t count_files(const struct virtiofs_config *c, uint64_t max)
{
	_cleanup_strv_ struct strv paths = { 0 };
	_cleanup_buf_ struct buf linked = { 0 };
	int r = c->closure ? 0 : strv_add(&paths, c->folder);
	uint64_t n = 0;
	FTS *fts = NULL;

	for (size_t i = 0; r == 0 && c->closure && i < c->closure->n; i++)
		r = strv_addf(&paths, "%s/%s", c->folder, c->closure->v[i]);
	if (r == 0 && paths.n > 0)
		fts = fts_open(paths.v, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	for (FTSENT *f; fts && r == 0 && n < max && (f = fts_read(fts));) {
		const struct inode id = { f->fts_statp->st_dev, f->fts_statp->st_ino };

		if ((f->fts_info == FTS_F || f->fts_info == FTS_SL) && f->fts_statp->st_nlink > 1)
			r = buf_add(&linked, &id, sizeof(id));
		else
			n += f->fts_info != FTS_DP;
	}
	if (fts)
		fts_close(fts);
	return fts && r == 0 ? n + count_distinct(&linked) : max;
}

/*
 * The daemon holds a descriptor for each file that the guest knows, and past its limit files are
 * just not there. The guest knows no more than there are, nor than its memory has room for. The
 * launcher's own limit is what its children inherit; root may raise the hard one too.
 */
static int check_limit(const struct virtiofs_config *c, struct err *e)
{
	const uint64_t known = c->memory / GUEST_INODE;
	struct rlimit limit;
	uint64_t n;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return err_sys(e, errno, "getrlimit");
	limit.rlim_cur = limit.rlim_max;
	if (limit.rlim_max < known + OWN_FILES) {
		const struct rlimit higher = { known + OWN_FILES, known + OWN_FILES };

		if (setrlimit(RLIMIT_NOFILE, &higher) == 0)
			return 0;
	}
	if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
		return err_sys(e, errno, "setrlimit");
	n = limit.rlim_max < OWN_FILES ? 0 : limit.rlim_max - OWN_FILES;
	if (n >= known || count_files(c, n) < n)
		return 0;
	return err_exit(
		e, EXIT_MISSING, EMFILE,
		"virtiofsd holds each file open that the guest knows, and the limit of %llu "
		"(ulimit "
		"-Hn) is too low: the guest would miss files of %s%s; raise it, or say %sanother "
		"--share",
		(unsigned long long)limit.rlim_max, c->closure ? "the closure in " : "", c->folder,
		c->is_store && !c->closure ? "--expose closure or " : "");
}

int virtiofs_check(struct virtiofs_config *c, struct err *e)
{
	const struct sandbox box = { c->bwrap, c->virtiofsd, "0", caps };
	_cleanup_close_ int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	_cleanup_strv_ struct strv argv = { 0 };
	_cleanup_buf_ struct buf out = { 0 };
	int r = root < 0 ? -errno : add_confinement(c, root, &argv);

	if (r == 0)
		r = strv_add(&argv, c->virtiofsd);
	if (r == 0)
		r = strv_add(&argv, "--version");
	if (r < 0)
		return err_sys(e, r, "virtiofsd's command");
	r = sandbox_try(&box, argv.v, &out, e);
	if (r < 0)
		return r;
	c->of_qemu = out.data && str_after(out.data, "virtiofsd version ");
	return check_limit(c, e);
}

int virtiofs_socket(const char *folder, int *ret_listening, int *ret_connected, struct err *e)
{
	static const char name[] = "virtiofs";
	_cleanup_close_ int dir = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	_cleanup_close_ int listening = -1, connected = -1;
	int r = dir < 0 ? -errno : (listening = unix_socket_listen(folder, name, 0, 1));

	if (r >= 0)
		r = connected = unix_socket_connect(folder, name, 0);
	if (r < 0)
		return err_sys(e, r, "cannot make a socket for virtiofsd in %s", folder);
	unlinkat(dir, name, 0);
	*ret_listening = take_fd(&listening);
	*ret_connected = take_fd(&connected);
	return 0;
}
