/* SPDX-License-Identifier: MIT */
/*
 * cifs.c - the file server that the guest sees: smbd, shut in with nothing but the store
 *
 * Theory of operation: slirp starts one smbd for each connection, with the connection on its stdin
 * (inetd style; no port listens). Each one runs below bwrap in namespaces of its own: no network,
 * no capabilities, no environment, and of the host's files only the programs, its configuration and
 * the store, read-only, at /export/nix/store. /export is the share. Inside it is always user 1000:
 * an ordinary user to smbd, which then changes no user ids, whoever runs the launcher. A folder of
 * the user's is a share of its own, below /bind; what is made there belongs to who runs the
 * launcher.
 *
 * SMB1 with UNIX extensions and a single-byte charset on both sides carries every name, link and
 * mode of a store as it is; nothing newer does. SMB3.1.1 POSIX, by Samba 4.22 with Linux 6.12
 * and 7.3, was measured: a file has mode 0755 from its first open(2) on (fs/smb/client/file.c,
 * cifs_nt_open, asks for the attributes of Windows), so a second NAR has another hash; and no name
 * that ends in a backslash opens.
 */
#include "host/share/cifs.h"

#include <errno.h>
#include <fcntl.h>

#include "host/lib/exit.h"
#include "host/lib/folder.h"
#include "host/share/sandbox.h"

#define INNER "/run/smb" /* where a server keeps its files, as it sees it */
#define FOLDERS "/bind"	 /* and the user's folders, each by its number */
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
 * What a folder of the user's has different: it may be written to, with the modes that the guest
 * asks for, and the client shall keep nothing of it. An oplock would let it, and only clients break
 * one, not the host. Without "follow symlinks" smbd makes none (smbd/trans2.c,
 * smb_set_file_unix_link); one that leads out of the folder is followed by the guest alone, as
 * "wide links" is off.
 */
static const char folder_conf[] = "follow symlinks = yes\n"
				  "create mask = 07777\n"
				  "directory mask = 07777\n"
				  "oplocks = no\n"
				  "level2 oplocks = no\n";

/* What the server's /etc holds. */
static const struct {
	const char *name, *text;
} etc[] = {
	{ "passwd", "storeboot:x:1000:1000::/:/\n" },
	{ "group", "storeboot:x:1000:\n" },
	{ "nsswitch.conf", "passwd: files\ngroup: files\n" },
};

int smb_conf(const struct smb_config *c, struct buf *ret)
{
	int r = buf_add(ret, conf, sizeof(conf) - 1);

	for (size_t i = 0; r == 0 && c->folders && i < c->folders->n; i++)
		r = buf_addf(ret,
			     "[" SHARED_FOLDER_TAG "]\ncopy = qemu\npath = " FOLDERS
			     "/%zu\nread only = %s\n%s",
			     i, i, c->folders->v[i].read_only ? "yes" : "no", folder_conf);
	return r;
}

static int add_etc(const struct smb_config *c, struct strv *v)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(etc); i++) {
		r = strv_add(v, "--ro-bind");
		if (r == 0)
			r = strv_addf(v, "%s/%s", c->folder, etc[i].name);
		if (r == 0)
			r = strv_addf(v, "/etc/%s", etc[i].name);
	}
	return r;
}

/* What a server writes is its own: smbd names its locks by its process id, which is the same in
 * each sandbox, so a second one beside the first would not start. */
static int add_conf(const struct smb_config *c, struct strv *v)
{
	static const char *const own[] = { "--tmpfs", INNER, "--ro-bind", NULL };
	int r = strv_add_all(v, own);

	if (r == 0)
		r = strv_addf(v, "%s/smb.conf", c->folder);
	return r < 0 ? r : strv_add(v, INNER "/smb.conf");
}

static int add_folders(const struct smb_config *c, struct strv *v)
{
	char inner[32];
	int r = 0;

	for (size_t i = 0; r == 0 && c->folders && i < c->folders->n; i++) {
		const struct shared_folder *b = &c->folders->v[i];

		snprintf(inner, sizeof(inner), FOLDERS "/%zu", i);
		r = sandbox_bind(v, b->read_only ? "--ro-bind" : "--bind", b->host, inner);
	}
	return r;
}

/* bwrap and its arguments up to "--". */
static int add_confinement(const struct smb_config *c, int root, struct strv *v)
{
	const struct sandbox box = { c->bwrap, c->smbd, USER, NULL };
	int r = sandbox_begin(&box, root, v);

	if (r == 0)
		r = add_etc(c, v);
	if (r == 0)
		r = add_conf(c, v);
	if (r == 0)
		r = expose_args(c->expose, c->store, v);
	if (r == 0)
		r = add_folders(c, v);
	return r < 0 ? r : strv_add(v, "--");
}

int smb_command(const struct smb_config *c, int root, struct strv *ret)
{
	/* -i: one process. Otherwise each connection starts two more, smbd's notifyd and cleanupd.
	 */
	const char *const smbd[] = { c->smbd, "-s", INNER "/smb.conf", "-l", INNER, "-i", NULL };
	int r = add_confinement(c, root, ret);

	return r < 0 ? r : strv_add_all(ret, smbd);
}

int smb_prepare(const struct smb_config *c, struct err *e)
{
	_cleanup_buf_ struct buf text = { 0 };
	int r = smb_conf(c, &text);

	if (r < 0)
		return err_sys(e, r, "smb.conf");
	r = folder_write(c->folder, "smb.conf", text.data, text.len, e);
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(etc); i++)
		r = folder_write(c->folder, etc[i].name, etc[i].text, strlen(etc[i].text), e);
	return r;
}

/* `smbd -b` prints how it was built, and shows at once that it starts in there. */
int smb_check(const char *smbd, const char *bwrap, struct err *e)
{
	_cleanup_close_ int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	const struct sandbox box = { bwrap, smbd, USER, NULL };
	const char *const build[] = { "--", smbd, "-b", NULL };
	_cleanup_strv_ struct strv argv = { 0 };
	_cleanup_buf_ struct buf out = { 0 };
	int r = root < 0 ? -errno : sandbox_begin(&box, root, &argv);

	if (r == 0)
		r = strv_add_all(&argv, build);
	if (r < 0)
		return err_sys(e, r, "the file server's command");
	r = sandbox_try(&box, argv.v, &out, e);
	if (r < 0)
		return r;
	if (!out.data || !strstr(out.data, "WITH_SMB1SERVER"))
		return err_exit(e, EXIT_MISSING, EPROTONOSUPPORT,
				"%s was built without SMB1, the only dialect that carries a store "
				"unchanged; "
				"name another with --smbd, or use another share, --share auto",
				smbd);
	return 0;
}
