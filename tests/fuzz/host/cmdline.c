/* SPDX-License-Identifier: MIT */
/*
 * cmdline.c - fuzz target: a kernel command line that the host writes gives the guest these values
 *
 * The input has lines: the first is the system's own parameters, the second the user's, each other
 * one begins with the number of a parameter (a byte), and its value follows.
 */
#include "host/run/cmdline.h"

#include <stdint.h>
#include <stdlib.h>

/* The guest's parser; stage 1 has it in another archive, with the same names. */
#define share_rows guest_share_rows
#include "init/config.c"
#undef share_rows

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* These begin with a value that the guest takes. */
static void set_defaults(union param_values *p)
{
	p->init = "/nix/store/s/init";
	p->root = "/dev/vda";
	p->share = "cifs";
}

/* Cuts the text into lines, in place. */
static char *next_line(char **text)
{
	char *line = *text, *end = line ? strchr(line, '\n') : NULL;

	if (end)
		*end = '\0';
	*text = end ? end + 1 : NULL;
	return line;
}

/* An empty value means that the parameter is absent, and so does a flag's 0. */
static bool same(enum param p, const char *said, const struct config *c)
{
	const char *got = c->param.value[p];

	if (said && (!*said || str_eq(said, "0")))
		return true;
	return said && got ? str_eq(said, got) : !said;
}

static void check(const struct cmdline *l, const struct buf *line)
{
	static struct config c;
	struct err e = { 0 };
	int r = config_parse(line->data, line->len, &c, &e);

	for (enum param p = 0; p < PARAM_COUNT; p++)
		if (p != PARAM_CONSOLE && r == 0 && !same(p, l->param.value[p], &c))
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cmdline l = { 0 };
	_cleanup_buf_ struct buf line = { 0 };
	struct err e = { 0 };
	char *text = strndup((const char *)data, size), *rest = text, *word;

	if (!text)
		abort();
	set_defaults(&l.param);
	l.params = next_line(&rest);
	/* The user's parameters come last, to replace ours; here they must not. */
	word = next_line(&rest);
	l.append = word && !strpbrk(word, "=\"-") && !strstr(word, "boot.") &&
				   !strstr(word, "stage1") && !strstr(word, "storeboot.") ?
			   word :
			   NULL;
	while ((word = next_line(&rest)))
		if (*word)
			l.param.value[(unsigned char)*word % PARAM_COUNT] = word + 1;
	if (cmdline_build(&l, CONFIG_CMDLINE_MAX - 1, &line, &e) == 0)
		check(&l, &line);
	else if (line.len > 0 || e.num == 0)
		abort();
	free(text);
	return 0;
}
