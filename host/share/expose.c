/* SPDX-License-Identifier: MIT */
/* expose.c - the part of the host that a file server sees in /export */
#include "host/share/expose.h"

#include "host/share/sandbox.h"

void expose_args(enum expose what, int store, struct argv *ret)
{
	if (what == EXPOSE_ROOT) /* without the kernel's files on processes and devices */
		argv_words(ret, "--ro-bind", "/", "/export", "--tmpfs", "/export/proc", "--tmpfs",
			   "/export/sys", "--tmpfs", "/export/dev");
	else /* bwrap would make missing parents with mode 0700, and the guest would see that */
		argv_words(ret, "--dir", "/export", "--dir", "/export/nix");
	if (what == EXPOSE_CLOSURE)
		argv_words(ret, "--dir", EXPOSED_STORE);
	else if (what != EXPOSE_NOTHING)
		sandbox_bind(store, false, EXPOSED_STORE, ret);
}
