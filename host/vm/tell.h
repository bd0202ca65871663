/* SPDX-License-Identifier: MIT */
/* tell.h - a run's progress, verdict and times, for the user */
#ifndef STOREBOOT_HOST_TELL_H
#define STOREBOOT_HOST_TELL_H

#include "host/lib/output.h"
#include "host/vm/timeline.h"
#include "host/vm/verdict.h"

/* Prints the verdict's line and, unless stdout and stderr are one file, the last console lines. */
void tell_verdict(const struct verdict *v);

/* Shows the current step of stage 1 (host/lib/progress.h). */
void tell_progress(const struct record *rec);

/* Prints how long each part took, as a table on stderr. */
void tell_times(const struct timeline *t);

/* Opens the plot's output (output_open); writes it. Return 0, or -errno with e. */
_must_check_ int tell_plot_open(const char *path, struct output *ret, struct err *e);
_must_check_ int tell_plot(const struct timeline *t, const char *name, const struct output *to,
			   struct err *e);

#endif
