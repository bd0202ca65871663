/* SPDX-License-Identifier: MIT */
/* frame.c - fuzz target: a stream of frames */
#include "init/lib/frame.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_buf_ struct buf b = { 0 };
	struct frame f;
	size_t at = 0;
	int n;

	while ((n = frame_take(data + at, size - at, &f)) > 0) {
		/* Whole, within the data, and the same when it is written again. */
		b.len = 0;
		if ((size_t)n > size - at || f.data + f.len != data + at + n ||
		    frame_put(&b, f.kind, f.session, f.data, f.len) < 0 || b.len != (size_t)n ||
		    memcmp(b.data, data + at, b.len) != 0)
			abort();
		at += (size_t)n;
	}
	return 0;
}
