/* SPDX-License-Identifier: MIT */
/* fail.h - the one place where a failed boot ends */
#ifndef STOREBOOT_FAIL_H
#define STOREBOOT_FAIL_H

#include <stddef.h>

#include "init/boot.h"

/*
 * Says which step failed (b->step, b->err) once: on kmsg, on every console and to the report; then
 * does what the command line asks for. Returns 0 where the step shall be tried again, or the exit
 * status for PID 1, to panic.
 */
_must_check_ int boot_fail(struct boot *b);

/* The failure's text with the disk's state, without the step: for the line and the record. */
void fail_text(const struct boot *b, char *ret, size_t size);

#endif
