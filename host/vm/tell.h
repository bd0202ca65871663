/* SPDX-License-Identifier: MIT */
/* tell.h - what a run says of itself at its end */
#ifndef STOREBOOT_HOST_TELL_H
#define STOREBOOT_HOST_TELL_H

#include "host/vm/timeline.h"
#include "host/vm/verdict.h"

/* The verdict's line and, unless they are read in the same place anyway, the console's last lines.
 */
void tell_verdict(const struct verdict *v);

/* Which step of stage 1 runs, to who waits for the end of it (host/lib/progress.h). */
void tell_progress(const struct record *rec);

/* How long each part took, as a table on stderr. */
void tell_times(const struct timeline *t);

/* The same as a drawing in a file, and whether that may be written there. Return 0, or -errno with
 * e. */
_must_check_ int tell_plot_check(const char *path, struct err *e);
_must_check_ int tell_plot(const struct timeline *t, const char *name, const char *path,
			   struct err *e);

#endif
