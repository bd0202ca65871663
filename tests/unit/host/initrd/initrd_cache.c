/* SPDX-License-Identifier: MIT */
/* initrd_cache.c - tests of the initramfs's cache, and of what is not compressed */
#include <errno.h>
#include <sys/stat.h>

#include "host/initrd/decompress.h"
#include "host/lib/cache.h"
#include "tests/lib/fake_initrd.h"

/* Opens through the cache and compares with what initrd_build makes. */
static void open_and_compare(const struct initrd_options *o, struct buf *path)
{
	_cleanup_buf_ struct buf want = { 0 }, got = { 0 };
	struct err e = { 0 };
	_cleanup_close_ int fd = initrd_open(o, path, &e);

	CHECK(fd >= 0);
	CHECK_STR(e.text, "");
	build(o, &want);
	CHECK_INT(file_read_fd(fd, 1 << 20, &got), 0);
	CHECK(same(&want, &got));
	got.len = 0;
	CHECK_INT(file_read(AT_FDCWD, path->data, 1 << 20, &got), 0);
	CHECK(same(&want, &got));
}

static void cache_hits_and_mends(void)
{
	_cleanup_(place_close) struct place p;
	_cleanup_buf_ struct buf a = { 0 }, b = { 0 }, c = { 0 }, d = { 0 };
	struct initrd_options o;
	struct stat before, after;

	place_open(&p, "", COMPRESS_NONE, false);
	o = options(&p);
	setenv("XDG_CACHE_HOME", p.tree.root, 1);
	open_and_compare(&o, &a);
	CHECK_INT(stat(a.data, &before), 0);
	CHECK_INT(before.st_mode & 0777, 0600);
	open_and_compare(&o, &b);
	CHECK_STR(b.data, a.data);
	CHECK_INT(stat(b.data, &after), 0);
	CHECK_INT(after.st_ino, before.st_ino);
	/* One byte changed, then the file cut: each time it is made again under the same name. */
	CHECK_INT(truncate(a.data, before.st_size - 4), 0);
	open_and_compare(&o, &c);
	CHECK_STR(c.data, a.data);
	CHECK_INT(file_write(AT_FDCWD, a.data, "X", 1), 0);
	open_and_compare(&o, &d);
	CHECK_STR(d.data, a.data);
	unsetenv("XDG_CACHE_HOME");
}

static void cache_knows_each_input(void)
{
	_cleanup_(place_close) struct place p;
	struct buf paths[4] = { { 0 } };
	struct initrd_options o;

	place_open(&p, "", COMPRESS_NONE, false);
	setenv("XDG_CACHE_HOME", p.tree.root, 1);
	o = options(&p);
	open_and_compare(&o, &paths[0]);
	o.needs = (const char *[]){ "disk", NULL };
	open_and_compare(&o, &paths[1]);
	o.compression = COMPRESS_GZIP;
	open_and_compare(&o, &paths[2]);
	CHECK_INT(fake_tree_module(&p.tree, MODULES "/kernel/virtio_blk.ko", COMPRESS_XZ), 0);
	open_and_compare(&o, &paths[3]);
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++)
		for (size_t j = 0; j < i; j++)
			CHECK(strncmp(strrchr(paths[i].data, '/'), strrchr(paths[j].data, '/'),
				      65) != 0);
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++)
		buf_free(&paths[i]);
	unsetenv("XDG_CACHE_HOME");
}

/* With plain_max the archive is not compressed if it is small enough, whether its modules are
 * packed in the tree or not, and whether the cache has it or not. */
static void small_archives_are_plain(void)
{
	for (int packed = 0; packed < 2; packed++) {
		_cleanup_(place_close) struct place p;
		_cleanup_buf_ struct buf plain = { 0 };
		struct initrd_options o;

		place_open(&p, packed ? ".xz" : "", packed ? COMPRESS_XZ : COMPRESS_NONE, false);
		setenv("XDG_CACHE_HOME", p.tree.root, 1);
		o = options(&p);
		build(&o, &plain);
		o.compression = COMPRESS_GZIP;
		for (int i = 0; i < 4; i++) {
			_cleanup_buf_ struct buf path = { 0 }, got = { 0 };
			struct err e = { 0 };
			const bool fits = i != 1;

			o.plain_max = plain.len - (fits ? 0 : 1);
			_cleanup_close_ int fd = initrd_open(&o, &path, &e);

			CHECK_STR(e.text, "");
			CHECK_INT(file_read_fd(fd, 1 << 20, &got), 0);
			CHECK_INT(same(&got, &plain), fits);
			CHECK_INT(str_after(path.data, "/proc/self/fd/") != NULL, fits);
			if (!fits)
				CHECK_STR(decompress_format(got.data, got.len), "gzip");
		}
		unsetenv("XDG_CACHE_HOME");
	}
}

static size_t count_files(const char *path)
{
	_cleanup_closedir_ DIR *d = opendir(path);
	size_t n = 0;

	for (const struct dirent *e; d && (e = readdir(d));)
		n += e->d_name[0] != '.';
	return n;
}

static void cache_stays_small(void)
{
	_cleanup_(fake_tree_close) struct fake_tree t = { .fd = -1 };
	_cleanup_buf_ struct buf path = { 0 };
	_cleanup_close_ int dir = -1;
	char key[CACHE_KEY_SIZE] = "";

	CHECK_INT(fake_tree_open(&t), 0);
	setenv("XDG_CACHE_HOME", t.root, 1);
	dir = cache_open("test", &path);
	CHECK(dir >= 0);
	for (int i = 0; i < CACHE_FILES_MAX + 5; i++) {
		_cleanup_buf_ struct buf name = { 0 };
		_cleanup_close_ int fd = -1;
		const struct timespec old[2] = { { 1000 + i, 0 }, { 1000 + i, 0 } };

		CHECK_INT(str_format(key, sizeof(key), "%064d", i), 0);
		fd = cache_store(dir, key, &i, sizeof(i), &name);
		CHECK(fd >= 0);
		CHECK_INT(futimens(fd, old), 0);
	}
	CHECK_INT(count_files(path.data), CACHE_FILES_MAX);
	for (int i = 0; i < CACHE_FILES_MAX + 5; i++) {
		_cleanup_buf_ struct buf name = { 0 };
		_cleanup_close_ int fd = -1;

		CHECK_INT(str_format(key, sizeof(key), "%064d", i), 0);
		fd = cache_find(dir, key, &name);
		CHECK_INT(fd < 0, i < 5);
	}
	unsetenv("XDG_CACHE_HOME");
}

static void no_cache_is_no_failure(void)
{
	_cleanup_(place_close) struct place p;
	_cleanup_buf_ struct buf home = { 0 }, none = { 0 }, path = { 0 }, open_folder = { 0 };
	_cleanup_buf_ struct buf theirs = { 0 };
	struct initrd_options o;
	const char *old = getenv("HOME");

	CHECK_INT(buf_addf(&home, "%s", old ? old : "/"), 0);
	place_open(&p, "", COMPRESS_NONE, false);
	o = options(&p);
	unsetenv("HOME");
	for (int i = 0; i < 2; i++) {
		_cleanup_buf_ struct buf got = { 0 };
		struct err e = { 0 };
		_cleanup_close_ int fd = initrd_open(&o, &none, &e);

		CHECK(fd >= 0);
		CHECK(str_after(none.data, "/proc/self/fd/"));
		CHECK_INT(file_read(AT_FDCWD, none.data, 1 << 20, &got), 0);
		none.len = 0;
	}
	/* A folder that others may write to is not trusted. */
	setenv("XDG_CACHE_HOME", p.tree.root, 1);
	CHECK_INT(file_mkdirs(p.tree.fd, "storeboot/initrd", 0700), 0);
	CHECK_INT(fchmodat(p.tree.fd, "storeboot/initrd", 0777, 0), 0);
	CHECK_INT(cache_open("initrd", &path), -EPERM);
	/* Nor is another user's, in which nothing may appear either. */
	if (geteuid() == 0) {
		CHECK_INT(file_mkdirs(p.tree.fd, "theirs", 0777), 0);
		CHECK_INT(fchownat(p.tree.fd, "theirs", 1, 1, 0), 0);
		CHECK_INT(buf_addf(&theirs, "%s/theirs", p.tree.root), 0);
		setenv("XDG_CACHE_HOME", theirs.data, 1);
		CHECK_INT(cache_open("initrd", &path), -EPERM);
		CHECK_INT(unlinkat(p.tree.fd, "theirs", AT_REMOVEDIR), 0);
		setenv("XDG_CACHE_HOME", p.tree.root, 1);
	}
	CHECK_INT(fchmodat(p.tree.fd, "storeboot/initrd", 0700, 0), 0);
	{
		_cleanup_close_ int dir = cache_open("initrd", &open_folder);

		CHECK(dir >= 0);
	}
	unsetenv("XDG_CACHE_HOME");
	setenv("HOME", home.data, 1);
}

int main(void)
{
	unsetenv("HOME");
	unsetenv("XDG_CACHE_HOME");
	RUN(cache_hits_and_mends);
	RUN(cache_knows_each_input);
	RUN(small_archives_are_plain);
	RUN(cache_stays_small);
	RUN(no_cache_is_no_failure);
	TEST_END();
}
