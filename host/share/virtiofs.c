/* SPDX-License-Identifier: MIT */
/*
 * virtiofs.c - the share virtiofs: virtiofsd, confined to the folder that it serves
 *
 * Theory of operation: the daemon reads and writes the guest's memory, which QEMU keeps in a memfd
 * for that purpose. It answers one connection, which exists before either process starts. It runs
 * under bwrap: no network, and of the host's files only its program and the folder. The folder is
 * read-only unless the guest may write to it; without CAP_SYS_ADMIN the daemon cannot change that.
 * Inside, the daemon is root, as both versions of virtiofsd require; outside, it is the launcher's
 * user.
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
#include "host/lib/syscall_filter.h"
#include "host/share/sandbox.h"
#include "host/share/server.h"
#include "host/lib/unix_socket.h"

#define GUEST_INODE \
	1024 /* minimum memory, in bytes, for each file that the guest knows (struct fuse_inode) \
	      */
/* Descriptors for the daemon itself (the Rust one reserves 610: its src/main.rs,
 * INTERNAL_FD_RESERVE) and for files open in the guest: each open file takes one more, and so does
 * a program's mapping of a file. */
#define OWN_FILES 2048

/* The C virtiofsd drops all capabilities except these, and must have them first
 * (tools/virtiofsd/passthrough_ll.c, setup_capabilities). */
static const char *const caps[] = {
	"CAP_SYS_CHROOT", "CAP_SETPCAP", "CAP_CHOWN",  "CAP_DAC_OVERRIDE",
	"CAP_FOWNER",	  "CAP_FSETID",	 "CAP_SETGID", "CAP_SETUID",
	"CAP_MKNOD",	  "CAP_SETFCAP", NULL,
};

int virtiofs_find(const char *given, char *ret, struct err *e)
{
	/* Not in PATH: Debian 12 and older; Debian, Fedora; Arch. */
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

/* Does this export show only the closure's paths of the store? */
static bool shows_part(const struct share *s, const struct share_export *x)
{
	return x->is_store && s->expose == EXPOSE_CLOSURE;
}

static void add_confinement(const struct share *s, const struct share_export *x, const char *root,
			    int filter, struct argv *a)
{
	const struct sandbox box = { s->bwrap, s->virtiofsd, "0", caps, filter };

	sandbox_begin(&box, root, a);
	if (shows_part(s, x)) {
		expose_args(EXPOSE_CLOSURE, x->fd, a);
		/* Else the daemon could write to the sandbox's own folder around the paths. */
		argv_words(a, "--remount-ro", "/");
	} else {
		sandbox_bind(x->fd, x->writable, "/export", a);
	}
	argv_words(a, "--", s->virtiofsd);
}

/* No file handles: with them the daemon would need no open files, but CAP_DAC_READ_SEARCH in the
 * first user namespace (open_by_handle_at(2)), with which it could open any file outside the
 * store. In its own namespace that capability is not enough (EPERM, seen with Linux 6.18). */
void virtiofs_command(const struct share *s, const struct share_export *x, const char *root,
		      int listen_fd, int filter, struct argv *ret)
{
	const char *folder = shows_part(s, x) ? EXPOSED_STORE : "/export";

	add_confinement(s, x, root, filter, ret);
	argv_word(ret, "--fd=%d", argv_fd(ret, listen_fd));
	if (s->virtiofsd_of_qemu) {
		argv_add(ret, "-o", "source=%s", folder);
		argv_words(ret, "-o", "sandbox=chroot", "-o",
			   x->is_store ? "cache=always" : "cache=none", "-o", "log_level=warn");
	} else {
		argv_word(ret, "--shared-dir=%s", folder);
		argv_words(ret, "--sandbox=chroot",
			   x->is_store ? "--cache=always" : "--cache=never",
			   "--inode-file-handles=never", "--log-level=warn");
	}
	argv_words(ret, "--rlimit-nofile=0");
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

/* Counts the files that the guest can look up, up to max. A file with several names, common in an
 * optimised store, counts once. */
static uint64_t count_files(const struct share *s, const struct share_export *x, uint64_t max)
{
	_cleanup_strv_ struct strv paths = { 0 };
	_cleanup_buf_ struct buf linked = { 0 };
	const bool part = shows_part(s, x);
	int r = part ? 0 : strv_add(&paths, x->folder);
	uint64_t n = 0;
	FTS *fts = NULL;

	for (size_t i = 0; r == 0 && part && i < s->exposed.n; i++)
		r = strv_addf(&paths, "%s/%s", x->folder, s->exposed.v[i]);
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
 * The daemon holds a descriptor for each file that the guest knows; beyond its limit, files are
 * missing in the guest. The guest knows at most the files that exist, and at most those whose
 * inodes fit in its memory. Children inherit the launcher's limit; root may raise the hard one
 * too.
 */
static int check_limit(const struct share *s, const struct share_export *x, struct err *e)
{
	const uint64_t known = s->memory / GUEST_INODE;
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
	if (n >= known || count_files(s, x, n) < n)
		return 0;
	return err_exit(
		e, EXIT_MISSING, EMFILE,
		"virtiofsd holds each file open that the guest knows, and the limit of %llu "
		"(ulimit "
		"-Hn) is too low: the guest would miss files of %s%s; raise it, or say %sanother "
		"--share",
		(unsigned long long)limit.rlim_max, shows_part(s, x) ? "the closure in " : "",
		x->folder, x->is_store && !shows_part(s, x) ? "--expose closure or " : "");
}

/* Runs virtiofsd once in its confinement, to see that it starts and which version it is, and
 * raises the limit on open files. */
static int check(struct share *s, const struct share_export *x, struct err *e)
{
	const int filter = syscall_filter_open(x->writable);
	const struct sandbox box = { s->bwrap, s->virtiofsd, "0", caps, filter };
	_cleanup_argv_ struct argv argv = { 0 };
	_cleanup_buf_ struct buf out = { 0 };
	int r;

	add_confinement(s, x, "/", filter, &argv);
	argv_words(&argv, "--version");
	r = sandbox_try(&box, &argv, &out, e);
	close(filter);
	if (r < 0)
		return r;
	s->virtiofsd_of_qemu = out.data && str_after(out.data, "virtiofsd version ");
	return check_limit(s, x, e);
}

static int find(const struct share_request *q, struct share *s, struct err *e)
{
	struct share_export exports[SHARED_FOLDERS_MAX + 1];
	size_t n = share_exports(s, exports);
	int r = share_find_exposed(q, s, e);

	if (r == 0)
		r = virtiofs_find(q->virtiofsd, s->virtiofsd, e);
	if (r == 0)
		r = proc_find(NULL, "bwrap", "bubblewrap", s->bwrap, e);
	if (r == 0)
		r = share_check_device(q->qemu, "vhost-user-fs-pci", e);
	s->memory = q->memory;
	for (size_t i = 0; r == 0 && i < n; i++)
		r = check(s, &exports[i], e);
	return r;
}

/* Makes a listening socket in the private folder and one connection to it, then removes its name,
 * so that no other process can connect. */
static int make_socket(const char *folder, int *ret_listening, int *ret_connected, struct err *e)
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

/* Starts virtiofsd. It ends with its connection, or with the launcher. log: for its output. */
static int start(const struct argv *argv, int log, pid_t *ret_pid, struct err *e)
{
	const struct proc_run run = { .argv = argv->words.v, .pass = argv->fds, .said = log };
	_cleanup_close_ int pidfd = proc_start(&run, ret_pid, e);

	return pidfd < 0 ? pidfd : 0;
}

static int serve_export(struct share *s, const struct share_export *x, const char *folder,
			const char *self, struct err *e)
{
	_cleanup_close_ int listening = -1, filter = syscall_filter_open(x->writable);
	_cleanup_argv_ struct argv argv = { 0 }, command = { 0 };
	const bool part = shows_part(s, x);
	pid_t *pid = &s->server_pids[s->n_sockets];
	int r = make_socket(folder, &listening, &s->socket_fds[s->n_sockets], e);

	if (r < 0)
		return r;
	*pid = 0;
	s->n_sockets++;
	virtiofs_command(s, x, "/", listening, filter, &argv);
	if (argv.error < 0)
		return err_sys(e, argv.error, "virtiofsd's command");
	r = part ? server_command(&argv, folder, self, s->tree_fd, &command, e) : 0;
	return r < 0 ? r : start(part ? &command : &argv, s->log_fd, pid, e);
}

static int make(struct share *s, const char *folder, const char *self, struct err *e)
{
	struct share_export exports[SHARED_FOLDERS_MAX + 1];
	size_t n = share_exports(s, exports);
	int r = share_make_tree(s, e);

	for (size_t i = 0; r == 0 && i < n; i++)
		r = serve_export(s, &exports[i], folder, self, e);
	return r;
}

/* The guest's memory must be a shared file, because the daemon maps it too. */
static void qemu(const struct share *s, bool by_path, struct argv *ret)
{
	const unsigned long long mib = (s->memory + ((uint64_t)1 << 20) - 1) >> 20;
	struct share_export exports[SHARED_FOLDERS_MAX + 1];
	size_t n = share_exports(s, exports);

	(void)by_path; /* --print-qemu leaves out a share that needs a server */
	argv_add(ret, "-object", "memory-backend-memfd,id=ram,size=%lluM,share=on", mib);
	argv_words(ret, "-machine", "memory-backend=ram");
	for (size_t i = 0; i < n; i++) {
		const char *tag = exports[i].tag;

		argv_add(ret, "-chardev", "socket,id=%s,fd=%d", tag,
			 i < s->n_sockets ? argv_fd(ret, s->socket_fds[i]) : -1);
		argv_add(ret, "-device", "vhost-user-fs-pci,chardev=%s,tag=%s", tag, tag);
	}
}

const struct share_ops share_ops_virtiofs = {
	.needs = { "virtiofs" },
	.speed = 2,
	.for_folders = 1,
	.find = find,
	.make = make,
	.qemu = qemu,
};
