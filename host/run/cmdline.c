/* SPDX-License-Identifier: MIT */
/* cmdline.c - the kernel command line of a run */
#include "host/run/cmdline.h"

#include <errno.h>

#include "host/lib/exit.h"

static const char *const words[] = {
#define PARAM(constant, field, word, kind, help) [PARAM_##constant] = word,
	PARAM_TABLE(PARAM)
#undef PARAM
};

/* White space between words, as in the kernel's table (lib/ctype.c), which includes 0xa0. UTF-8 has
 * that byte within characters. */
#define BLANKS " \t\n\v\f\r\xa0"

/* Adds text without white space at its ends, newlines as spaces. */
static int add_text(struct buf *line, const char *text)
{
	size_t at, len;
	int r;

	if (!text)
		return 0;
	text += strspn(text, " \t\n");
	len = strlen(text);
	while (len > 0 && strchr(" \t\n", text[len - 1]))
		len--;
	if (len == 0)
		return 0;
	r = line->len > 0 ? buf_add(line, " ", 1) : 0;
	at = line->len;
	if (r == 0)
		r = buf_add(line, text, len);
	for (; r == 0 && at < line->len; at++)
		if (line->data[at] == '\n')
			line->data[at] = ' ';
	return r;
}

/* The length of a parameter and of the blanks after it; a quoted value may have blanks. */
static size_t word_span(const char *p)
{
	bool quoted = false;
	size_t n = 0;

	for (; p[n] && (quoted || !strchr(BLANKS, p[n])); n++)
		quoted = quoted != (p[n] == '"');
	return n + strspn(p + n, BLANKS);
}

/* Does the text turn on the kernel's FIPS mode? Any value but 0 counts (crypto/fips.c). The kernel
 * takes a parameter or its value also in double quotes (lib/cmdline.c, next_arg). */
static bool has_fips(const char *text)
{
	for (const char *p = text; p && *p; p += word_span(p)) {
		const char *value = str_after(p + (*p == '"'), "fips=");

		value += value && *value == '"';
		if (value && !(value[0] == '0' && strchr("\"" BLANKS, value[1])))
			return true;
	}
	return false;
}

/* In FIPS mode the kernel has to test its crypto drivers. Otherwise the tests take more time than
 * all other work of some kernels' start. */
static int add_tuning(struct buf *line, const struct cmdline *c)
{
	const bool tests = !c->no_self_tests || has_fips(c->params) || has_fips(c->append);
	int r = tests ? 0 : add_text(line, "cryptomgr.notests");

	return r < 0 ? r : add_text(line, c->one_bus);
}

/* Is the parameter a console on that device? Options may follow, as in console=ttyS1,115200n8. */
static bool is_console_on(const char *word, const char *device)
{
	const char *slash = strrchr(device, '/'), *name = slash ? slash + 1 : device;
	size_t at = strlen(words[PARAM_CONSOLE]), len = strlen(name);

	return strncmp(word, words[PARAM_CONSOLE], at) == 0 && word[at] == '=' &&
	       strncmp(word + at + 1, name, len) == 0 && strchr("," BLANKS, word[at + 1 + len]);
}

/*
 * Adds the system's own parameters, without a console on the device of the report channel (often
 * ttyS1, for a BMC). The kernel enables one console per driver, the first one given: it would
 * replace ours, and the kernel's messages would go into the reports.
 */
static int add_params(struct buf *line, const struct cmdline *c)
{
	const char *report = c->param.value[PARAM_REPORT];
	_cleanup_buf_ struct buf kept = { 0 };
	int r = 0;

	for (const char *p = c->params; r == 0 && p && *p; p += word_span(p))
		if (!report || !is_console_on(p, report))
			r = buf_add(&kept, p, word_span(p));
	return r < 0 ? r : add_text(line, kept.data);
}

/* The kernel takes a value with spaces in double quotes, and no quote within one (lib/cmdline.c,
 * next_arg). */
static int add_word(struct buf *line, enum param p, const char *value, struct err *e)
{
	const char *quote = value && strpbrk(value, BLANKS) ? "\"" : "";

	if (!value)
		return 0;
	if (strchr(value, '"'))
		return err_exit(
			e, EXIT_BAD_INPUT, EINVAL,
			"%s=%s cannot be said on a kernel command line: it has a double quote in it",
			words[p], value);
	return buf_addf(line, "%s%s=%s%s%s", line->len > 0 ? " " : "", words[p], quote, value,
			quote);
}

/* Would the system's parameters swallow ours, which follow? An open quote makes ours part of a
 * value, "--" makes them arguments of init (kernel/params.c, parse_args). */
static int check_params(const char *params, struct err *e)
{
	bool quoted = false;

	for (const char *p = params; p && *p; p++) {
		bool first = p == params || strchr(BLANKS, p[-1]);

		quoted = quoted != (*p == '"');
		if (!quoted && first && p[0] == '-' && p[1] == '-' && strchr(BLANKS, p[2]))
			return err_exit(
				e, EXIT_BAD_INPUT, EINVAL,
				"kernel-params has a word --, which ends the kernel's own words; "
				"give what follows it with --append");
	}
	if (quoted)
		return err_exit(e, EXIT_BAD_INPUT, EINVAL,
				"kernel-params has a quote that is not closed");
	return 0;
}

int cmdline_build(const struct cmdline *c, size_t max, struct buf *ret, struct err *e)
{
	_cleanup_buf_ struct buf line = { 0 };
	int r = check_params(c->params, e);

	if (r == 0)
		r = add_tuning(&line, c);
	if (r == 0)
		r = add_params(&line, c);
	for (enum param p = 0; r == 0 && p < PARAM_COUNT; p++)
		r = add_word(&line, p, c->param.value[p], e);
	for (size_t i = 0; r == 0 && c->consoles && c->consoles[i]; i++)
		r = add_word(&line, PARAM_CONSOLE, c->consoles[i], e);
	if (r == 0 && c->no_driver) /* modprobe(8), "-b"; further lists add to it */
		r = buf_addf(&line, " modprobe.blacklist=%s", c->no_driver);
	/* A panic ends the guest at once, and with -no-reboot the run, instead of a hang. */
	if (r == 0)
		r = add_text(&line, "panic=-1");
	if (r == 0)
		r = add_text(&line, c->append);
	if (r < 0)
		return e->num ? r : err_sys(e, r, "kernel command line");
	if (line.len > max)
		return err_exit(e, EXIT_BAD_INPUT, E2BIG,
				"the kernel command line has %zu bytes, %zu more than this kernel "
				"takes; shorten kernel-params or the words given",
				line.len, line.len - max);
	r = buf_add(ret, line.data, line.len);
	return r < 0 ? err_sys(e, r, "kernel command line") : 0;
}
