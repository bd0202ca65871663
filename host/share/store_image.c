/* SPDX-License-Identifier: MIT */
/* store_image.c - the share image: the closure in a disk image, cached or built */
#include "host/share/ops.h"

#include <errno.h>
#include <limits.h>
#include <sha256.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "host/closure/graph.h"
#include "host/closure/names.h"
#include "host/lib/exit.h"
#include "host/lib/proc.h"
#include "host/lib/progress.h"
#include "host/lib/bar.h"
#include "host/share/closure_image.h"
#include "host/share/image_cache.h"
#include "init/lib/log.h"
#include "init/lib/sys.h"

/* The content of an image: names in the store, and its minimum size in bytes. */
struct content {
	struct graph graph;
	const char **names; /* NULL-terminated */
	uint64_t bytes;
	char key[CACHE_KEY_SIZE];
};

static void content_free(struct content *c)
{
	free(c->names);
	graph_free(&c->graph);
}

/* The registration contains each path's hash, so the same text means the same closure. */
static void make_key(const struct buf *closure, char *key)
{
	SHA256_CTX c;

	SHA256Init(&c);
	SHA256Update(&c, (const uint8_t *)CLOSURE_IMAGE_FORMAT, sizeof(CLOSURE_IMAGE_FORMAT));
	SHA256Update(&c, (const uint8_t *)closure->data, closure->len);
	SHA256End(&c, key);
}

/* Is path the store path or in it? */
static bool is_in(const char *path, const char *store_path)
{
	const char *rest = str_after(path, store_path);

	return rest && (rest[0] == '\0' || rest[0] == '/');
}

static int read_closure(const struct share_request *q, struct content *c, struct err *e)
{
	bool found = false;
	int r;

	if (q->image.closure->len == 0)
		return err_exit(e, EXIT_BAD_INPUT, ENODATA,
				"the closure of the system is not known");
	r = graph_parse(GRAPH_REGISTRATION, q->image.closure->data, q->image.closure->len,
			"the registration", &c->graph, e);
	if (r < 0)
		return r;
	c->names = calloc(c->graph.n + 1, sizeof(*c->names));
	if (!c->names)
		return err_sys(e, ENOMEM, "the closure's image");
	for (size_t i = 0; i < c->graph.n; i++) {
		const struct graph_path *p = &c->graph.paths[i];

		c->names[i] = str_after(p->path, GUEST_STORE "/");
		if (!c->names[i])
			return err_exit(e, EXIT_BAD_INPUT, EINVAL, "%s is not in " GUEST_STORE,
					p->path);
		c->bytes += p->nar_size;
		found = found || is_in(q->image.system, p->path);
	}
	if (!found)
		return err_exit(e, EXIT_BAD_INPUT, ENOENT, "the registration does not have %s",
				q->image.system);
	make_key(q->image.closure, c->key);
	return 0;
}

static int check_space(int dir, const char *folder, uint64_t bytes, struct err *e)
{
	struct statvfs s;
	uint64_t free_bytes;

	if (fstatvfs(dir, &s) < 0)
		return err_sys(e, errno, "%s", folder);
	if (s.f_blocks == 0) /* the file system does not report it */
		return 0;
	free_bytes = (uint64_t)s.f_bavail * s.f_frsize;
	if (free_bytes >= bytes)
		return 0;
	return err_exit(e, EXIT_SHARE, ENOSPC,
			"%s has %llu MiB free, and the closure's image takes %llu MiB or more",
			folder, (unsigned long long)(free_bytes >> 20),
			(unsigned long long)(bytes >> 20));
}

static int cannot_keep(int r, const char *folder, struct err *e)
{
	return err_exit(
		e, EXIT_SHARE, r,
		"cannot keep the closure's image in %s: %s; set XDG_CACHE_HOME to another folder",
		folder, strerror(-r));
}

static int build(const struct share_request *q, const struct content *c, int dir,
		 const char *folder, struct err *e)
{
	struct bar bar = { .what = "building the image", .all = c->bytes };
	char mkfs[PATH_MAX];
	const struct closure_image image = { .mkfs = mkfs,
					     .store = q->store,
					     .names = c->names,
					     .progress = bar_show,
					     .arg = &bar };
	_cleanup_(new_file_close) struct new_file f = NEW_FILE_INIT;
	uint64_t start = sys_now_us();
	struct err why = { 0 };
	struct stat st;
	int r = proc_find(NULL, "mkfs.erofs", "erofs-utils", mkfs, e);

	if (r == 0)
		r = check_space(dir, folder, c->bytes, e);
	if (r < 0)
		return r;
	r = image_cache_new(dir, c->key, &f);
	if (r < 0)
		return cannot_keep(r, folder, e);
	r = closure_image_build(&image, f.fd, &why);
	progress_end();
	if (r < 0)
		return err_exit(e, why.exit_status, why.num,
				"cannot build the closure's image in %s: %s", folder, why.text);
	if (fstat(f.fd, &st) < 0)
		return err_sys(e, errno, "%s", folder);
	r = image_cache_keep(dir, &f, c->key, q->image.cache_size);
	if (r < 0)
		return cannot_keep(r, folder, e);
	log_info("built an image of the closure, %llu MiB in %.1f s; kept in %s",
		 (unsigned long long)(st.st_size >> 20), (double)(sys_now_us() - start) / 1e6,
		 folder);
	return r;
}

/* Opens the image read-only. If none is cached, builds it first; with only_look leaves s->image_fd
 * at -1 instead. */
static int find(const struct share_request *q, struct share *s, struct err *e)
{
	_cleanup_(content_free) struct content c = { 0 };
	_cleanup_buf_ struct buf folder = { 0 };
	_cleanup_close_ int dir = -1;
	int r = read_closure(q, &c, e), fd;

	if (r < 0)
		return r;
	dir = cache_open("image", &folder);
	if (dir < 0)
		return err_exit(
			e, EXIT_MISSING, dir,
			"no folder to keep the closure's image in (XDG_CACHE_HOME, HOME): %s",
			dir == -EPERM ? "it belongs to another user, or others may write to it" :
					strerror(-dir));
	r = buf_addf(&s->image_path, "%s/%s.erofs", folder.data, c.key);
	if (r < 0)
		return err_sys(e, r, "the closure's image");
	fd = image_cache_find(dir, c.key);
	if (fd < 0 && !q->image.only_look) {
		fd = build(q, &c, dir, folder.data, e);
		if (fd < 0)
			return fd;
	}
	s->image_fd = fd < 0 ? -1 : fd;
	return 0;
}

/* No qemu function: share_disk describes the disk. */
const struct share_ops share_ops_image = {
	.needs = { "disk", "image" },
	.speed = 1,
	.find = find,
};
