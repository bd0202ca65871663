/* SPDX-License-Identifier: MIT */
/* fail_text.c - the text of a failure: the step's error, and the state of the disk */
#include <stdio.h>
#include <string.h>

#include "init/fail.h"

static const char *const disk_states[] = {
	[DISK_UNTOUCHED] = "; disk unchanged",
	[DISK_NOT_FOUND] = "",
	[DISK_NONE] = "",
	[DISK_PARTLY] = "",
	[DISK_FORMATTED] = "; disk formatted in this boot",
	[DISK_MOUNTING] = "; disk not formatted, but its journal may have been replayed",
	[DISK_IN_USE] = "; disk mounted as it was found",
};

void fail_text(const struct boot *b, char *ret, size_t size)
{
	/* The error may already include the state of the disk. */
	bool said = strstr(b->err.text, "disk unchanged");

	/* Limited to fit into /dev/kmsg (log.c) with the step's name and the state of the disk. */
	snprintf(ret, size, "%.860s%s", b->err.text, said ? "" : disk_states[b->disk]);
}
