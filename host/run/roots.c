/* SPDX-License-Identifier: MIT */
/*
 * roots.c - the store paths that Nix on the host must keep while a run lasts
 *
 * Theory of operation: the descriptors protect the few paths that the request names from the moment
 * they are found, also while an image is being made. They name the paths as the host has them. The
 * environment of QEMU also names the paths of a registration, of which there may be thousands, and
 * each under both names if the served folder is not /nix/store: a collector that works on another
 * root folder (nix-store --store DIR) looks for /nix/store.
 */
#include "host/run/roots.h"

#include <errno.h>
#include <stdlib.h>

#include "host/closure/graph.h"
#include "host/lib/gc_root.h"
#include "init/lib/log.h"

/* execve(2): one string has at most 128 KiB, and all together a quarter of the stack's limit, of
 * which the default is 2 MiB. */
#define VARIABLE_MAX ((size_t)100 << 10)
#define VARIABLES_MAX 10

static bool has(const struct strv *list, const char *path)
{
	for (size_t i = 0; i < list->n; i++)
		if (str_eq(list->v[i], path))
			return true;
	return false;
}

/* path: in the guest's store, or in the served folder, or elsewhere, which is no root. */
static int add(const struct system *s, const char *path, struct strv *ret)
{
	_cleanup_free_ char *root = NULL;
	const char *name = str_after(path, GUEST_STORE "/");

	if (!name) {
		name = str_after(path, s->store);
		name = name && name[0] == '/' ? name + 1 : NULL;
	}
	if (!name || !name[0] || name[0] == '.' || name[0] == '/')
		return 0;
	if (asprintf(&root, GUEST_STORE "/%.*s", (int)strcspn(name, "/"), name) < 0)
		return -ENOMEM;
	return has(ret, root) ? 0 : strv_addf(ret, "%s", root);
}

/* What the request names. ./result of --register stands for its target. */
static int add_named(const struct plan *p, struct strv *ret)
{
	const struct system *s = &p->system;
	const char *const parts[] = { s->config, s->init, s->kernel, s->modules };
	char real[PATH_MAX];
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(parts); i++)
		r = add(s, parts[i], ret);
	for (size_t i = 0; r == 0 && i < p->v.registered.n; i++) {
		const char *path = p->v.registered.v[i];

		r = add(s, path, ret);
		if (r == 0 && realpath(path, real))
			r = add(s, real, ret);
	}
	for (size_t i = 0; r == 0 && i < p->folders.n; i++)
		r = add(s, p->folders.v[i].host, ret);
	return r;
}

static int by_path(const void *key, const void *member)
{
	return strcmp(key, ((const struct graph_path *)member)->path);
}

/* Adds the paths that no other one refers to; Nix keeps what they refer to. */
static int add_tops(const struct graph *g, struct strv *ret)
{
	_cleanup_free_ bool *needed = calloc(g->n, sizeof(*needed));
	int r = needed ? 0 : -ENOMEM;

	for (size_t i = 0; r == 0 && i < g->n; i++)
		for (size_t k = 0; k < g->paths[i].n_refs; k++) {
			const struct graph_path *to = bsearch(g->paths[i].refs[k], g->paths, g->n,
							      sizeof(*g->paths), by_path);

			if (to && to != &g->paths[i])
				needed[to - g->paths] = true;
		}
	for (size_t i = 0; r == 0 && i < g->n; i++)
		if (!needed[i])
			r = strv_addf(ret, "%s", g->paths[i].path);
	return r;
}

/* Appends the roots of the run: paths in the guest's store. */
static int list(const struct plan *p, struct strv *ret)
{
	struct graph g = { 0 };
	struct err e = { 0 };
	int r = add_named(p, ret);

	/* A registration that does not parse was refused before. */
	if (r == 0 && p->registration.len > 0 &&
	    graph_parse(GRAPH_REGISTRATION, p->registration.data, p->registration.len, "regInfo",
			&g, &e) == 0)
		r = add_tops(&g, ret);
	graph_free(&g);
	return r;
}

void roots_hold(const struct plan *p)
{
	_cleanup_strv_ struct strv roots = { 0 };
	char path[PATH_MAX];

	if (add_named(p, &roots) < 0)
		return;
	for (size_t i = 0; i < roots.n; i++)
		if (str_format(path, sizeof(path), "%s%s", p->system.store,
			       str_after(roots.v[i], GUEST_STORE)) < 0 ||
		    gc_root_hold(path) < 0)
			continue; /* what is missing is reported where it is needed */
}

struct naming {
	struct buf text;
	unsigned int variables;
	size_t left_out;
};

static int set_variable(struct naming *n)
{
	char name[sizeof(ROOTS_VARIABLE) + 12];
	int r = 0;

	if (n->text.len == 0)
		return 0;
	snprintf(name, sizeof(name), ROOTS_VARIABLE "%u", n->variables++);
	if (setenv(name, n->text.data, 1) < 0)
		r = -errno;
	n->text.len = 0;
	return r;
}

static int name_one(struct naming *n, const char *store, const char *rest)
{
	int r = n->text.len + strlen(store) + strlen(rest) < VARIABLE_MAX ? 0 : set_variable(n);

	if (n->variables == VARIABLES_MAX) {
		n->left_out++;
		return r;
	}
	return r < 0 ? r : buf_addf(&n->text, "%s%s%s", n->text.len > 0 ? " " : "", store, rest);
}

int roots_name(const struct plan *p, struct err *e)
{
	_cleanup_strv_ struct strv roots = { 0 };
	struct naming n = { 0 };
	int r = list(p, &roots);

	for (size_t i = 0; r == 0 && i < roots.n; i++) {
		const char *rest = str_after(roots.v[i], GUEST_STORE);

		r = name_one(&n, GUEST_STORE, rest);
		if (r == 0 && !str_eq(p->system.store, GUEST_STORE))
			r = name_one(&n, p->system.store, rest);
	}
	if (r == 0)
		r = set_variable(&n);
	buf_free(&n.text);
	if (n.left_out > 0)
		log_warning(
			"%zu store paths of the guest are not protected from a garbage collection on "
			"the host: they are too many to be named",
			n.left_out);
	return r < 0 ? err_sys(e, r, "the garbage collector's roots") : 0;
}
