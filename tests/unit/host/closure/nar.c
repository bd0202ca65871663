/* SPDX-License-Identifier: MIT */
/* nar.c - tests of the NAR serialisation: known hashes, and `nix-store --dump` as the judge */
#include "host/closure/nar.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "init/lib/file.h"
#include "init/lib/spawn.h"
#include "init/lib/str.h"
#include "tests/lib/test.h"

static char dir[] = "/tmp/storeboot-nar.XXXXXX";

static void put_file(const char *name, size_t size, mode_t mode)
{
	_cleanup_close_ int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	_cleanup_free_ char *data = malloc(size + 1);

	for (size_t i = 0; i < size; i++)
		data[i] = (char)(i * 7 + i / 251);
	CHECK_INT(file_write_all(fd, data, size), 0);
	CHECK_INT(fchmod(fd, mode), 0);
}

static int to_buf(void *arg, const void *data, size_t len)
{
	return buf_add(arg, data, len);
}

/* "" where nix-store is missing. */
static int nix_dump(const char *path, struct buf *ret)
{
	const char *const argv[] = { "nix-store", "--dump", path, NULL };
	struct spawn s = { .path = "nix-store", .argv = argv, .stdin_fd = -1 };
	_cleanup_buf_ struct buf err = { 0 };
	int status, r = spawn_run(&s, ret, &err, &status);

	return r < 0 ? r : WEXITSTATUS(status);
}

static void expect_hash(const char *path, const char *want_hex, uint64_t want_size)
{
	uint8_t hash[NAR_HASH_SIZE];
	char hex[2 * NAR_HASH_SIZE + 1];
	struct err e = { 0 };
	uint64_t size = 0;

	CHECK_INT(nar_hash(path, hash, &size, &e), 0);
	for (int i = 0; i < NAR_HASH_SIZE; i++)
		snprintf(hex + 2 * i, 3, "%02x", hash[i]);
	CHECK_STR(hex, want_hex);
	CHECK_INT(size, want_size);
}

/* The values are those of nix-store --dump PATH | sha256sum, nix 2.8. */
static void known_hashes(void)
{
	put_file("empty", 0, 0644);
	expect_hash("empty", "77ac62e2629d8e45f624589c0c8bf99e24b3a722349bf1e79bc186008534e246",
		    112);
	put_file("program", 6, 0700);
	expect_hash("program", "37b43c70c89565a4ee7c9df009ec599e9247308b44f9313fcfb040e19cad498d",
		    152);
	CHECK_INT(symlink("../no where", "link"), 0);
	expect_hash("link", "dc480ee176f75baeb684bb3d6aac2f305357731045ad5036403854733664aa11",
		    128);
	CHECK_INT(mkdir("folder", 0755), 0);
	expect_hash("folder", "a50a5ab6d992f5598edd92105059fae9acfc192981e08bd88534c2167e92526a",
		    96);
}

static void make_tree(void)
{
	static const char *const names[] = { "a",	  "a.b",      "a-b",	 "a b",
					     "A",	  "\303\244", "\377",	 "\1",
					     "new\nline", "\\",	      "con:*?<>" };

	CHECK_INT(mkdir("tree", 0755), 0);
	CHECK_INT(chdir("tree"), 0);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		put_file(names[i], i, i % 2 ? 0444 : 0555);
	put_file("large", 3 * 1024 * 1024 + 5, 0644);
	put_file("chunk", 256 * 1024, 0644);
	/* Only the owner's bit makes a program. */
	put_file("group-x", 1, 0654);
	put_file("owner-x", 1, 0744);
	CHECK_INT(symlink("a", "s"), 0);
	CHECK_INT(symlink("/dangling/\377", "s2"), 0);
	CHECK_INT(symlink(".", "s.loop"), 0);
	CHECK_INT(mkdir("d", 0700), 0);
	CHECK_INT(mkdir("d/empty", 0755), 0);
	CHECK_INT(mkdir("d.x", 0755), 0);
	put_file("d/.hidden", 8, 0644);
	put_file("d.x/f", 16, 0644);
	CHECK_INT(chdir(".."), 0);
}

static void equals_nix(void)
{
	static const char *const paths[] = { "tree", "tree/large", "tree/s", "tree/d/empty" };

	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		_cleanup_buf_ struct buf ours = { 0 }, theirs = { 0 };
		struct err e = { 0 };

		CHECK_INT(nar_write(paths[i], to_buf, &ours, &e), 0);
		CHECK_INT(nix_dump(paths[i], &theirs), 0);
		CHECK(ours.len > 0 && ours.len == theirs.len);
		CHECK(ours.len == theirs.len && memcmp(ours.data, theirs.data, ours.len) == 0);
	}
}

static void what_has_no_nar(void)
{
	uint8_t hash[NAR_HASH_SIZE] = { 42 };
	uint64_t size = 42;
	struct err e = { 0 };

	CHECK_INT(mkdir("bad", 0755), 0);
	CHECK_INT(mkfifo("bad/fifo", 0644), 0);
	CHECK_INT(nar_hash("bad", hash, &size, &e), -ENOTSUP);
	CHECK_HAS(e.text, "bad/fifo is no file");
	CHECK_INT(nar_hash("missing", hash, &size, &e), -ENOENT);
	CHECK_HAS(e.text, "missing");
	CHECK_INT(size, 42);
	CHECK_INT(hash[0], 42);
}

static int full(void *arg, const void *data, size_t len)
{
	size_t *left = arg;

	(void)data;
	if (len > *left)
		return -ENOSPC;
	*left -= len;
	return 0;
}

static void sink_ends_it(void)
{
	size_t left = 100000;
	struct err e = { 0 };

	CHECK_INT(nar_write("tree", full, &left, &e), -ENOSPC);
	CHECK_HAS(e.text, "tree");
}

int main(void)
{
	_cleanup_buf_ struct buf b = { 0 };
	const char *const rm[] = { "rm", "-rf", dir, NULL };
	struct spawn s = { .path = "rm", .argv = rm, .stdin_fd = -1 };
	int status;

	if (!mkdtemp(dir) || chdir(dir) < 0)
		return 1;
	/* Nix reads its settings, but touches no store for a dump. */
	setenv("NIX_CONFIG", "build-users-group =", 1);
	setenv("NIX_CONF_DIR", dir, 1);
	RUN(known_hashes);
	make_tree();
	if (nix_dump("empty", &b) == -ENOENT)
		SKIP("equals_nix", "nix-store is missing");
	else
		RUN(equals_nix);
	RUN(what_has_no_nar);
	RUN(sink_ends_it);
	if (chdir("/") < 0 || spawn_run(&s, NULL, NULL, &status) < 0)
		return 1;
	TEST_END();
}
