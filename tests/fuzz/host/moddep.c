/* SPDX-License-Identifier: MIT */
/* moddep.c - fuzz target: modules.dep, modules.builtin, modules.builtin.modinfo */
#include "host/initrd/moddep.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What was parsed must be found again, by its own name. */
static void look_up(const struct modules *m)
{
	for (size_t i = 0; i < m->n; i++) {
		const struct module *found = modules_find(m, m->v[i].name);

		if (!found || !str_eq(found->name, m->v[i].name) || !m->v[i].path || !m->v[i].deps)
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static int (*const parsers[])(struct buf *, struct modules *,
				      size_t *) = { modules_parse_dep, modules_parse_builtin,
						    modules_parse_modinfo };

	for (size_t i = 0; i < ARRAY_SIZE(parsers); i++) {
		_cleanup_modules_ struct modules m = { 0 };
		_cleanup_buf_ struct buf text = { 0 };
		size_t line = 0;

		if (buf_add(&text, data, size) < 0)
			return 0;
		if (parsers[i](&text, &m, &line) == 0)
			look_up(&m);
		else if (m.n != 0 || (line == 0 && size > 0))
			abort();
		if (text.data)
			abort();
	}
	return 0;
}
