/* SPDX-License-Identifier: MIT */
/* said.h - the last line of a program's output, which has the reason when it failed */
#ifndef STOREBOOT_HOST_LIB_SAID_H
#define STOREBOOT_HOST_LIB_SAID_H

#include "init/lib/str.h"

/* Removes the line ends at the end of said. Returns its last line, a part of said, or "". */
const char *said_last(struct buf *said);

/* As said_last, but returns "no reason given" for "". */
const char *said_why(struct buf *said);

#endif
