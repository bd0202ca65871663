/* SPDX-License-Identifier: MIT */
/* choose.c - the choice of the share for the store, and of the one for the shared folders */
#include "host/share/ops.h"

#include <errno.h>

#include "host/lib/exit.h"
#include "init/lib/log.h"

SHARE_ROWS_DEFINITION;

#define OPS(constant, name, source, flags) [SHARE_##constant] = &share_ops_##name,
static const struct share_ops *const all_ops[] = { SHARE_TABLE(OPS) };
#undef OPS

static const char *const cache_needs[] = { "disk", "image", "overlay", NULL };

void share_free(struct share *s)
{
	argv_free(&s->command);
	strv_free(&s->exposed);
	buf_free(&s->image_path);
	cleanup_close(&s->filter_fd);
	cleanup_close(&s->tree_fd);
	cleanup_close(&s->log_fd);
	cleanup_close(&s->image_fd);
	share_hang_up(s);
}

void share_hang_up(struct share *s)
{
	while (s->n_sockets > 0)
		close(s->socket_fds[--s->n_sockets]);
}

const char *share_name(const struct share *s)
{
	return share_rows[s->kind].name;
}

const char *share_cache_serial(const struct share *s)
{
	return s->cache ? share_rows[SHARE_IMAGE].source : NULL;
}

bool share_disk(const struct share *s, bool by_path, struct qemu_disk *ret)
{
	if (s->image_path.len == 0)
		return false;
	*ret = (struct qemu_disk){ .file = s->image_path.data,
				   .fd = by_path ? -1 : s->image_fd,
				   .layer_fd = -1,
				   .format = "raw",
				   .serial = share_rows[SHARE_IMAGE].source,
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

static int find_cache(const struct share_request *q, struct share *s, struct err *e)
{
	int r = check_kernel(q, cache_needs, e);

	if (r < 0 && r != -ENODATA)
		return r;
	s->cache = true;
	return share_ops_image.find(q, s, e);
}

/* Refuses owner= for other shares than cifs: the owner is an option of the mount, which only cifs
 * has (mount.cifs(8), uid= and forceuid). */
static int check_owners(const struct share_request *q, enum share_kind kind, struct err *e)
{
	if (share_rows[kind].flags & SHARE_OWNER)
		return 0;
	for (size_t i = 0; q->folders && i < q->folders->n; i++)
		if (q->folders->v[i].owned)
			return err_exit(e, EXIT_USAGE, EINVAL,
					"run: --bind %s:%s: owner= is for --share cifs; by %s the "
					"owners are this host's",
					q->folders->v[i].host, q->folders->v[i].guest,
					share_rows[kind].name);
	return 0;
}

/* Checks one share. sure: refuse an initrd of unknown content instead of assuming that it has the
 * share's modules. */
static int find(const struct share_request *q, enum share_kind kind, bool sure, struct share *s,
		struct err *e)
{
	const struct share_ops *ops = all_ops[kind];
	const bool brings_folders = share_rows[kind].flags & SHARE_FOLDERS;
	int r = brings_folders ? check_owners(q, kind, e) : 0;

	if (r < 0)
		return r;
	r = check_kernel(q, ops->needs, e);
	if (r == -ENODATA && sure && !q->kernel)
		return err_exit(e, EXIT_BAD_INPUT, ENODATA,
				"nobody says whether the initrd is for it");
	if (r < 0 && (r != -ENODATA || sure))
		return r;
	if (brings_folders)
		s->served = kind;
	return ops->find(q, s, e);
}

static int find_store(const struct share_request *q, enum share_kind kind, bool sure,
		      struct share *s, struct err *e)
{
	if (q->expose == EXPOSE_ROOT && !all_ops[kind]->sees_root)
		return err_exit(e, EXIT_USAGE, EINVAL,
				"run: --expose root is for --share cifs; by %s the guest has no "
				"/hostfs, and --bind /:FOLDER:ro shows as much",
				share_rows[kind].name);
	s->kind = kind;
	s->store = share_rows[kind].flags & SHARE_FOLDERS ? q->store : NULL;
	s->folders = q->folders;
	s->store_fd = q->store_fd;
	return find(q, kind, sure, s, e);
}

static enum share_kind ranked(unsigned int rank, bool for_folders)
{
	for (int i = 0; i < SHARE_COUNT; i++)
		if ((for_folders ? all_ops[i]->for_folders : all_ops[i]->speed) == rank)
			return (enum share_kind)i;
	return SHARE_NONE;
}

static int find_ranked(const struct share_request *q, enum share_kind kind, bool for_folders,
		       struct share *s, struct err *e)
{
	const bool sure = !all_ops[kind]->in_every_initrd;
	int r = for_folders ? find(q, kind, sure, s, e) : find_store(q, kind, sure, s, e);

	if (r < 0 && for_folders) {
		s->served = SHARE_NONE;
	} else if (r < 0) {
		share_free(s);
		*s = (struct share)SHARE_INIT;
	}
	return r;
}

/* Takes the first share that works for the store, or for the shared folders if an image brings the
 * store. Logs the choice, and why each earlier share was not taken. */
static int find_first(const struct share_request *q, bool for_folders, struct share *s,
		      struct err *e)
{
	_cleanup_buf_ struct buf left = { 0 };
	enum share_kind kind;

	for (unsigned int rank = 1; (kind = ranked(rank, for_folders)) != SHARE_NONE; rank++) {
		const char *name = share_rows[kind].name;
		struct err why = { 0 };
		int r;

		if (kind == SHARE_IMAGE && q->cache)
			continue;
		r = find_ranked(q, kind, for_folders, s, &why);
		if (r == 0) {
			log_info("%s by %s%s%s",
				 for_folders ? "the folders of --bind come" : "the store comes",
				 name,
				 left.len > 0 ? ", not by " :
				 for_folders  ? "" :
						": no share is faster",
				 left.len > 0 ? left.data : "");
			return 0;
		}
		if (r == -ECANCELED)
			return err_set(e, ECANCELED, "%s", why.text);
		r = buf_addf(&left, "%s%s (%s)", left.len > 0 ? ", " : "", name, why.text);
		if (r < 0)
			return err_sys(e, r, for_folders ? "--bind" : "--share auto");
	}
	return err_exit(e, EXIT_MISSING, ENOTSUP, "no share can bring the %s: %s",
			for_folders ? "folders of --bind" : "store", left.data);
}

static int find_auto(const struct share_request *q, struct share *s, struct err *e)
{
	int i = 0, r;

	if (q->expose != EXPOSE_ROOT)
		return find_first(q, false, s, e);
	while (!all_ops[i]->sees_root)
		i++;
	r = find_store(q, (enum share_kind)i, false, s, e);
	if (r == 0)
		log_info("the store comes by %s: no other share has --expose root",
			 share_rows[i].name);
	return r;
}

int share_find(const struct share_request *q, struct share *ret, struct err *e)
{
	int r;

	if (q->share == SHARE_IMAGE && q->cache)
		return err_exit(
			e, EXIT_USAGE, EINVAL,
			"run: --cache is the image over a share; --share image is the image alone");
	r = q->share == SHARE_AUTO ? find_auto(q, ret, e) :
				     find_store(q, (enum share_kind)q->share, false, ret, e);
	if (r == 0 && ret->served == SHARE_NONE && q->folders && q->folders->n > 0)
		r = find_first(q, true, ret, e);
	return r < 0 || !q->cache ? r : find_cache(q, ret, e);
}

int share_folder_lines(const struct share *s, struct buf *ret)
{
	return s->served != SHARE_NONE && s->folders ?
		       shared_folders_lines(s->folders, s->served, ret) :
		       0;
}

bool share_has_server(const struct share *s)
{
	return s->served != SHARE_NONE && all_ops[s->served]->make;
}

int share_make(struct share *s, const char *folder, const char *self, struct err *e)
{
	return share_has_server(s) ? all_ops[s->served]->make(s, folder, self, e) : 0;
}

void share_qemu(const struct share *s, bool by_path, struct argv *ret)
{
	if (s->served != SHARE_NONE && all_ops[s->served]->qemu)
		all_ops[s->served]->qemu(s, by_path, ret);
}
