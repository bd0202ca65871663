/* SPDX-License-Identifier: MIT */
/* expose.c - what of the host lies below a file server's /export */
#include "host/share/expose.h"

void expose_args(enum expose what, const char *store, struct argv *ret)
{
	if (what == EXPOSE_ROOT) /* without what the host's kernel tells of processes and devices */
		argv_words(ret, "--ro-bind", "/", "/export", "--tmpfs", "/export/proc", "--tmpfs",
			   "/export/sys", "--tmpfs", "/export/dev");
	else /* bwrap would make missing parents with mode 0700, which the guest would see */
		argv_words(ret, "--dir", "/export", "--dir", "/export/nix");
	if (what == EXPOSE_CLOSURE)
		argv_words(ret, "--dir", EXPOSED_STORE);
	else if (what != EXPOSE_NOTHING)
		argv_words(ret, "--ro-bind", store, EXPOSED_STORE);
}
