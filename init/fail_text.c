/* SPDX-License-Identifier: MIT */
/* fail_text.c - the words of a failed boot: what its step says, and what became of the disk */
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
	/* A function that saw the disk itself may have said it. */
	bool said = strstr(b->err.text, "disk unchanged");

	/* With the step's name before it the line fits into /dev/kmsg (log.c), the disk's state
	 * too. */
	snprintf(ret, size, "%.860s%s", b->err.text, said ? "" : disk_states[b->disk]);
}
