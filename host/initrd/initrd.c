/* SPDX-License-Identifier: MIT */
/* initrd.c - building the initramfs, with and without the cache */
#include "host/initrd/initrd.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sha256.h>
#include <stdint.h>
#include <sys/mman.h>

#include "host/lib/cache.h"
#include "host/lib/exit.h"
#include "host/initrd/cpio.h"
#include "host/initrd/decompress.h"
#include "host/initrd/initrd_input.h"
#include "init/lib/file.h"

/* Part of the cache's key. Increase it when the same input gives a different archive. */
#define FORMAT "storeboot initrd 1"

struct file {
	char name[sizeof("modules/.ko") + MODULE_NAME_SIZE];
	struct buf data;
};

/* The files in /modules. */
struct files {
	struct file *v;
	size_t n;
};

static void files_free(struct files *f)
{
	for (size_t i = 0; i < f->n; i++)
		buf_free(&f->v[i].data);
	free(f->v);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct file *)a)->name, ((const struct file *)b)->name);
}

static int no_memory(int r, struct err *e)
{
	return err_sys(e, r, "cannot build the initramfs");
}

/* The file name without .xz or the like: the guest gets modules unpacked. */
static int ko_name(const struct module *m, char *dst, size_t size)
{
	const char *slash = strrchr(m->path, '/'), *base = slash ? slash + 1 : m->path;
	const char *ko = strstr(base, ".ko");

	return str_format(dst, size, "%.*s.ko", ko ? (int)(ko - base) : (int)strlen(base), base);
}

/*
 * The modules and their order file, sorted by name. Modules are stored unpacked: every kernel can
 * load them (MODULE_DECOMPRESS is optional and exists since 5.17), and the archive as a whole
 * compresses better.
 */
static int make_files(const struct initrd_input *in, struct files *f, struct err *e)
{
	struct file *order;
	int r;

	f->v = calloc(in->needs.n + 1, sizeof(*f->v));
	if (!f->v)
		return no_memory(ENOMEM, e);
	f->n = in->needs.n + 1;
	order = &f->v[in->needs.n];
	memcpy(order->name, "modules/order", sizeof("modules/order"));
	for (size_t i = 0; i < in->needs.n; i++) {
		const struct need_module *n = &in->needs.v[i];
		char name[MODULE_NAME_SIZE + 4];

		r = ko_name(n->module, name, sizeof(name));
		if (r == 0)
			r = str_format(f->v[i].name, sizeof(f->v[i].name), "modules/%s", name);
		if (r == 0)
			r = buf_addf(&order->data, "%s %s\n", n->needs, name);
		if (r < 0)
			return no_memory(r, e);
		r = initrd_input_module(in, i, &f->v[i].data, e);
		if (r < 0)
			return r;
	}
	qsort(f->v, f->n, sizeof(*f->v), by_name);
	return 0;
}

static int add_modules(struct cpio *c, const struct files *f)
{
	int r = cpio_folder(c, "modules", 0755);

	for (size_t i = 0; i < f->n && r == 0; i++)
		r = cpio_file(c, f->v[i].name, 0644, f->v[i].data.data, f->v[i].data.len);
	return r;
}

/* Entries are in the order of their names. The kernel opens /dev/console for PID 1 before anything
 * is mounted. */
static int make_archive(const struct initrd_input *in, const struct files *f, struct buf *ret)
{
	static const char *const mount_points[] = { "proc", "run", "sys", "sysroot" };
	struct cpio c;
	int r;

	cpio_begin(&c, ret);
	r = cpio_folder(&c, "dev", 0755);
	if (r == 0)
		r = cpio_char_device(&c, "dev/console", 0600, 5, 1);
	if (r == 0)
		r = cpio_file(&c, "init", 0755, in->init.data, in->init.len);
	if (r == 0 && in->needs.n > 0)
		r = add_modules(&c, f);
	for (size_t i = 0; i < ARRAY_SIZE(mount_points) && r == 0; i++)
		r = cpio_folder(&c, mount_points[i], 0755);
	return r < 0 ? r : cpio_end(&c);
}

static int make_plain(const struct initrd_input *in, struct buf *ret, struct err *e)
{
	_cleanup_(files_free) struct files f = { 0 };
	int r = make_files(in, &f, e);

	if (r < 0)
		return r;
	r = make_archive(in, &f, ret);
	return r < 0 ? no_memory(r, e) : 0;
}

static int make(const struct initrd_input *in, struct buf *ret, struct err *e)
{
	_cleanup_buf_ struct buf archive = { 0 };
	int r = make_plain(in, &archive, e);

	if (r < 0)
		return r;
	r = compress_buf(in->compression, archive.data, archive.len, ret);
	return r < 0 ? no_memory(r, e) : 0;
}

int initrd_build(const struct initrd_options *o, struct buf *ret, struct err *e)
{
	_cleanup_initrd_input_ struct initrd_input in = INITRD_INPUT_INIT;
	int r = initrd_input_read(o, &in, e);

	return r < 0 ? r : make(&in, ret, e);
}

/* The length goes first, so that different inputs never hash the same bytes. */
static void hash_field(SHA256_CTX *c, const void *data, size_t len)
{
	uint64_t n = len;

	SHA256Update(c, (const uint8_t *)&n, sizeof(n));
	SHA256Update(c, data, len);
}

static void hash_text(SHA256_CTX *c, const char *s)
{
	hash_field(c, s, strlen(s));
}

/* Hashes everything that affects the archive or whether it is refused. */
static void make_key(const struct initrd_input *in, char key[static CACHE_KEY_SIZE])
{
	SHA256_CTX c;

	SHA256Init(&c);
	hash_text(&c, FORMAT);
	hash_text(&c, compress_names[in->compression]);
	hash_text(&c, in->tree.release);
	hash_field(&c, in->init.data, in->init.len);
	for (size_t i = 0; i < in->needs.n; i++) {
		hash_text(&c, in->needs.v[i].needs);
		hash_text(&c, in->needs.v[i].module->path);
		hash_field(&c, in->raw[i].data, in->raw[i].len);
	}
	SHA256End(&c, key);
}

/* Keeps the archive in sealed memory, which is freed with its last descriptor. */
static int open_memory(const struct buf *archive, struct buf *ret_path, struct err *e)
{
	_cleanup_close_ int fd = memfd_create("initrd", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	int r = fd < 0 ? -errno : file_write_all(fd, archive->data, archive->len);

	if (r == 0 &&
	    fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL) < 0)
		r = -errno;
	if (r == 0 && lseek(fd, 0, SEEK_SET) < 0)
		r = -errno;
	if (r == 0)
		r = buf_addf(ret_path, "/proc/self/fd/%d", fd);
	return r < 0 ? err_sys(e, r, "cannot keep the initramfs in memory") : take_fd(&fd);
}

/* Is a module packed in the tree, so that the archive takes long to make? */
static bool has_packed(const struct initrd_input *in)
{
	for (size_t i = 0; i < in->needs.n; i++)
		if (decompress_known(in->raw[i].data, in->raw[i].len))
			return true;
	return false;
}

static int open_cached(const struct initrd_input *in, struct buf *ret_path, struct err *e)
{
	_cleanup_buf_ struct buf folder = { 0 }, name = { 0 }, archive = { 0 };
	_cleanup_close_ int dir = -1, fd = -1;
	char key[CACHE_KEY_SIZE];
	int r;

	make_key(in, key);
	dir = cache_open("initrd", &folder);
	if (dir >= 0)
		fd = cache_find(dir, key, &name);
	if (fd < 0) {
		r = make(in, &archive, e);
		if (r < 0)
			return r;
		if (dir >= 0)
			fd = cache_store(dir, key, archive.data, archive.len, &name);
	}
	if (fd < 0)
		return open_memory(&archive, ret_path, e);
	r = buf_addf(ret_path, "%s/%s", folder.data, name.data);
	return r < 0 ? no_memory(r, e) : take_fd(&fd);
}

/* Returns a descriptor of fd's archive, unpacked, or fd itself if that has more than max bytes. */
static int open_unpacked(int fd, size_t max, struct buf *path, struct err *e)
{
	_cleanup_buf_ struct buf packed = { 0 }, plain = { 0 };
	_cleanup_close_ int given = fd;
	int r = file_read_fd(fd, max, &packed);

	if (r == 0)
		r = decompress_buf(packed.data, packed.len, max, &plain);
	if (r == -EFBIG)
		r = lseek(fd, 0, SEEK_SET) < 0 ? -errno : 1;
	if (r < 0)
		return err_sys(e, r, "%s", path->data);
	if (r > 0)
		return take_fd(&given);
	path->len = 0;
	return open_memory(&plain, path, e);
}

int initrd_open(const struct initrd_options *o, struct buf *ret_path, struct err *e)
{
	_cleanup_initrd_input_ struct initrd_input in = INITRD_INPUT_INIT;
	_cleanup_buf_ struct buf plain = { 0 };
	int r = initrd_input_read(o, &in, e);
	int fd;

	if (r < 0)
		return r;
	if (o->plain_max > 0 && !has_packed(&in)) {
		r = make_plain(&in, &plain, e);
		if (r < 0)
			return r;
		if (plain.len <= o->plain_max)
			return open_memory(&plain, ret_path, e);
	}
	fd = open_cached(&in, ret_path, e);
	return fd < 0 || o->plain_max == 0 ? fd : open_unpacked(fd, o->plain_max, ret_path, e);
}

static bool plain_name(const char *name)
{
	return name[0] && name[0] != '/' && !str_ends(name, "/") && strlen(name) < PATH_MAX;
}

int initrd_extra_file(const char *name, mode_t mode, const void *data, size_t len, struct buf *ret,
		      struct err *e)
{
	static const char zeroes[4];
	char folder[PATH_MAX];
	struct cpio c;
	int r;

	if (!plain_name(name))
		return err_set(e, EINVAL, "cannot put %s into the initramfs: not a relative path",
			       name);
	/* The kernel accepts a further archive only at a multiple of 4, and skips zeroes. */
	r = buf_add(ret, zeroes, -ret->len & 3);
	cpio_begin(&c, ret);
	for (const char *p = strchr(name, '/'); p && r == 0; p = strchr(p + 1, '/')) {
		memcpy(folder, name, (size_t)(p - name));
		folder[p - name] = '\0';
		r = cpio_folder(&c, folder, 0755);
	}
	if (r == 0)
		r = cpio_file(&c, name, mode, data, len);
	if (r == 0)
		r = cpio_end(&c);
	return r < 0 ? err_sys(e, r, "cannot put %s into the initramfs", name) : 0;
}
