/* SPDX-License-Identifier: MIT */
/* qmp.c - fuzz target: QEMU's monitor; the result does not depend on how the stream is cut */
#include "host/vm/qmp.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int feed(struct qmp *q, const uint8_t *data, size_t size, size_t piece)
{
	int r = 0;

	for (size_t at = 0; r == 0 && at < size; at += piece)
		r = qmp_feed(q, (const char *)data + at, size - at < piece ? size - at : piece);
	return r;
}

static void check(const struct qmp *q)
{
	if (q->n_io_errors > QMP_IO_ERRORS_MAX || !memchr(q->reason, 0, sizeof(q->reason)) ||
	    !memchr(q->error, 0, sizeof(q->error)))
		abort();
	for (size_t i = 0; i < q->n_io_errors; i++)
		for (size_t k = 0; k < i; k++)
			if (strcmp(q->io_errors[i].node, q->io_errors[k].node) == 0 &&
			    strcmp(q->io_errors[i].operation, q->io_errors[k].operation) == 0)
				abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct qmp whole = { 0 }, pieces = { 0 };
	int r = feed(&whole, data, size, size ? size : 1);

	/* Where the stream is broken, json-c may notice it a message earlier or later. */
	if (whole.broken != (r < 0))
		abort();
	if (feed(&pieces, data, size, size ? data[0] % 7 + 1 : 1) == 0 && r == 0 &&
	    (whole.replies != pieces.replies || whole.n_io_errors != pieces.n_io_errors ||
	     whole.shutdown != pieces.shutdown || whole.paused != pieces.paused ||
	     whole.resumed != pieces.resumed || whole.memory != pieces.memory ||
	     strcmp(whole.reason, pieces.reason) != 0 || strcmp(whole.error, pieces.error) != 0))
		abort();
	check(&whole);
	check(&pieces);
	qmp_free(&whole);
	qmp_free(&pieces);
	return 0;
}
