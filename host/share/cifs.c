/* SPDX-License-Identifier: MIT */
/*
 * cifs.c - the share cifs: smbd, confined to the store and the shared folders
 *
 * Theory of operation: slirp starts one smbd for each connection, with the connection on its stdin
 * (inetd style; no port listens). Each smbd runs under bwrap in its own namespaces: no network, no
 * capabilities, no environment, and of the host's files only the programs, its configuration and
 * the store, read-only, at /export/nix/store. The SMB share is /export. Inside, smbd is always
 * user 1000: as an ordinary user it changes no user IDs, whoever runs the launcher. Each shared
 * folder is an SMB share of its own, in /bind; files made there belong to the launcher's user.
 *
 * Only SMB1 with UNIX extensions and a single-byte charset on both sides carries every name, link
 * and mode of a store unchanged. SMB3.1.1 POSIX was measured with Samba 4.22 and Linux 6.12 and
 * 7.3: from its first open(2) on, a file has mode 0755 (fs/smb/client/file.c, cifs_nt_open, asks
 * for the attributes of Windows), so a second NAR has another hash; and no name that ends in a
 * backslash can be opened.
 */
#include "host/share/cifs.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "host/lib/exit.h"
#include "host/lib/folder.h"
#include "host/lib/proc.h"
#include "host/lib/syscall_filter.h"
#include "host/share/ops.h"
#include "host/share/sandbox.h"
#include "host/share/server.h"

#define INNER "/run/smb" /* smbd's own files, as smbd sees them */
#define FOLDERS "/bind"	 /* the shared folders, each named by its number */
#define USER "1000"

static const char conf[] =
	"[global]\n"
	"server role = standalone server\n"
	"security = user\n"
	"map to guest = Bad User\n"
	"guest account = storeboot\n"
	"private dir = " INNER "\n"
	"pid directory = " INNER "\n"
	"lock directory = " INNER "\n"
	"state directory = " INNER "\n"
	"cache directory = " INNER "\n"
	"ncalrpc dir = " INNER "\n"
	"binddns dir = " INNER "\n"
	"smb passwd file = " INNER "/smbpasswd\n"
	"log file = " INNER "/log\n"
	"max log size = 1000\n"
	"disable netbios = yes\n"
	"load printers = no\n"
	"printcap name = /dev/null\n"
	"disable spoolss = yes\n"
	"usershare max shares = 0\n"
	/* The guest's kernel uses neither. With notifications on, a connection that comes before
	 * smbd's notifyd is ready fails with NT_STATUS_NO_MEMORY (source3/smbd/notify_msg.c,
	 * notify_init). The helpers are programs that smbd starts when a client opens a pipe on
	 * IPC$. */
	"change notify = no\n"
	"rpc start on demand helpers = no\n"
	"dos charset = ASCII\n"
	"unix charset = ISO-8859-1\n"
	"server min protocol = NT1\n"
	"unix extensions = yes\n"
	"allow insecure wide links = no\n"
	"[qemu]\n"
	"path = /export\n"
	"guest ok = yes\n"
	"guest only = yes\n"
	"read only = yes\n"
	"case sensitive = yes\n"
	"preserve case = yes\n"
	"short preserve case = yes\n"
	"mangled names = no\n"
	"map archive = no\n"
	"map hidden = no\n"
	"map system = no\n"
	"map readonly = no\n"
	"store dos attributes = no\n"
	"ea support = no\n"
	"hide dot files = no\n"
	"follow symlinks = no\n"
	"wide links = no\n"
	"nt acl support = no\n";

/*
 * Settings of a shared folder that differ from the store's: it may be writable, files get the
 * modes that the guest asks for, and the client must not cache. (An oplock would permit caching;
 * only other clients break it, not the host.) Without "follow symlinks" smbd makes no symlinks
 * (smbd/trans2.c, smb_set_file_unix_link). Only the guest follows a link that leads out of the
 * folder, as "wide links" is off.
 */
static const char folder_conf[] = "follow symlinks = yes\n"
				  "create mask = 07777\n"
				  "directory mask = 07777\n"
				  "oplocks = no\n"
				  "level2 oplocks = no\n";

/* The files in smbd's /etc. */
static const struct {
	const char *name, *text;
} etc[] = {
	{ "passwd", "storeboot:x:1000:1000::/:/\n" },
	{ "group", "storeboot:x:1000:\n" },
	{ "nsswitch.conf", "passwd: files\ngroup: files\n" },
};

int smb_conf(const struct shared_folders *folders, struct buf *ret)
{
	int r = buf_add(ret, conf, sizeof(conf) - 1);

	for (size_t i = 0; r == 0 && folders && i < folders->n; i++)
		r = buf_addf(ret,
			     "[" SHARED_FOLDER_TAG "]\ncopy = qemu\npath = " FOLDERS
			     "/%zu\nread only = %s\n%s",
			     i, i, folders->v[i].read_only ? "yes" : "no", folder_conf);
	return r;
}

/* Each smbd has its own lock files. smbd names them by its process ID, which is the same in every
 * sandbox, so two could not run on the same files. */
static void add_files(const char *folder, struct argv *a)
{
	for (size_t i = 0; i < ARRAY_SIZE(etc); i++) {
		argv_add(a, "--ro-bind", "%s/%s", folder, etc[i].name);
		argv_word(a, "/etc/%s", etc[i].name);
	}
	argv_words(a, "--tmpfs", INNER);
	argv_add(a, "--ro-bind", "%s/smb.conf", folder);
	argv_words(a, INNER "/smb.conf");
}

static void add_folders(const struct shared_folders *folders, struct argv *a)
{
	for (size_t i = 0; folders && i < folders->n; i++) {
		const struct shared_folder *f = &folders->v[i];
		char dest[32];

		snprintf(dest, sizeof(dest), FOLDERS "/%zu", i);
		sandbox_bind(f->fd, !f->read_only, dest, a);
	}
}

void smb_command(const struct share *s, const char *folder, const char *root, struct argv *ret)
{
	const struct sandbox box = { s->bwrap, s->smbd, USER, NULL, s->filter_fd };

	sandbox_begin(&box, root, ret);
	add_files(folder, ret);
	expose_args(s->expose, s->store_fd, ret);
	add_folders(s->folders, ret);
	/* -i: one process. Otherwise each connection also starts smbd's notifyd and cleanupd. */
	argv_words(ret, "--", s->smbd, "-s", INNER "/smb.conf", "-l", INNER, "-i");
}

int smb_prepare(const struct shared_folders *folders, const char *folder, struct err *e)
{
	_cleanup_buf_ struct buf text = { 0 };
	int r = smb_conf(folders, &text);

	if (r < 0)
		return err_sys(e, r, "smb.conf");
	r = folder_write(folder, "smb.conf", text.data, text.len, e);
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(etc); i++)
		r = folder_write(folder, etc[i].name, etc[i].text, strlen(etc[i].text), e);
	return r;
}

/* `smbd -b` prints the build options. It also shows that smbd starts in the sandbox. */
int smb_check(const char *smbd, const char *bwrap, struct err *e)
{
	_cleanup_close_ int filter = syscall_filter_open(true);
	const struct sandbox box = { bwrap, smbd, USER, NULL, filter };
	_cleanup_argv_ struct argv argv = { 0 };
	_cleanup_buf_ struct buf out = { 0 };
	_cleanup_close_ int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	int r;

	if (root < 0)
		return err_sys(e, errno, "/");
	sandbox_begin(&box, "/", &argv);
	sandbox_bind(root, false, "/export", &argv);
	argv_words(&argv, "--", smbd, "-b");
	r = sandbox_try(&box, &argv, &out, e);
	if (r < 0)
		return r;
	if (!out.data || !strstr(out.data, "WITH_SMB1SERVER"))
		return err_exit(e, EXIT_MISSING, EPROTONOSUPPORT,
				"%s was built without SMB1, the only dialect that carries a store "
				"unchanged; name another with --smbd, or use another share, "
				"--share auto",
				smbd);
	return 0;
}

static int find(const struct share_request *q, struct share *s, struct err *e)
{
	int r = proc_find(q->smbd, "smbd", "samba", s->smbd, e);

	if (r == 0)
		r = share_find_exposed(q, s, e);
	if (r == 0)
		r = proc_find(NULL, "bwrap", "bubblewrap", s->bwrap, e);
	return r < 0 ? r : smb_check(s->smbd, s->bwrap, e);
}

static int make(struct share *s, const char *folder, const char *self, struct err *e)
{
	_cleanup_argv_ struct argv argv = { 0 };
	char own[PATH_MAX];
	int r = str_format(own, sizeof(own), "%s/smb", folder);

	if (r < 0 || mkdir(own, 0700) < 0)
		return err_sys(e, r < 0 ? r : errno, "%s/smb", folder);
	r = smb_prepare(s->folders, own, e);
	if (r == 0)
		r = share_make_tree(s, e);
	if (r < 0)
		return r;
	s->filter_fd = syscall_filter_open(share_writes(s));
	smb_command(s, own, "/", &argv);
	return server_command(&argv, folder, self, s->tree_fd, &s->command, e);
}

/* No qemu function: the network's guestfwd runs the command (host/qemu/network.c). */
const struct share_ops share_ops_cifs = {
	.needs = { "net", "cifs" },
	.speed = 4,
	.for_folders = 2,
	.sees_root = true,
	.in_every_initrd = true,
	.find = find,
	.make = make,
};
