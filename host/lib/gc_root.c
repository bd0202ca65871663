/* SPDX-License-Identifier: MIT */
/* gc_root.c - keeps a store path from Nix's garbage collector */
#include "host/lib/gc_root.h"

#include <errno.h>
#include <fcntl.h>

int gc_root_hold(const char *path)
{
	return open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC) < 0 ? -errno : 0;
}
