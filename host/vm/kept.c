/* SPDX-License-Identifier: MIT */
/* kept.c - the last output of the console, for `storeboot log` */
#include "host/vm/kept.h"

#include "init/lib/frame.h"

void kept_add(struct buf *kept, const char *data, size_t len)
{
	/* One byte more than is shown marks that there was more. */
	if (kept->len >= 2 * KEPT_MAX)
		frame_drop(kept, kept->len - KEPT_MAX - 1);
	if (buf_add(kept, data, len) < 0)
		buf_free(kept);
}

int kept_put(const struct buf *kept, struct buf *out)
{
	size_t at = kept->len > KEPT_MAX ? kept->len - KEPT_MAX : 0;
	const char *line = at > 0 ? memchr(kept->data + at, '\n', kept->len - at) : NULL;
	int r = 0;

	if (line)
		at = (size_t)(line + 1 - kept->data);
	while (r == 0 && at < kept->len) {
		size_t left = kept->len - at, n = left < FRAME_DATA_MAX ? left : FRAME_DATA_MAX;

		r = frame_put(out, FRAME_OUT, 1, kept->data + at, n);
		at += n;
	}
	return r;
}
