/* SPDX-License-Identifier: MIT */
/* closures.c - the registration of closures for the guest's Nix database */
#include "host/run/closures.h"

#include <errno.h>
#include <sys/stat.h>

#include "host/closure/graph.h"
#include "host/closure/reginfo.h"
#include "host/closure/registration.h"
#include "host/lib/exit.h"
#include "host/lib/input.h"
#include "host/lib/progress.h"
#include "init/lib/log.h"

#define REGINFO_MAX ((size_t)1 << 30)

/* Adds the store path that contains path. Returns 0, -ENOENT if there is none, or -ENOMEM. */
static int add_store_path(struct strv *paths, const char *path)
{
	const char *name = str_after(path, GUEST_STORE "/");

	if (!name || !name[0])
		return -ENOENT;
	return strv_addf(paths, GUEST_STORE "/%.*s", (int)strcspn(name, "/"), name);
}

/* ./result stands for its target. A store path may itself be a link, even a dangling one. */
static int add_registered(struct strv *paths, const char *path, struct err *e)
{
	char real[PATH_MAX];
	int r = add_store_path(paths, path);

	if (r != -ENOENT)
		return r < 0 ? err_sys(e, r, "--register") : 0;
	if (!realpath(path, real))
		return err_exit(e, EXIT_BAD_INPUT, errno, "--register %s: %s", path,
				strerror(errno));
	r = add_store_path(paths, real);
	return r == -ENOENT ? err_exit(e, EXIT_BAD_INPUT, ENOENT,
				       "--register %s: not in " GUEST_STORE, path) :
	       r < 0	    ? err_sys(e, r, "--register") :
			      0;
}

static int from_host(const struct run_values *v, const struct system *s, struct buf *ret,
		     struct err *e)
{
	_cleanup_strv_ struct strv paths = { 0 };
	int r = add_store_path(&paths, s->config);

	if (r == -ENOENT)
		r = 0;
	else if (r < 0)
		return err_sys(e, r, "the registration");
	for (size_t i = 0; r == 0 && i < v->registered.n; i++)
		r = add_registered(&paths, v->registered.v[i], e);
	if (r < 0 || paths.n == 0)
		return r;
	if (!str_eq(s->store, GUEST_STORE))
		return err_exit(e, EXIT_USAGE, ENOTSUP, "%s is not this host's own store",
				s->store);
	return registration_get((const char *const *)paths.v, ret, e);
}

/* The second line of a record is the deriver or empty in an exportReferencesGraph file, else a
 * hash. */
static bool is_graph(const struct buf *text)
{
	const char *second = text->len > 0 ? strchr(text->data, '\n') : NULL;

	return second && (second[1] == '\n' || second[1] == '/');
}

static int from_file(const char *file, struct buf *ret, struct err *e)
{
	_cleanup_buf_ struct buf text = { 0 };
	struct graph g = { 0 };
	int r = input_read(file, REGINFO_MAX, ret);

	if (r < 0)
		return err_exit(e, EXIT_BAD_INPUT, r, "--reginfo %s: %s", file,
				input_why(file, -r));
	if (is_graph(ret)) {
		text = *ret;
		*ret = (struct buf){ 0 };
		return registration_of_graph(&text, file, ret, e);
	}
	r = graph_parse(GRAPH_REGISTRATION, ret->data ? ret->data : "", ret->len, file, &g, e);
	if (r == 0)
		graph_free(&g);
	return r;
}

int registration_of_run(const struct run_values *v, const struct system *s, struct buf *ret,
			struct err *e)
{
	struct err why = { 0 };
	int r;

	progress_set("looking up the closure's registration");
	if (v->reginfo && str_eq(v->reginfo, "none"))
		return 0;
	if (v->reginfo)
		return from_file(v->reginfo, ret, e);
	r = from_host(v, s, ret, &why);
	if (r == 0)
		return 0;
	if (v->registered.n > 0 || v->verify) {
		*e = why;
		return r;
	}
	log_warning("no registration for the guest's Nix: %s", why.text);
	ret->len = 0;
	return 0;
}

void make_links_folder(const char *store)
{
	char path[PATH_MAX];

	if (str_format(path, sizeof(path), "%s/.links", store) < 0 ||
	    (mkdir(path, 0755) < 0 && errno != EEXIST))
		log_warning(
			"%s lacks the folder .links and none can be made (%s), so the guest's Nix may "
			"refuse its registration; --reginfo none does without",
			store, strerror(errno));
}
