/* SPDX-License-Identifier: MIT */
/* config.c - fuzz target: the kernel command line */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "init/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int inside(const struct config *c, const char *s)
{
	return s >= c->text && s < c->text + sizeof(c->text) &&
	       memchr(s, '\0', sizeof(c->text)) != NULL;
}

/* Whether a value may lie outside the text: a flag's "1", and the defaults. */
static int constant(enum param p, const char *s)
{
	return s[0] == '1' || p == PARAM_ROOT || p == PARAM_ROOTFSTYPE || p == PARAM_SHARE_SOURCE;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct config c;
	struct err e = { 0 };
	int r = config_parse((const char *)data, size, &c, &e);

	/* Success and a filled error exclude each other, and every string ends within the struct.
	 */
	if ((r == 0) != (e.num == 0) || (r < 0 && e.text[0] == '\0'))
		abort();
	if (r == 0 && (c.deadline_ms < 1000 || !(c.param.init || c.param.no_stage2)))
		abort();
	if (r == 0 && c.param.init && c.param.init[0] != '/')
		abort();
	for (enum param p = 0; p < PARAM_COUNT; p++)
		if (c.param.value[p] && !constant(p, c.param.value[p]) &&
		    !inside(&c, c.param.value[p]))
			abort();
	return 0;
}
