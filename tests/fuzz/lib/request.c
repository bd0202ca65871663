/* SPDX-License-Identifier: MIT */
/* request.c - fuzz target: what FRAME_OPEN carries */
#include "init/lib/request.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(request_free) struct request r = { 0 };

	/* What is taken has something to run, and can be said again. */
	if (request_parse(data, size, &r) == 0) {
		_cleanup_buf_ struct buf b = { 0 };

		if ((r.argv.n > 0) + r.shell + (r.port > 0) != 1 ||
		    (size <= 65536 && request_format(&r, &b) == -1))
			abort();
	}
	return 0;
}
