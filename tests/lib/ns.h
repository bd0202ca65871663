/* SPDX-License-Identifier: MIT */
/* ns.h - unit tests: enter namespaces of our own, as root or as an ordinary user */
#ifndef STOREBOOT_TESTS_NS_H
#define STOREBOOT_TESTS_NS_H

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "init/lib/file.h"

/* Maps our user and group to root of a new user namespace (user_namespaces(7)). */
static inline int ns_map_root(unsigned int uid, unsigned int gid)
{
	char uid_map[32], gid_map[32];
	const struct {
		const char *path, *line;
	} files[] = {
		{ "/proc/self/setgroups", "deny" },
		{ "/proc/self/uid_map", uid_map },
		{ "/proc/self/gid_map", gid_map },
	};

	snprintf(uid_map, sizeof(uid_map), "0 %u 1", uid);
	snprintf(gid_map, sizeof(gid_map), "0 %u 1", gid);
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		int r = file_write(AT_FDCWD, files[i].path, files[i].line, strlen(files[i].line));

		if (r < 0)
			return r;
	}
	return 0;
}

/* unshare(2) of flags; a user namespace comes first where we may not do it ourselves. Returns 0 or
 * -errno. */
static inline int ns_enter(int flags)
{
	unsigned int uid = geteuid(), gid = getegid();

	if (unshare(flags) == 0)
		return 0;
	if (errno != EPERM || uid == 0)
		return -errno;
	if (unshare(CLONE_NEWUSER | flags) < 0)
		return -errno;
	return ns_map_root(uid, gid);
}

#endif
