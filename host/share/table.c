/* SPDX-License-Identifier: MIT */
/*
 * table.c - the shares, one row each: what is looked for, made and told to QEMU
 *
 * A row says what the share is called, what the guest's kernel must have for it, how what it needs
 * on this host is found, made and told to QEMU. The guest's side of the same table is in
 * init/share.c.
 */
#include "host/share/table.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "host/closure/names.h"
#include "host/lib/exit.h"
#include "host/lib/folder.h"
#include "host/lib/proc.h"
#include "host/share/closure_tree.h"
#include "host/share/server.h"
#include "host/share/cifs.h"
#include "host/share/virtiofs.h"
#include "init/lib/spawn.h"

#define SOURCE(constant, name, source) [SHARE_##constant] = source,
const char *const share_sources[] = { SHARE_TABLE(SOURCE) };
#undef SOURCE

/* Distributions build QEMU with more or less in it. */
static int check_device(const char *qemu, const char *device, struct err *e)
{
	_cleanup_buf_ struct buf out = { 0 }, said = { 0 }, help = { 0 };
	int status = 0, r = buf_addf(&help, "%s,help", device);
	const char *const argv[] = { qemu, "-machine", "none", "-device", help.data, NULL };
	const struct spawn s = {
		.path = qemu, .argv = argv, .stdin_fd = -1, .timeout_ms = SPAWN_ASK_TIMEOUT_MS
	};

	if (r == 0)
		r = spawn_run(&s, &out, &said, &status);
	if (r < 0)
		return err_sys(e, r, "cannot ask %s for %s", qemu, device);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	return err_exit(e, EXIT_MISSING, ENODEV, "%s was built without %s", qemu, device);
}

/* --- what a server beside the network serves
 * ---------------------------------------------------------- */

/* The store, and each folder of the user's: one device each. */
struct export
{
	char tag[32];
	const char *folder;
	bool is_store, writable;
};

static size_t exports_of(const struct share *w, enum share_kind kind,
			 struct export ret[SHARED_FOLDERS_MAX + 1])
{
	size_t n = 0;

	if (w->store) {
		ret[n] = (struct export){ .folder = w->store, .is_store = true };
		snprintf(ret[n++].tag, sizeof(ret->tag), "%s", share_sources[kind]);
	}
	for (size_t i = 0; w->folders && i < w->folders->n; i++) {
		const struct shared_folder *b = &w->folders->v[i];

		ret[n] = (struct export){ .folder = b->host, .writable = !b->read_only };
		snprintf(ret[n++].tag, sizeof(ret->tag), SHARED_FOLDER_TAG, i);
	}
	return n;
}

/* --- cifs
 * ------------------------------------------------------------------------------------------- */

/* How much of the host it shows, and the closure's names where it is that. */
static int find_exposed(const struct share_request *q, struct share *w, struct err *e)
{
	w->expose = w->store ? q->expose : EXPOSE_NOTHING;
	strv_free(&w->exposed);
	return w->expose == EXPOSE_CLOSURE ? closure_names(q->image.closure, &w->exposed, e) : 0;
}

/* For shares that bring the store and nothing around it. */
static int refuse_root(const struct share_request *q, const char *name, struct err *e)
{
	if (q->expose != EXPOSE_ROOT)
		return 0;
	return err_exit(
		e, EXIT_USAGE, EINVAL,
		"run: --expose root is for --share cifs; by %s the guest has no /hostfs, and "
		"--bind /:FOLDER:ro shows as much",
		name);
}

static int find_cifs(const struct share_request *q, struct share *w, struct err *e)
{
	int r = proc_find(q->smbd, "smbd", "samba", w->smbd, e);

	if (r == 0)
		r = find_exposed(q, w, e);
	if (r == 0)
		r = proc_find(NULL, "bwrap", "bubblewrap", w->bwrap, e);
	return r < 0 ? r : smb_check(w->smbd, w->bwrap, e);
}

/* The paths of a closure as one tree, for all servers of the run. */
static int make_tree(struct share *w, struct err *e)
{
	if (!w->store || w->expose != EXPOSE_CLOSURE)
		return 0;
	w->tree_fd = closure_tree_make(w->store, &w->exposed, e);
	return w->tree_fd < 0 ? w->tree_fd : 0;
}

/*
 * The command by which a server starts, in ret. Its own lies in a file: QEMU's option then has
 * nothing in it that could be misread. tree: of make_tree, or -1.
 */
static int write_server(const struct strv *argv, const char *folder, const char *self, int tree,
			struct strv *ret, struct err *e)
{
	_cleanup_buf_ struct buf text = { 0 };
	char file[PATH_MAX];
	int r = str_format(file, sizeof(file), "%s/" SERVER_FILE, folder);

	for (size_t i = 0; r == 0 && i < argv->n; i++)
		r = buf_add(&text, argv->v[i], strlen(argv->v[i]) + 1);
	if (r == 0)
		r = strv_add(ret, self);
	if (r == 0)
		r = server_words(file, tree, ret);
	if (r < 0)
		return err_sys(e, r, "the file server's command");
	return folder_write(folder, SERVER_FILE, text.data, text.len, e);
}

static int make_cifs(struct share *w, const char *folder, const char *self, struct err *e)
{
	char smb_folder[PATH_MAX];
	const struct smb_config smb = { w->smbd,    w->bwrap,  w->store,
					smb_folder, w->expose, w->folders };
	_cleanup_close_ int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	_cleanup_strv_ struct strv argv = { 0 };
	int r = str_format(smb_folder, sizeof(smb_folder), "%s/smb", folder);

	if (r < 0 || mkdir(smb_folder, 0700) < 0)
		return err_sys(e, r < 0 ? r : errno, "%s/smb", folder);
	r = smb_prepare(&smb, e);
	if (r == 0)
		r = make_tree(w, e);
	if (r < 0)
		return r;
	r = root < 0 ? -errno : smb_command(&smb, root, &argv);
	if (r < 0)
		return err_sys(e, r, "the file server's command");
	return write_server(&argv, folder, self, w->tree_fd, &w->command, e);
}

/* --- 9p
 * --------------------------------------------------------------------------------------------- */

static int find_9p(const struct share_request *q, struct share *w, struct err *e)
{
	int r = w->store ? refuse_root(q, "9p", e) : 0;

	if (r == 0 && w->store && q->expose == EXPOSE_CLOSURE)
		return err_exit(
			e, EXIT_USAGE, EINVAL,
			"run: --expose closure is not for --share 9p: QEMU serves a folder as it "
			"is, and nothing shuts it in");
	return r < 0 ? r : check_device(q->qemu, "virtio-9p-pci", e);
}

/*
 * QEMU itself is the server. security_model=none: owners, modes and links are the files' own, and
 * what it may not do to one it does not do; "mapped" would show links as files. multidevs=remap: a
 * store may have another file system mounted in it, and two files must not get one inode number.
 */
static void qemu_9p(const struct share *w, struct argv *ret)
{
	struct export exports[SHARED_FOLDERS_MAX + 1];
	size_t n = exports_of(w, SHARE_9P, exports);

	for (const struct export *x = exports; x < exports + n; x++) {
		argv_add(ret, "-fsdev",
			 "local,id=%s,security_model=none,readonly=%s,multidevs=remap,path=",
			 x->tag, x->writable ? "off" : "on");
		argv_value(ret, x->folder);
		argv_add(ret, "-device", "virtio-9p-pci,fsdev=%s,mount_tag=%s", x->tag, x->tag);
	}
}

/* --- virtiofs
 * --------------------------------------------------------------------------------------- */

static struct virtiofs_config virtiofs_of(const struct share *w, const struct export *x)
{
	const bool in_part = x->is_store && w->expose == EXPOSE_CLOSURE;

	return (struct virtiofs_config){
		.virtiofsd = w->virtiofsd,
		.bwrap = w->bwrap,
		.folder = x->folder,
		.is_store = x->is_store,
		.writable = x->writable,
		.closure = in_part ? &w->exposed : NULL,
		.memory = w->memory,
		.of_qemu = w->virtiofsd_of_qemu,
	};
}

static int find_virtiofs(const struct share_request *q, struct share *w, struct err *e)
{
	struct export exports[SHARED_FOLDERS_MAX + 1];
	size_t n = exports_of(w, SHARE_VIRTIOFS, exports);
	int r = w->store ? refuse_root(q, "virtiofs", e) : 0;

	if (r == 0)
		r = find_exposed(q, w, e);
	if (r == 0)
		r = virtiofs_find(q->virtiofsd, w->virtiofsd, e);
	if (r == 0)
		r = proc_find(NULL, "bwrap", "bubblewrap", w->bwrap, e);
	if (r == 0)
		r = check_device(q->qemu, "vhost-user-fs-pci", e);
	w->memory = q->memory;
	for (size_t i = 0; r == 0 && i < n; i++) {
		struct virtiofs_config c = virtiofs_of(w, &exports[i]);

		r = virtiofs_check(&c, e);
		w->virtiofsd_of_qemu = c.of_qemu;
	}
	return r;
}

/* What it says lies in the private folder; it ends with its connection, or with the launcher. */
static int start_virtiofsd(char *const *argv, int listening, const char *folder, pid_t *ret_pid,
			   struct err *e)
{
	const int pass[] = { listening, -1 };
	_cleanup_close_ int said = -1, pidfd = -1;
	char log[PATH_MAX];

	if (str_format(log, sizeof(log), "%s/" SHARE_SERVER_LOG, folder) < 0)
		return err_sys(e, ENAMETOOLONG, "%s", folder);
	said = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (said < 0)
		return err_sys(e, errno, "%s", log);
	pidfd = proc_start(argv, pass, said, ret_pid, e);
	return pidfd < 0 ? pidfd : 0;
}

static int serve_by_virtiofs(struct share *w, const struct export *x, const char *folder,
			     const char *self, struct err *e)
{
	const struct virtiofs_config c = virtiofs_of(w, x);
	_cleanup_close_ int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC), listening = -1;
	_cleanup_strv_ struct strv argv = { 0 }, command = { 0 };
	pid_t *pid = &w->server_pids[w->n_sockets];
	int r = virtiofs_socket(folder, &listening, &w->socket_fds[w->n_sockets], e);

	if (r < 0)
		return r;
	*pid = 0;
	w->n_sockets++;
	r = root < 0 ? -errno : virtiofs_command(&c, root, listening, &argv);
	if (r < 0)
		return err_sys(e, r, "virtiofsd's command");
	r = c.closure ? write_server(&argv, folder, self, w->tree_fd, &command, e) : 0;
	return r < 0 ? r
		     : start_virtiofsd(c.closure ? command.v : argv.v, listening, folder, pid, e);
}

static int make_virtiofs(struct share *w, const char *folder, const char *self, struct err *e)
{
	struct export exports[SHARED_FOLDERS_MAX + 1];
	size_t n = exports_of(w, SHARE_VIRTIOFS, exports);
	int r = make_tree(w, e);

	for (size_t i = 0; r == 0 && i < n; i++)
		r = serve_by_virtiofs(w, &exports[i], folder, self, e);
	return r;
}

/* The daemon maps the guest's memory, so that must be a file which both can have. */
static void qemu_virtiofs(const struct share *w, struct argv *ret)
{
	const unsigned long long mib = (w->memory + ((uint64_t)1 << 20) - 1) >> 20;
	struct export exports[SHARED_FOLDERS_MAX + 1];
	size_t n = exports_of(w, SHARE_VIRTIOFS, exports);

	argv_add(ret, "-object", "memory-backend-memfd,id=ram,size=%lluM,share=on", mib);
	argv_words(ret, "-machine", "memory-backend=ram");
	for (size_t i = 0; i < n; i++) {
		const char *tag = exports[i].tag;

		argv_add(ret, "-chardev", "socket,id=%s,fd=%d", tag,
			 i < w->n_sockets ? argv_fd(ret, w->socket_fds[i]) : -1);
		argv_add(ret, "-device", "vhost-user-fs-pci,chardev=%s,tag=%s", tag, tag);
	}
}

/* --- image
 * ------------------------------------------------------------------------------------------ */

static int find_image(const struct share_request *q, struct share *w, struct err *e)
{
	int r = w->store ? 0 : refuse_root(q, "image", e);

	return r < 0 ? r : store_image_open(&q->image, &w->image_fd, &w->image_path, e);
}

/* --- all of them
 * -------------------------------------------------------------------------------------- */

const struct share_ops share_table[] = {
	[SHARE_CIFS] = { "cifs", { "net", "cifs" }, find_cifs, make_cifs, NULL },
	[SHARE_9P] = { "9p", { "9p" }, find_9p, NULL, qemu_9p },
	[SHARE_VIRTIOFS] = { "virtiofs",
			     { "virtiofs" },
			     find_virtiofs,
			     make_virtiofs,
			     qemu_virtiofs },
	[SHARE_IMAGE] = { "image", { "disk", "image" }, find_image, NULL, NULL },
};
