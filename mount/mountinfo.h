/* SPDX-License-Identifier: MIT */
/* mountinfo.h - parses /proc/PID/mountinfo (proc(5)): a mount's type and options */
#ifndef STOREBOOT_MOUNT_MOUNTINFO_H
#define STOREBOOT_MOUNT_MOUNTINFO_H

#include <stdbool.h>
#include <stddef.h>

#include "init/lib/macro.h"

/* A part of the searched text: not NUL-terminated, escapes (\040) not decoded. */
struct mountinfo_span {
	const char *s;
	size_t len;
};

struct mountinfo {
	struct mountinfo_span mount_options; /* of this mount: ro,nosuid,nodev */
	struct mountinfo_span type;	     /* cifs */
	struct mountinfo_span source;
	struct mountinfo_span super_options; /* of the file system */
};

/* Finds the mount at mount_point (absolute, without a trailing slash, as the process sees it). The
 * last match counts: it is the top mount. Skips malformed lines. Returns 0, or -ENOENT with ret
 * unchanged. A pure function. */
_must_check_ int mountinfo_find(const char *text, size_t len, const char *mount_point,
				struct mountinfo *ret);

/* Whether a list of options (a,b=c,d) contains word as a whole: "nounix" does not contain
 * "unix". */
bool mountinfo_has(const struct mountinfo_span *options, const char *word);

#endif
