/* SPDX-License-Identifier: MIT */
/* graph.c - fuzz target: the parser of closures; what it takes must survive being printed */
#include "host/closure/graph.h"

#include <stdint.h>

#include "init/lib/str.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool ok)
{
	if (!ok)
		abort();
}

static void round_trip(const struct graph *g)
{
	_cleanup_buf_ struct buf first = { 0 }, second = { 0 };
	struct graph again = { 0 };
	struct err e = { 0 };

	require(g->n > 0 && graph_print_registration(g, &first) == 0);
	require(graph_parse(GRAPH_REGISTRATION, first.data, first.len, "printed", &again, &e) == 0);
	require(again.n == g->n && graph_print_registration(&again, &second) == 0);
	require(str_eq(first.data, second.data));
	graph_free(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const enum graph_kind kinds[] = { GRAPH_REFERENCES, GRAPH_REGISTRATION };

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		struct graph g = { 0 };
		struct err e = { 0 };

		if (graph_parse(kinds[i], (const char *)data, size, "input", &g, &e) == 0)
			round_trip(&g);
		else
			require(e.text[0] != '\0' && g.n == 0);
		graph_free(&g);
	}
	return 0;
}
