/* SPDX-License-Identifier: MIT */
/*
 * smb.c - the file server that the guest sees: smbd, shut in with nothing but the store
 *
 * Theory of operation: slirp starts one smbd for each connection, with the connection on its stdin
 * (inetd style; no port listens). Each one runs below bwrap in namespaces of its own: no network, no
 * capabilities, no environment, and of the host's files only the programs, its private folder and the
 * store, read-only, at /export/nix/store. /export is the share. Inside it is always user 1000: an
 * ordinary user to smbd, which then changes no user ids, whoever runs the launcher.
 *
 * SMB1 with UNIX extensions and a single-byte charset on both sides carries every name, link and mode
 * of a store as it is; nothing newer does.
 */
#include "host/share/smb.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "host/exit.h"
#include "host/folder.h"
#include "init/lib/spawn.h"

#define INNER "/run/smb" /* c->folder, as the server sees it */
#define CHECK_TIMEOUT_MS 20000

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

/* What the server's /etc holds. */
static const struct {
	const char *name, *text;
} etc[] = {
	{ "passwd", "storeboot:x:1000:1000::/:/\n" },
	{ "group", "storeboot:x:1000:\n" },
	{ "nsswitch.conf", "passwd: files\ngroup: files\n" },
};

int smb_conf(struct buf *ret)
{
	return buf_add(ret, conf, sizeof(conf) - 1);
}

static int add_bind(struct strv *v, const char *how, const char *from, const char *to)
{
	const char *const words[] = { how, from, to, NULL };

	return strv_add_all(v, words);
}

/* The host's folder, or the link that stands for it on a merged /usr. */
static int add_system_folder(struct strv *v, int root, const char *name)
{
	char target[PATH_MAX], path[64];
	struct stat st;
	ssize_t n;

	if (fstatat(root, name + 1, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISLNK(st.st_mode))
		return add_bind(v, "--ro-bind", name, name);
	n = readlinkat(root, name + 1, target, sizeof(target) - 1);
	if (n < 0)
		return -errno;
	target[n] = '\0';
	if (str_format(path, sizeof(path), "%s", name) < 0)
		return -ENAMETOOLONG;
	return add_bind(v, "--symlink", target, path);
}

/* Where the server's program and its libraries are: in the store, or in the system's folders. */
static int add_programs(const struct smb_config *c, int root, struct strv *v)
{
	static const char *const folders[] = { "/usr", "/lib", "/lib32", "/lib64", "/bin" };
	char home[PATH_MAX], *slash;
	int r = 0;

	if (str_after(c->smbd, "/nix/store/"))
		return add_bind(v, "--ro-bind", "/nix/store", "/nix/store");
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(folders); i++)
		r = add_system_folder(v, root, folders[i]);
	if (r == 0)
		r = add_bind(v, "--ro-bind-try", "/etc/ld.so.cache", "/etc/ld.so.cache");
	if (r < 0 || str_after(c->smbd, "/usr/"))
		return r;
	/* Somewhere else: the folder that it is in. */
	if (str_format(home, sizeof(home), "%s", c->smbd) < 0)
		return -ENAMETOOLONG;
	slash = strrchr(home, '/');
	*slash = '\0';
	return slash == home ? -EINVAL : add_bind(v, "--ro-bind", home, home);
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

/* bwrap and its arguments up to "--". */
static int add_confinement(const struct smb_config *c, int root, struct strv *v)
{
	static const char *const walls[] = {
		"--unshare-all", "--unshare-user", "--uid", "1000", "--gid", "1000",
		"--die-with-parent", "--new-session", "--cap-drop", "ALL", "--clearenv",
		"--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp",
		/* bwrap makes missing parents with mode 0700, which the guest would see. */
		"--dir", "/export", "--dir", "/export/nix", NULL,
	};
	int r = strv_add(v, c->bwrap);

	if (r == 0)
		r = strv_add_all(v, walls);
	if (r == 0)
		r = add_programs(c, root, v);
	if (r == 0)
		r = add_etc(c, v);
	if (r == 0)
		r = add_bind(v, "--bind", c->folder, INNER);
	if (r == 0)
		r = add_bind(v, "--ro-bind", c->store, "/export/nix/store");
	return r < 0 ? r : strv_add(v, "--");
}

int smb_command(const struct smb_config *c, int root, struct strv *ret)
{
	const char *const smbd[] = { c->smbd, "-s", INNER "/smb.conf", "-l", INNER, NULL };
	int r = add_confinement(c, root, ret);

	return r < 0 ? r : strv_add_all(ret, smbd);
}

static int write_files(const struct smb_config *c, struct err *e)
{
	_cleanup_buf_ struct buf text = { 0 };
	int r = smb_conf(&text);

	if (r < 0)
		return err_sys(e, r, "smb.conf");
	r = folder_write(c->folder, "smb.conf", text.data, text.len, e);
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(etc); i++)
		r = folder_write(c->folder, etc[i].name, etc[i].text, strlen(etc[i].text), e);
	return r;
}

/* The last line is the reason; the others are what led to it. */
static const char *last_line(const struct buf *b)
{
	const char *nl = b->len > 0 ? strrchr(b->data, '\n') : NULL;

	return b->len == 0 ? "no reason given" : nl ? nl + 1 : b->data;
}

/* bwrap that may not, or smbd that does not start. */
static int did_not_start(const struct smb_config *c, int status, const struct buf *said, struct err *e)
{
	const char *why = last_line(said);
	char how[64];

	if (str_after(why, "bwrap: ") && (strstr(why, "namespace") || strstr(why, "ermi")))
		return err_exit(e, EXIT_MISSING, EPERM,
				"the file server cannot be shut in here: %s; this host must allow "
				"unprivileged user namespaces (sysctl user.max_user_namespaces, "
				"kernel.unprivileged_userns_clone, "
				"kernel.apparmor_restrict_unprivileged_userns); inside a chroot "
				"no kernel does",
				why);
	return err_exit(e, EXIT_MISSING, ENOEXEC, "%s does not start (%s): %s", c->smbd,
			spawn_status_text(status, how, sizeof(how)), why);
}

static int check(const struct smb_config *c, char *const *argv, struct err *e)
{
	_cleanup_buf_ struct buf out = { 0 }, said = { 0 };
	static char *const empty[] = { NULL };
	struct spawn s = { .path = argv[0], .argv = (const char *const *)argv, .envp = empty,
			   .stdin_fd = -1, .timeout_ms = CHECK_TIMEOUT_MS };
	int status = 0, r = spawn_run(&s, &out, &said, &status);

	if (r < 0)
		return err_sys(e, r, "cannot start %s", c->bwrap);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		return did_not_start(c, status, &said, e);
	if (!out.data || !strstr(out.data, "WITH_SMB1SERVER"))
		return err_exit(e, EXIT_MISSING, EPROTONOSUPPORT,
				"%s was built without SMB1, the only dialect that carries a store "
				"unchanged; name another with --smbd",
				c->smbd);
	return 0;
}

/* `smbd -b` prints how it was built, and shows at once that it starts in there. */
int smb_prepare(const struct smb_config *c, struct err *e)
{
	_cleanup_close_ int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	_cleanup_strv_ struct strv argv = { 0 };
	int r = write_files(c, e);

	if (r < 0)
		return r;
	r = root < 0 ? -errno : add_confinement(c, root, &argv);
	if (r == 0)
		r = strv_add(&argv, c->smbd);
	if (r == 0)
		r = strv_add(&argv, "-b");
	if (r < 0)
		return err_sys(e, r, "the file server's command");
	return check(c, argv.v, e);
}
