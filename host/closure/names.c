/* SPDX-License-Identifier: MIT */
/* names.c - the names of a closure's paths in the store */
#include "host/closure/names.h"

#include <errno.h>

#include "host/closure/graph.h"
#include "host/lib/exit.h"

int closure_names(const struct buf *registration, struct strv *ret, struct err *e)
{
	struct graph g = { 0 };
	int r;

	if (registration->len == 0)
		return err_exit(
			e, EXIT_BAD_INPUT, ENODATA,
			"the system's closure is not known: there is no registration of it");
	r = graph_parse(GRAPH_REGISTRATION, registration->data, registration->len,
			"the registration", &g, e);
	for (size_t i = 0; r == 0 && i < g.n; i++) {
		r = strv_add(ret, strrchr(g.paths[i].path, '/') + 1);
		if (r < 0)
			err_sys(e, r, "the closure");
	}
	graph_free(&g);
	return r;
}
