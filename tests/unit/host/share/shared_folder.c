/* SPDX-License-Identifier: MIT */
/* shared_folder.c - tests of --bind: what it is asked for, which folders there can be, what stage 1
 * is told */
#include "host/share/shared_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "host/lib/exit.h"
#include "host/lib/folder.h"
#include "tests/lib/test.h"

static char top[PATH_MAX];

static void good(void)
{
	static const struct {
		const char *text, *host, *guest;
		bool read_only;
	} rows[] = {
		{ "/a:/b", "/a", "/b", false },
		{ "/a:/b:ro", "/a", "/b", true },
		{ "a b/../c:/mnt//x y/", "a b/../c", "/mnt/x y", false },
		{ "/a::b::::c:/d::ro", "/a:b::c", "/d:ro", false },
		{ ":::/x", ":", "/x", false },
		{ ".:/home", ".", "/home", false },
		{ "/:/nix/var:ro", "/", "/nix/var", true },
		{ "/a:/running/processes", "/a", "/running/processes", false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct shared_folder b = { 0 };
		struct err e = { 0 };

		CHECK_INT(shared_folder_parse(rows[i].text, &b, &e), 0);
		CHECK_STR(b.host, rows[i].host);
		CHECK_STR(b.guest, rows[i].guest);
		CHECK_INT(b.read_only, rows[i].read_only);
	}
}

static void owners(void)
{
	static const struct {
		const char *text;
		bool read_only;
		unsigned int uid, gid;
	} rows[] = {
		{ "/a:/b:owner=1000", false, 1000, 1000 },
		{ "/a:/b:owner=1000.100", false, 1000, 100 },
		{ "/a:/b:owner=0.0", false, 0, 0 },
		{ "/a:/b:ro:owner=1000.100", true, 1000, 100 },
		{ "/a:/b:owner=4294967294:ro", true, 4294967294, 4294967294 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct shared_folder b = { 0 };
		struct err e = { 0 };

		CHECK_INT(shared_folder_parse(rows[i].text, &b, &e), 0);
		CHECK_STR(b.guest, "/b");
		CHECK(b.owned);
		CHECK_INT(b.read_only, rows[i].read_only);
		CHECK_INT(b.uid, rows[i].uid);
		CHECK_INT(b.gid, rows[i].gid);
	}
}

static void refused(void)
{
	static const struct {
		const char *text, *part;
	} rows[] = {
		{ "", "want HOST:GUEST[:ro][:owner=UID[.GID]]" },
		{ "/a", "want HOST:GUEST[:ro][:owner=UID[.GID]]" },
		{ "/a:", "want HOST:GUEST[:ro][:owner=UID[.GID]]" },
		{ ":/a", "want HOST:GUEST[:ro][:owner=UID[.GID]]" },
		{ "/a::/b", "want HOST:GUEST[:ro][:owner=UID[.GID]]" },
		{ "/a:/b:rw", "want ro, owner=UID[.GID]" },
		{ "/a:/b:ro:", "want ro, owner=UID[.GID]" },
		{ "/a:/b:rox", "want ro, owner=UID[.GID]" },
		{ "/a:/b:ro:ro", "want ro, owner=UID[.GID]" },
		{ "/a:/b:owner=", "want ro, owner=UID[.GID]" },
		{ "/a:/b:owner=me", "which are numbers" },
		{ "/a:/b:owner=-1", "which are numbers" },
		{ "/a:/b:owner=1.", "which are numbers" },
		{ "/a:/b:owner=1:1", "want ro, owner=UID[.GID]" },
		{ "/a:/b:owner=1:owner=1", "want ro, owner=UID[.GID]" },
		{ "/a:/b:owner=4294967295", "which are numbers" },
		{ "/a:/b:owner=1.99999999999999999999999999", "which are numbers" },
		{ "/a:b", "must be absolute" },
		{ "/a:/b/../c", "a part \".\" or \"..\"" },
		{ "/a:/.", "a part \".\" or \"..\"" },
		{ "/a:/b\nc", "a control character" },
		{ "/a:/", "has /nix/store for itself" },
		{ "/a://nix//", "has /nix/store for itself" },
		{ "/a:/nix/store", "has /nix/store for itself" },
		{ "/a:/nix/store/x", "has /nix/store for itself" },
		{ "/a:/nix/.rw-store", "has /nix/.rw-store for itself" },
		{ "/a:/hostfs", "has /hostfs for itself" },
		{ "/a:/proc", "has /proc for itself" },
		{ "/a:/sys/fs", "has /sys for itself" },
		{ "/a:/dev/shm", "has /dev for itself" },
		{ "/a:/run", "has /run for itself" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct shared_folder b = { 0 };
		struct err e = { 0 };

		CHECK_INT(shared_folder_parse(rows[i].text, &b, &e), -EINVAL);
		CHECK_INT(e.exit_status, EXIT_USAGE);
		CHECK_HAS(e.text, rows[i].part);
	}
}

/* A path longer than a path can be. */
static void too_long(void)
{
	char text[PATH_MAX + 16];
	struct shared_folder b = { 0 };
	struct err e = { 0 };

	memset(text, 'x', sizeof(text));
	memcpy(text, "/a:/", 4);
	text[PATH_MAX + 2] = '\0'; /* PATH_MAX - 1 bytes behind the colon */
	CHECK_INT(shared_folder_parse(text, &b, &e), 0);
	CHECK_INT(strlen(b.guest), PATH_MAX - 1);
	text[PATH_MAX + 2] = 'x';
	text[PATH_MAX + 3] = '\0';
	CHECK_INT(shared_folder_parse(text, &b, &e), -EINVAL);
	memset(text, 'x', PATH_MAX);
	memcpy(text + PATH_MAX, ":/b", 4);
	CHECK_INT(shared_folder_parse(text, &b, &e), -EINVAL);
}

static int find(const char *a, const char *b, struct shared_folders *ret, struct err *e)
{
	const char *const texts[] = { a, b, NULL };

	*e = (struct err){ 0 };
	shared_folders_free(ret);
	return shared_folders_open(texts, ret, e);
}

static void folders(void)
{
	char real[PATH_MAX];
	struct shared_folders b = { 0 };
	struct err e;

	CHECK_INT(chdir(top), 0);
	CHECK(realpath(top, real));
	CHECK_INT(mkdir("a", 0755) | mkdir("a/store", 0755) | mkdir("a/store/x", 0755), 0);
	CHECK_INT(symlink("a", "link"), 0);
	CHECK_INT(close(open("file", O_CREAT | O_WRONLY | O_CLOEXEC, 0600)), 0);
	CHECK_INT(find("link:/x", ".:/y:ro", &b, &e), 0);
	CHECK_INT(b.n, 2);
	CHECK_HAS(b.v[0].host, real);
	CHECK(str_ends(b.v[0].host, "/a"));
	CHECK_STR(b.v[1].host, real);

	CHECK_INT(find("none:/x", NULL, &b, &e), -ENOENT);
	CHECK_INT(e.exit_status, EXIT_BAD_INPUT);
	CHECK_INT(find("file:/x", NULL, &b, &e), -ENOTDIR);
	CHECK_INT(e.exit_status, EXIT_BAD_INPUT);
	/* The guest could put a link in the place of another folder. */
	CHECK_INT(find("a:/x", "a/store:/y:ro", &b, &e), -EPERM);
	CHECK_HAS(e.text, "the guest could put a link in its place");
	CHECK_INT(find("a/store:/x", "a:/y", &b, &e), -EPERM);
	CHECK_INT(find("a:/x:ro", "a/store:/y", &b, &e), 0);
	CHECK_INT(find("a:/x", "a:/y:ro", &b, &e), 0);
	CHECK_INT(chdir("/"), 0);
	shared_folders_free(&b);
}

/* The descriptor stays that of the folder that was checked, whatever takes its path. */
static void another_takes_its_path(void)
{
	char real[PATH_MAX], link[64], seen[PATH_MAX] = "";
	struct shared_folders b = { 0 };
	struct err e;

	CHECK_INT(chdir(top), 0);
	CHECK(realpath(top, real));
	CHECK_INT(mkdir("mine", 0755) | mkdir("secret", 0755), 0);
	CHECK_INT(find("mine:/x", NULL, &b, &e), 0);
	CHECK_INT(rename("mine", "moved") | symlink("secret", "mine"), 0);
	snprintf(link, sizeof(link), "/proc/self/fd/%d", b.v[0].fd);
	CHECK(readlink(link, seen, sizeof(seen) - 1) > 0);
	CHECK_HAS(seen, real);
	CHECK(str_ends(seen, "/moved"));
	CHECK_INT(chdir("/"), 0);
	shared_folders_free(&b);
}

/* A folder that is made after the checks must not be a link by then. */
static void to_make(void)
{
	char real[PATH_MAX], path[PATH_MAX + 8], text[PATH_MAX + 16];
	struct shared_folders b = { .to_make = path };
	const char *const texts[] = { text, NULL };
	struct err e = { 0 };

	CHECK(realpath(top, real));
	snprintf(path, sizeof(path), "%s/xchg", real);
	snprintf(text, sizeof(text), "%s:/x", path);
	CHECK_INT(shared_folders_open(texts, &b, &e), 0);
	CHECK_INT(b.v[0].fd, -1);
	CHECK_INT(symlink("/etc", path), 0);
	CHECK(shared_folders_open_made(&b, &e) < 0);
	CHECK_INT(e.exit_status, EXIT_BAD_INPUT);
	CHECK_INT(unlink(path), 0);
	CHECK_INT(mkdir(path, 0755), 0);
	CHECK_INT(shared_folders_open_made(&b, &e), 0);
	CHECK(b.v[0].fd >= 0);
	CHECK_STR(b.v[0].host, path);
	shared_folders_free(&b);
}

static void places(void)
{
	struct shared_folders b = { 0 };
	struct err e;

	CHECK_INT(find("/usr:/x", "/usr:/x/", &b, &e), -EEXIST);
	CHECK_HAS(e.text, "two folders for the guest's /x");
	CHECK_INT(find("/usr:/x/y", "/usr:/x", &b, &e), 0);
	CHECK_STR(b.v[0].guest, "/x"); /* the outer one is mounted first */
	CHECK_STR(b.v[1].guest, "/x/y");
	CHECK_INT(find("/usr:/x", "/usr:/xy", &b, &e), 0);
	shared_folders_free(&b);
}

static void too_many(void)
{
	const char *texts[SHARED_FOLDERS_MAX + 2] = { 0 };
	char text[SHARED_FOLDERS_MAX + 1][16];
	struct shared_folders b = { 0 };
	struct err e = { 0 };

	for (size_t i = 0; i <= SHARED_FOLDERS_MAX; i++) {
		snprintf(text[i], sizeof(text[i]), "/usr:/x%zu", i);
		texts[i] = text[i];
	}
	CHECK_INT(shared_folders_open(texts, &b, &e), -EINVAL);
	CHECK_INT(e.exit_status, EXIT_USAGE);
	shared_folders_free(&b);
}

static void what_stage_1_is_told(void)
{
	_cleanup_buf_ struct buf cifs = { 0 }, virtiofs = { 0 };
	struct shared_folders b = { 0 };
	struct err e;

	CHECK_INT(find("/usr:/x y:owner=1000.100", "/usr:/z:ro", &b, &e), 0);
	CHECK_INT(shared_folders_lines(&b, SHARE_CIFS, &cifs), 0);
	CHECK_STR(cifs.data,
		  "cifs rw,uid=1000,gid=100 //10.0.2.4/bind0 /x y\ncifs ro //10.0.2.4/bind1 /z\n");
	CHECK_INT(find("/usr:/x y", "/usr:/z:ro", &b, &e), 0);
	CHECK_INT(shared_folders_lines(&b, SHARE_VIRTIOFS, &virtiofs), 0);
	CHECK_STR(virtiofs.data, "virtiofs rw bind0 /x y\nvirtiofs ro bind1 /z\n");
	shared_folders_free(&b);
}

int main(void)
{
	struct err e = { 0 };

	if (folder_make(top, &e) < 0) {
		printf("# %s\n", e.text);
		return 1;
	}
	RUN(good);
	RUN(owners);
	RUN(refused);
	RUN(too_long);
	RUN(folders);
	RUN(another_takes_its_path);
	RUN(to_make);
	RUN(places);
	RUN(too_many);
	RUN(what_stage_1_is_told);
	folder_remove(top);
	TEST_END();
}
