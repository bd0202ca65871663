/* SPDX-License-Identifier: MIT */
/* choose.c - which share brings the store, and which the shared folders */
#include "host/share/share.h"

#include <errno.h>

#include "host/lib/exit.h"
#include "host/share/table.h"
#include "init/lib/log.h"

/* What auto tries, the fastest first (scripts/bench-store). */
static const enum share_kind by_speed[] = { SHARE_IMAGE, SHARE_VIRTIOFS, SHARE_9P, SHARE_CIFS };

/* What brings the folders beside an image. They are written to, so what can be done in them counts
 * for more: by 9p there is no shared writable mmap, and an ordinary user's files are not root's. */
static const enum share_kind for_folders[] = { SHARE_VIRTIOFS, SHARE_CIFS, SHARE_9P };

static const char *const cache_needs[] = { "disk", "image", "overlay", NULL };

void share_free(struct share *w)
{
	strv_free(&w->command);
	strv_free(&w->exposed);
	buf_free(&w->image_path);
	cleanup_close(&w->tree_fd);
	cleanup_close(&w->image_fd);
	share_hang_up(w);
}

void share_hang_up(struct share *w)
{
	while (w->n_sockets > 0)
		close(w->socket_fds[--w->n_sockets]);
}

const char *share_name(const struct share *w)
{
	return w->ops->name;
}

const char *share_cache_serial(const struct share *w)
{
	return w->cache ? share_sources[SHARE_IMAGE] : NULL;
}

bool share_disk(const struct share *w, bool by_path, struct qemu_disk *ret)
{
	if (w->image_path.len == 0)
		return false;
	*ret = (struct qemu_disk){ .file = w->image_path.data,
				   .fd = by_path ? -1 : w->image_fd,
				   .layer_fd = -1,
				   .format = "raw",
				   .serial = share_sources[SHARE_IMAGE],
				   .read_only = true };
	return true;
}

static int check_kernel(const struct share_request *q, const char *const *needs, struct err *e)
{
	struct initrd_options o;

	if (!q->kernel)
		return -ENODATA;
	o = *q->kernel;
	o.needs = needs;
	return initrd_check_needs(&o, e);
}

static int find_cache(const struct share_request *q, struct share *w, struct err *e)
{
	int r = check_kernel(q, cache_needs, e);

	if (r < 0 && r != -ENODATA)
		return r;
	w->cache = true;
	return share_table[SHARE_IMAGE].find(q, w, e);
}

/* An owner is given by the mount, and cifs alone can (mount.cifs(8), uid= and forceuid). */
static int check_owners(const struct share_request *q, enum share_kind share, struct err *e)
{
	for (size_t i = 0; share != SHARE_CIFS && q->folders && i < q->folders->n; i++)
		if (q->folders->v[i].owned)
			return err_exit(e, EXIT_USAGE, EINVAL,
					"run: --bind %s:%s: owner= is for --share cifs; by %s the "
					"owners are "
					"this host's",
					q->folders->v[i].host, q->folders->v[i].guest,
					share_table[share].name);
	return 0;
}

/* Of a kernel of which nothing is known what was asked for is taken to be there. */
static int find(const struct share_request *q, enum share_kind share, bool sure, struct share *w,
		struct err *e)
{
	const struct share_ops *ops = &share_table[share];
	int r = share == SHARE_IMAGE ? 0 : check_owners(q, share, e);

	if (r < 0)
		return r;
	r = check_kernel(q, ops->needs, e);
	if (r == -ENODATA && sure && !q->kernel)
		return err_exit(e, EXIT_BAD_INPUT, ENODATA,
				"nobody says whether the initrd is for it");
	if (r < 0 && (r != -ENODATA || sure))
		return r;
	if (share != SHARE_IMAGE)
		w->served = ops;
	return ops->find(q, w, e);
}

static int find_store(const struct share_request *q, enum share_kind share, bool sure,
		      struct share *w, struct err *e)
{
	w->ops = &share_table[share];
	w->store = share == SHARE_IMAGE ? NULL : q->store;
	w->folders = q->folders;
	return find(q, share, sure, w, e);
}

/* Adds one share that is not used, and why. */
static int add_left(struct buf *left, enum share_kind share, const struct err *why)
{
	return buf_addf(left, "%s%s (%s)", left->len > 0 ? ", " : "", share_table[share].name,
			why->text);
}

/* An image brings no folder. */
static int find_folders(const struct share_request *q, struct share *w, struct err *e)
{
	_cleanup_buf_ struct buf left = { 0 };

	for (size_t i = 0; i < ARRAY_SIZE(for_folders); i++) {
		enum share_kind share = for_folders[i];
		struct err why = { 0 };
		int r = find(q, share, share != SHARE_CIFS, w, &why);

		if (r == 0) {
			log_info("the folders of --bind come by %s%s%s", share_table[share].name,
				 left.len > 0 ? ", not by " : "", left.len > 0 ? left.data : "");
			return 0;
		}
		w->served = NULL;
		r = add_left(&left, share, &why);
		if (r < 0)
			return err_sys(e, r, "--bind");
	}
	return err_exit(e, EXIT_MISSING, ENOTSUP, "no share can bring the folders of --bind: %s",
			left.data);
}

/* CIFS is what every initrd was made for. */
static int choose(const struct share_request *q, struct share *w, struct err *e)
{
	_cleanup_buf_ struct buf left = { 0 };
	int r;

	if (q->expose == EXPOSE_ROOT) {
		r = find_store(q, SHARE_CIFS, false, w, e);
		if (r == 0)
			log_info("the store comes by cifs: no other share has --expose root");
		return r;
	}
	for (size_t i = 0; i < ARRAY_SIZE(by_speed); i++) {
		enum share_kind share = by_speed[i];
		struct err why = { 0 };

		if (share == SHARE_IMAGE && q->cache)
			continue;
		r = find_store(q, share, share != SHARE_CIFS, w, &why);
		if (r == 0) {
			log_info("the store comes by %s%s%s", share_table[share].name,
				 left.len > 0 ? ", not by " : ": no share is faster",
				 left.len > 0 ? left.data : "");
			return 0;
		}
		share_free(w);
		*w = (struct share)SHARE_INIT;
		if (r == -ECANCELED)
			return err_set(e, ECANCELED, "%s", why.text);
		r = add_left(&left, share, &why);
		if (r < 0)
			return err_sys(e, r, "--share auto");
	}
	return err_exit(e, EXIT_MISSING, ENOTSUP, "no share can bring the store: %s", left.data);
}

int share_find(const struct share_request *q, struct share *ret, struct err *e)
{
	int r;

	if (q->share == SHARE_IMAGE && q->cache)
		return err_exit(
			e, EXIT_USAGE, EINVAL,
			"run: --cache is the image over a share; --share image is the image alone");
	r = q->share == SHARE_AUTO ? choose(q, ret, e)
				   : find_store(q, (enum share_kind)q->share, false, ret, e);
	if (r == 0 && !ret->served && q->folders && q->folders->n > 0)
		r = find_folders(q, ret, e);
	return r < 0 || !q->cache ? r : find_cache(q, ret, e);
}

int share_folder_lines(const struct share *w, struct buf *ret)
{
	return w->served && w->folders
		       ? shared_folders_lines(w->folders,
					      (enum share_kind)(w->served - share_table), ret)
		       : 0;
}

bool share_has_server(const struct share *w)
{
	return w->served && w->served->make;
}

int share_make(struct share *w, const char *folder, const char *self, struct err *e)
{
	return w->served && w->served->make ? w->served->make(w, folder, self, e) : 0;
}

void share_qemu(const struct share *w, struct argv *ret)
{
	if (w->served && w->served->qemu)
		w->served->qemu(w, ret);
}
