/* SPDX-License-Identifier: MIT */
/* cifs.c - tests of the file server's configuration and its confined command */
#include "host/share/cifs.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "host/lib/folder.h"
#include "tests/lib/test.h"

static char top[PATH_MAX];

/* A root folder as Debian has it, or as it was before /usr was merged. */
static int make_root(bool merged)
{
	char path[PATH_MAX + 8];

	snprintf(path, sizeof(path), "%s/%s", top, merged ? "merged" : "split");
	if (mkdir(path, 0755) < 0) /* made before */
		return open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	CHECK_INT(chdir(path), 0);
	CHECK_INT(mkdir("usr", 0755), 0);
	if (merged)
		CHECK_INT(symlink("usr/lib", "lib"), 0);
	else
		CHECK_INT(mkdir("lib", 0755), 0);
	CHECK_INT(chdir("/"), 0);
	return open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

/* Do a, b, c stand one behind the other? c may be NULL. */
static bool has(const struct strv *v, const char *a, const char *b, const char *c)
{
	for (size_t i = 0; i + 2 < v->n; i++)
		if (str_eq(v->v[i], a) && str_eq(v->v[i + 1], b) && (!c || str_eq(v->v[i + 2], c)))
			return true;
	return false;
}

static size_t count(const struct strv *v, const char *word)
{
	size_t n = 0;

	for (size_t i = 0; i < v->n; i++)
		n += str_eq(v->v[i], word);
	return n;
}

static void sees_the_store_and_little_else(void)
{
	const struct smb_config c = { "/usr/sbin/smbd", "/usr/bin/bwrap", "/nix/store",
				      "/run/d e",	EXPOSE_STORE,	  NULL };
	_cleanup_close_ int root = make_root(true);
	_cleanup_strv_ struct strv v = { 0 };

	CHECK_INT(smb_command(&c, root, &v), 0);
	CHECK_STR(v.v[0], "/usr/bin/bwrap");
	CHECK(has(&v, "--ro-bind", "/nix/store", "/export/nix/store"));
	CHECK(has(&v, "--tmpfs", "/run/smb", NULL));
	CHECK(has(&v, "--ro-bind", "/run/d e/smb.conf", "/run/smb/smb.conf"));
	CHECK(has(&v, "--ro-bind", "/run/d e/passwd", "/etc/passwd"));
	CHECK(has(&v, "--ro-bind", "/usr", "/usr"));
	CHECK(has(&v, "--symlink", "usr/lib", "/lib"));
	CHECK(has(&v, "--cap-drop", "ALL", NULL));
	CHECK_INT(count(&v, "--unshare-all"), 1);
	CHECK_INT(count(&v, "--share-net"), 0);
	CHECK_INT(count(&v, "--bind"), 0); /* nothing of the host can be written */
	CHECK(has(&v, "--", "/usr/sbin/smbd", "-s"));
	CHECK(has(&v, "-l", "/run/smb", "-i"));
	CHECK_INT(count(&v, "/lib64"), 0);
}

static void unmerged_usr(void)
{
	const struct smb_config c = {
		"/usr/sbin/smbd", "/usr/bin/bwrap", "/s", "/d", EXPOSE_STORE, NULL
	};
	_cleanup_close_ int root = make_root(false);
	_cleanup_strv_ struct strv v = { 0 };

	CHECK_INT(smb_command(&c, root, &v), 0);
	CHECK(has(&v, "--ro-bind", "/lib", "/lib"));
	CHECK(has(&v, "--ro-bind", "/s", "/export/nix/store"));
}

static void server_in_the_store(void)
{
	const struct smb_config c = { "/nix/store/x-samba/bin/smbd",
				      "/nix/store/y-bwrap/bin/bwrap",
				      "/mnt/store",
				      "/d",
				      EXPOSE_STORE,
				      NULL };
	_cleanup_strv_ struct strv v = { 0 };

	CHECK_INT(smb_command(&c, -1, &v), 0);
	CHECK(has(&v, "--ro-bind", "/nix/store", "/nix/store"));
	CHECK(has(&v, "--ro-bind", "/mnt/store", "/export/nix/store"));
	CHECK_INT(count(&v, "/usr"), 0);
}

static void server_elsewhere(void)
{
	const struct smb_config c = {
		"/opt/samba/sbin/smbd", "/usr/bin/bwrap", "/s", "/d", EXPOSE_STORE, NULL
	};
	const struct smb_config top_level = { "/smbd", "/usr/bin/bwrap", "/s",
					      "/d",    EXPOSE_STORE,	 NULL };
	_cleanup_close_ int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	_cleanup_strv_ struct strv v = { 0 }, w = { 0 };

	CHECK_INT(smb_command(&c, root, &v), 0);
	CHECK(has(&v, "--ro-bind", "/opt/samba/sbin", "/opt/samba/sbin"));
	CHECK(smb_command(&top_level, root, &w) < 0); /* would show the whole host */
}

/* What the fidelity of a store rests on. */
static void configuration(void)
{
	static const char *const lines[] = {
		"\nserver min protocol = NT1\n", "\nunix extensions = yes\n",
		"\nunix charset = ISO-8859-1\n", "\nread only = yes\n",
		"\nfollow symlinks = no\n",	 "\nwide links = no\n",
		"\nmangled names = no\n",	 "\ncase sensitive = yes\n",
		"\n[qemu]\npath = /export\n",	 "\nguest account = storeboot\n",
		"\nchange notify = no\n",	 "\nrpc start on demand helpers = no\n",
	};
	const struct smb_config c = { .expose = EXPOSE_STORE };
	_cleanup_buf_ struct buf b = { 0 };

	CHECK_INT(smb_conf(&c, &b), 0);
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++)
		CHECK_HAS(b.data, lines[i]);
}

/* One may be written to and one not, whatever the guest asks for; the store comes by another share.
 */
static void folders_of_the_user(void)
{
	struct shared_folder v[] = { { .host = "/home/a b", .guest = "/a" },
				     { .host = "/srv", .guest = "/b", .read_only = true } };
	const struct shared_folders folders = { .v = v, .n = ARRAY_SIZE(v) };
	const struct smb_config c = { "/usr/sbin/smbd", "/usr/bin/bwrap", NULL, "/d",
				      EXPOSE_NOTHING,	&folders };
	_cleanup_close_ int root = make_root(true);
	_cleanup_strv_ struct strv args = { 0 };
	_cleanup_buf_ struct buf b = { 0 };

	CHECK_INT(smb_command(&c, root, &args), 0);
	CHECK(has(&args, "--bind", "/home/a b", "/bind/0"));
	CHECK(has(&args, "--ro-bind", "/srv", "/bind/1"));
	CHECK_INT(count(&args, "/export/nix/store"), 0);
	CHECK_INT(smb_conf(&c, &b), 0);
	CHECK_HAS(b.data, "\n[bind0]\ncopy = qemu\npath = /bind/0\nread only = no\n");
	CHECK_HAS(b.data, "\n[bind1]\ncopy = qemu\npath = /bind/1\nread only = yes\n");
	CHECK_HAS(b.data, "\noplocks = no\n");
}

int main(void)
{
	struct err e = { 0 };

	if (folder_make(top, &e) < 0) {
		printf("# %s\n", e.text);
		return 1;
	}
	RUN(sees_the_store_and_little_else);
	RUN(unmerged_usr);
	RUN(server_in_the_store);
	RUN(server_elsewhere);
	RUN(configuration);
	RUN(folders_of_the_user);
	folder_remove(top);
	TEST_END();
}
