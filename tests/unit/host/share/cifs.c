/* SPDX-License-Identifier: MIT */
/* cifs.c - tests of the file server's configuration and its confined command */
#include "host/share/cifs.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "host/lib/folder.h"
#include "tests/lib/test.h"

static char top[PATH_MAX];

/* A root folder as Debian has it, or as it was before /usr was merged. */
static const char *make_root(bool merged)
{
	static char path[PATH_MAX + 8];

	snprintf(path, sizeof(path), "%s/%s", top, merged ? "merged" : "split");
	if (mkdir(path, 0755) < 0) /* made before */
		return path;
	CHECK_INT(chdir(path), 0);
	CHECK_INT(mkdir("usr", 0755), 0);
	if (merged)
		CHECK_INT(symlink("usr/lib", "lib"), 0);
	else
		CHECK_INT(mkdir("lib", 0755), 0);
	CHECK_INT(chdir("/"), 0);
	return path;
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
	const struct share s = { .smbd = "/usr/sbin/smbd",
				 .bwrap = "/usr/bin/bwrap",
				 .store = "/nix/store",
				 .store_fd = 7,
				 .filter_fd = 3 };
	_cleanup_argv_ struct argv v = { 0 };

	smb_command(&s, "/run/d e", make_root(true), &v);
	CHECK_INT(v.error, 0);
	CHECK_STR(v.words.v[0], "/usr/bin/bwrap");
	CHECK(has(&v.words, "--ro-bind-fd", "7", "/export/nix/store"));
	CHECK(has(&v.words, "--seccomp", "3", NULL));
	CHECK(v.n_fds == 2 && v.fds[0] == 3 && v.fds[1] == 7);
	CHECK(has(&v.words, "--tmpfs", "/run/smb", NULL));
	CHECK(has(&v.words, "--ro-bind", "/run/d e/smb.conf", "/run/smb/smb.conf"));
	CHECK(has(&v.words, "--ro-bind", "/run/d e/passwd", "/etc/passwd"));
	CHECK(has(&v.words, "--ro-bind", "/usr", "/usr"));
	CHECK(has(&v.words, "--symlink", "usr/lib", "/lib"));
	CHECK(has(&v.words, "--cap-drop", "ALL", NULL));
	CHECK_INT(count(&v.words, "--unshare-all"), 1);
	CHECK_INT(count(&v.words, "--share-net"), 0);
	CHECK_INT(count(&v.words, "--bind") + count(&v.words, "--bind-fd"),
		  0); /* nothing of the host can be written */
	CHECK(has(&v.words, "--", "/usr/sbin/smbd", "-s"));
	CHECK(has(&v.words, "-l", "/run/smb", "-i"));
	CHECK_INT(count(&v.words, "/lib64"), 0);
}

static void unmerged_usr(void)
{
	const struct share s = {
		.smbd = "/usr/sbin/smbd", .bwrap = "/usr/bin/bwrap", .store = "/s", .store_fd = 8
	};
	_cleanup_argv_ struct argv v = { 0 };

	smb_command(&s, "/d", make_root(false), &v);
	CHECK_INT(v.error, 0);
	CHECK(has(&v.words, "--ro-bind", "/lib", "/lib"));
	CHECK(has(&v.words, "--ro-bind-fd", "8", "/export/nix/store"));
}

static void server_in_the_store(void)
{
	const struct share s = { .smbd = "/nix/store/x-samba/bin/smbd",
				 .bwrap = "/nix/store/y-bwrap/bin/bwrap",
				 .store = "/mnt/store",
				 .store_fd = 9 };
	_cleanup_argv_ struct argv v = { 0 };

	smb_command(&s, "/d", "/nowhere", &v);
	CHECK_INT(v.error, 0);
	CHECK(has(&v.words, "--ro-bind", "/nix/store", "/nix/store"));
	CHECK(has(&v.words, "--ro-bind-fd", "9", "/export/nix/store"));
	CHECK_INT(count(&v.words, "/usr"), 0);
}

static void server_elsewhere(void)
{
	const struct share s = { .smbd = "/opt/samba/sbin/smbd",
				 .bwrap = "/usr/bin/bwrap",
				 .store = "/s" };
	const struct share top_level = { .smbd = "/smbd",
					 .bwrap = "/usr/bin/bwrap",
					 .store = "/s" };
	_cleanup_argv_ struct argv v = { 0 }, w = { 0 };

	smb_command(&s, "/d", "/", &v);
	CHECK_INT(v.error, 0);
	CHECK(has(&v.words, "--ro-bind", "/opt/samba/sbin", "/opt/samba/sbin"));
	smb_command(&top_level, "/d", "/", &w);
	CHECK(w.error < 0); /* would show the whole host */
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
	_cleanup_buf_ struct buf b = { 0 };

	CHECK_INT(smb_conf(NULL, &b), 0);
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++)
		CHECK_HAS(b.data, lines[i]);
}

/* One may be written to and one not, whatever the guest asks for; the store comes by another share.
 */
static void folders_of_the_user(void)
{
	struct shared_folder v[] = {
		{ .host = "/home/a b", .guest = "/a", .fd = 5 },
		{ .host = "/srv", .guest = "/b", .fd = 6, .read_only = true }
	};
	const struct shared_folders folders = { .v = v, .n = ARRAY_SIZE(v) };
	const struct share s = { .smbd = "/usr/sbin/smbd",
				 .bwrap = "/usr/bin/bwrap",
				 .expose = EXPOSE_NOTHING,
				 .folders = &folders };
	_cleanup_argv_ struct argv args = { 0 };
	_cleanup_buf_ struct buf b = { 0 };

	smb_command(&s, "/d", make_root(true), &args);
	CHECK_INT(args.error, 0);
	CHECK(has(&args.words, "--bind-fd", "5", "/bind/0"));
	CHECK(has(&args.words, "--ro-bind-fd", "6", "/bind/1"));
	CHECK_INT(count(&args.words, "/export/nix/store"), 0);
	CHECK_INT(smb_conf(&folders, &b), 0);
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
