/* SPDX-License-Identifier: MIT */
/* mountinfo.h - /proc/PID/mountinfo (proc(5)): one mount's type and options; pure functions of
 * bytes */
#ifndef STOREBOOT_MOUNT_MOUNTINFO_H
#define STOREBOOT_MOUNT_MOUNTINFO_H

#include <stdbool.h>
#include <stddef.h>

#include "init/lib/macro.h"

/* A piece of the text that was searched: not NUL-terminated, escapes (\040) as they are. */
struct mountinfo_span {
	const char *s;
	size_t len;
};

struct mountinfo {
	struct mountinfo_span mount_options; /* ro,nosuid,nodev: this mount's */
	struct mountinfo_span type;	     /* cifs */
	struct mountinfo_span source;
	struct mountinfo_span super_options; /* the file system's own */
};

/*
 * Finds what is mounted at mount_point (absolute, without a trailing slash, as the process sees
 * it): the last such line counts, being the one on top. Lines that are no mountinfo lines are
 * passed over. Returns 0, or -ENOENT with ret untouched.
 */
_must_check_ int mountinfo_find(const char *text, size_t len, const char *mount_point,
				struct mountinfo *ret);

/* Whether a list of options (a,b=c,d) has this word, whole: "unix" is not in "nounix". */
bool mountinfo_has(const struct mountinfo_span *options, const char *word);

#endif
