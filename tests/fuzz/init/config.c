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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct config c;
	struct err e = { 0 };
	int r = config_parse((const char *)data, size, &c, &e);

	/* Success and a filled error exclude each other, and every string ends within the struct.
	 */
	if ((r == 0) != (e.num == 0) || (r < 0 && e.text[0] == '\0'))
		abort();
	if (r == 0 && (!inside(&c, c.param.init) || c.param.init[0] != '/' || c.deadline_ms < 1000))
		abort();
	for (size_t i = 0; i < PARAM_COUNT; i++)
		if (c.param.value[i] && c.param.value[i][0] != '1' && !inside(&c, c.param.value[i]))
			abort();
	return 0;
}
