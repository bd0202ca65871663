/* SPDX-License-Identifier: MIT */
/* expose.c - what of the host lies below a file server's /export */
#include "host/share/expose.h"

#include <errno.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/share/sandbox.h"

/* bwrap follows a link that it is to bind: one that is a store path is made anew. */
static int add_path(const char *store, const char *name, struct strv *ret)
{
	char path[PATH_MAX], inner[PATH_MAX], target[PATH_MAX];
	struct stat st;
	ssize_t n;

	if (str_format(path, sizeof(path), "%s/%s", store, name) < 0 ||
	    str_format(inner, sizeof(inner), EXPOSED_STORE "/%s", name) < 0)
		return -ENAMETOOLONG;
	if (lstat(path, &st) < 0)
		return -errno;
	if (!S_ISLNK(st.st_mode))
		return sandbox_bind(ret, "--ro-bind", path, inner);
	n = readlink(path, target, sizeof(target) - 1);
	if (n < 0)
		return -errno;
	target[n] = '\0';
	return sandbox_bind(ret, "--symlink", target, inner);
}

int expose_args(enum expose what, const char *store, const struct strv *names, struct strv *ret)
{
	/* bwrap makes missing parents with mode 0700, which the guest would see. Nix makes .links where it
	 * is missing, and could not. */
	static const char *const folders[] = { "--dir", "/export", "--dir", "/export/nix", NULL };
	static const char *const few[] = { "--dir", EXPOSED_STORE, "--dir", EXPOSED_STORE "/.links", NULL };
	/* Not what the host's kernel tells of processes and devices. */
	static const char *const root[] = { "--ro-bind", "/", "/export", "--tmpfs", "/export/proc", "--tmpfs",
					    "/export/sys", "--tmpfs", "/export/dev", NULL };
	int r = strv_add_all(ret, what == EXPOSE_ROOT ? root : folders);

	if (what == EXPOSE_NOTHING)
		return r;
	if (r == 0 && what != EXPOSE_CLOSURE)
		return sandbox_bind(ret, "--ro-bind", store, EXPOSED_STORE);
	if (r == 0)
		r = strv_add_all(ret, few);
	for (size_t i = 0; r == 0 && i < names->n; i++)
		r = add_path(store, names->v[i], ret);
	return r;
}
