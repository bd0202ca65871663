/* SPDX-License-Identifier: MIT */
/* fail.h - the one place where a failed boot ends */
#ifndef STOREBOOT_FAIL_H
#define STOREBOOT_FAIL_H

#include <stddef.h>

#include "init/boot.h"

/*
 * Reports the failed step (b->step, b->err) once, on kmsg, on every console and to the host, then
 * does what the command line asks for. Returns 0 to retry the step, or PID 1's exit status, which
 * makes the kernel panic.
 */
_must_check_ int boot_fail(struct boot *b);

/* Formats the error and the state of the disk, without the step, for the message and the record. */
void fail_text(const struct boot *b, char *ret, size_t size);

#endif
