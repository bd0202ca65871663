/* SPDX-License-Identifier: MIT */
/* scratch.h - unit tests: a mount namespace of our own with an empty tmpfs as working folder */
#ifndef STOREBOOT_TESTS_SCRATCH_H
#define STOREBOOT_TESTS_SCRATCH_H

#include <stdlib.h>
#include <sys/mount.h>

#include "tests/lib/ns.h"

/*
 * Enters it: mounts made from now on are ours and end with the process, nothing is left on disk.
 * The tmpfs lies on /tmp, so that every test's paths are short and its own. Returns 0 or -errno.
 */
static inline int scratch_enter(int more_flags)
{
	int r = ns_enter(CLONE_NEWNS | more_flags);

	if (r < 0)
		return r;
	/* Else our mounts would spread to the namespace we came from (mount_namespaces(7)). */
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("tmpfs", "/tmp", "tmpfs", 0, "mode=700") < 0 || chdir("/tmp") < 0)
		return -errno;
	return 0;
}

#endif
