/* SPDX-License-Identifier: MIT */
/* expose.c - what of the host lies below a file server's /export */
#include "host/share/expose.h"

#include "host/share/sandbox.h"

int expose_args(enum expose what, const char *store, struct strv *ret)
{
	/* bwrap makes missing parents with mode 0700, which the guest would see. */
	static const char *const folders[] = { "--dir", "/export", "--dir", "/export/nix", NULL };
	static const char *const place[] = { "--dir", EXPOSED_STORE, NULL };
	/* Not what the host's kernel tells of processes and devices. */
	static const char *const root[] = { "--ro-bind",    "/",       "/export",     "--tmpfs",
					    "/export/proc", "--tmpfs", "/export/sys", "--tmpfs",
					    "/export/dev",  NULL };
	int r = strv_add_all(ret, what == EXPOSE_ROOT ? root : folders);

	if (r < 0 || what == EXPOSE_NOTHING)
		return r;
	if (what == EXPOSE_CLOSURE)
		return strv_add_all(ret, place);
	return sandbox_bind(ret, "--ro-bind", store, EXPOSED_STORE);
}
