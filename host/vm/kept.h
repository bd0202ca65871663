/* SPDX-License-Identifier: MIT */
/* kept.h - the last output of the console, for `storeboot log` */
#ifndef STOREBOOT_HOST_KEPT_H
#define STOREBOOT_HOST_KEPT_H

#include "init/lib/str.h"

#define KEPT_MAX 65536

/* Adds output, and drops old output. kept has less than 2 * KEPT_MAX bytes, and the output. Without
 * memory it is emptied. */
void kept_add(struct buf *kept, const char *data, size_t len);

/* Puts at most the last KEPT_MAX bytes into out, as frames of FRAME_OUT. If earlier output is left
 * out, they begin with a line. Returns 0 or -ENOMEM. */
_must_check_ int kept_put(const struct buf *kept, struct buf *out);

#endif
