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
static const struct opt opts[] = {
	{ "flag", 0, OPT_FLAG, offsetof(struct values, flag), NULL, "", NULL },
	{ "text", 0, OPT_STRING, offsetof(struct values, text), "TEXT", "", NULL },
	{ "list", 0, OPT_LIST, offsetof(struct values, list), "ITEM", "", NULL },
	{ "size", 0, OPT_SIZE, offsetof(struct values, size), "SIZE", "", NULL },
	{ "maybe", 0, OPT_MAYBE, offsetof(struct values, maybe), "WORD", "", words },
	{ "config", 0, OPT_CONFIG, 0, "FILE", "", NULL },
};

/* A value is never empty and has no blanks at its ends. */
static void check(const char *s)
{
	static const char blanks[] = " \t\r\n";

	if (s && (!*s || strchr(blanks, s[0]) || strchr(blanks, s[strlen(s) - 1])))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct opt_command command = { "test", "", "", opts, ARRAY_SIZE(opts), 0, false };
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
