/* SPDX-License-Identifier: MIT */
/* opt_config.c - fuzz target: a file of options */
#include <stdint.h>
#include <stdlib.h>

#include "host/lib/opt.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct values {
	bool flag;
	const char *text;
	struct strv list;
	uint64_t size;
	int maybe;
};

static const char *const words[] = { "red", "green", NULL };
static const struct opt opts[] = { OPT(FLAG, struct values, flag, "flag", NULL, ""),
				   OPT(STRING, struct values, text, "text", "TEXT", ""),
				   OPT(LIST, struct values, list, "list", "ITEM", ""),
				   OPT(SIZE, struct values, size, "size", "SIZE", ""),
				   OPT(MAYBE, struct values, maybe, "maybe", "WORD", "",
				       .choices = words),
				   OPT(CONFIG, struct values, flag, "config", "FILE", ""),
				   { 0 } };

/* A value is never empty and has no blanks at its ends. */
static void check(const char *s)
{
	static const char blanks[] = " \t\r\n";

	if (s && (!*s || strchr(blanks, s[0]) || strchr(blanks, s[strlen(s) - 1])))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct opt_command command = { .name = "test", .opts = opts };
	struct values v = { 0 };
	struct opt_args a = { 0 };
	struct err e = { 0 };
	int r = opt_config_parse(&command, "FILE", (const char *)data, size, &v, &a, &e);

	if ((r < 0) != (e.num != 0))
		abort();
	check(v.text);
	for (size_t i = 0; i < v.list.n; i++)
		check(v.list.v[i]);
	strv_free(&v.list);
	opt_args_free(&a);
	return 0;
}
