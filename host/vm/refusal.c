/* SPDX-License-Identifier: MIT */
/*
 * refusal.c - why QEMU did not start, and whose fault it is
 *
 * QEMU exits with status 1 whatever is wrong. Its message begins with its own name, and mostly has
 * the option with its value. Of our own options only the name is shown: a value may be as long as a
 * server's command.
 */
#include "host/vm/refusal.h"

#include <errno.h>
#include <stdio.h>

#include "host/lib/exit.h"
#include "host/qemu/network.h"
#include "host/vm/line.h"
#include "init/lib/str.h"

#define WORDS_MAX 700
#define NO_MEMORY "; this host has not that much memory: ask for less with --memory"
#define FEWER_CORES "; ask for fewer with --cores"
#define MORE_MEMORY "; give the guest more with --memory"
#define RULE "Could not set up host forwarding rule '"

/* Messages of QEMU 5.2 to 11. The first row that matches any line is used. */
static const struct known {
	const char *words;
	int exit_status;
	const char *advice;
} table[] = {
	{ RULE, EXIT_IN_USE, "" },
	{ "Address already in use", EXIT_IN_USE, "" },
	{ "\" lock", EXIT_IN_USE, "" },
	{ "phys-bits too low", EXIT_USAGE, "; ask for less with --memory" },
	{ "guest memory", EXIT_MISSING, NO_MEMORY },
	{ "resize memfd", EXIT_MISSING, NO_MEMORY },
	{ "Cannot allocate memory", EXIT_MISSING, NO_MEMORY },
	{ "Invalid SMP CPUs", EXIT_USAGE, FEWER_CORES },
	{ "requires kernel irqchip and X2APIC", EXIT_USAGE, FEWER_CORES },
	{ "cpus requested", EXIT_USAGE, FEWER_CORES },
	{ "without PVH ELF Note", EXIT_BAD_INPUT,
	  "; take the bzImage of the same build, or build it with CONFIG_PVH=y" },
	{ "invalid kernel header", EXIT_BAD_INPUT, "" },
	{ "could not load kernel", EXIT_BAD_INPUT, "" },
	{ "could not open kernel file", EXIT_BAD_INPUT, "" },
	{ "error reading kernel", EXIT_BAD_INPUT, "" },
	{ "kernel too old to load a ram disk", EXIT_BAD_INPUT, "" },
	{ "initrd is too large", EXIT_USAGE, MORE_MEMORY },
	{ "not enough space for initrd", EXIT_USAGE, MORE_MEMORY },
	{ "could not load initrd", EXIT_USAGE, MORE_MEMORY },
	{ "could not load ramdisk", EXIT_USAGE, MORE_MEMORY },
	{ "error reading initrd", EXIT_BAD_INPUT, "" },
	{ "-sandbox support is not enabled", EXIT_MISSING,
	  "; --qemu-opts '-sandbox off' runs it without" },
	{ "KVM", EXIT_MISSING, "" },
	{ "failed to initialize kvm", EXIT_MISSING, "" },
	{ "gtk initialization failed", EXIT_MISSING, "" },
	{ "Could not initialize SDL", EXIT_MISSING, "" },
	{ "cannot open display", EXIT_MISSING, "" },
};

/* The message without the program's name, such as "qemu-system-x86_64: " or "qemu: ". */
static struct line own_words(struct line l)
{
	const char *end = memchr(l.text, ':', l.len);
	const size_t n = end ? (size_t)(end - l.text) : 0;

	if (n == 0 || n + 2 > l.len || end[1] != ' ' || memchr(l.text, ' ', n))
		return l;
	return (struct line){ l.text + n + 2, l.len - n - 2 };
}

static struct line next_line(const char **said)
{
	struct line l;

	*said += strspn(*said, "\r\n");
	l = (struct line){ *said, strcspn(*said, "\r\n") };
	*said += l.len;
	return own_words(l);
}

static const struct known *find_known(const char *said, struct line *ret)
{
	struct line l;

	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		for (const char *p = said; (l = next_line(&p)).len > 0;)
			if (line_has(&l, table[i].words)) {
				*ret = l;
				return &table[i];
			}
	return NULL;
}

/* The first line that is neither warning nor info; if there is none, the first line. */
static struct line first_error(const char *said)
{
	struct line l, first = { "", 0 };

	while ((l = next_line(&said)).len > 0) {
		if (first.len == 0)
			first = l;
		if (!str_after(l.text, "warning: ") && !str_after(l.text, "info: "))
			return l;
	}
	return first;
}

static bool skip(struct line *l, const char *text)
{
	bool begins = line_begins(l, text);

	if (begins)
		*l = line_from(l, strlen(text));
	return begins;
}

/* Is the message about argument i, "OPTION: " or "OPTION VALUE: "? ret: the rest of the message. */
static bool is_about(const char *const *argv, size_t i, struct line l, struct line *ret)
{
	struct line rest = l;

	if (!skip(&rest, argv[i]))
		return false;
	*ret = rest;
	if (skip(ret, ": "))
		return true;
	*ret = rest;
	return argv[i + 1] && skip(ret, " ") && skip(ret, argv[i + 1]) && skip(ret, ": ");
}

/* Finds the option that the message is about; ret: the rest of the message. Returns n if it names
 * none. */
static size_t find_option(const char *const *argv, size_t n, struct line l, struct line *ret)
{
	for (size_t i = 1; i < n; i++)
		if (is_about(argv, i, l, ret))
			return i;
	return n;
}

/* QEMU does not report why a port failed, so it is tried again. */
static int judge_port(const struct line *l, char *ret_why, size_t size)
{
	const char *rule = memmem(l->text, l->len, RULE, strlen(RULE));
	char text[256];
	int r;

	rule += strlen(RULE);
	if (str_format(text, sizeof(text), "%.*s", (int)strcspn(rule, "'"), rule) < 0)
		return EXIT_IN_USE;
	r = network_try_rule(text);
	if (r < 0)
		snprintf(ret_why, size, ": %s", strerror(-r));
	return r == 0 || r == -EADDRINUSE ? EXIT_IN_USE : EXIT_USAGE;
}

/* An error message, and its subject. */
struct complaint {
	const struct known *known; /* NULL: not in the table */
	struct line line, words;   /* the whole message; without our option and its value */
	const char *option;	   /* our option; NULL: none, or the user's own */
	bool theirs;		   /* the user's arguments for QEMU are the cause */
};

static struct complaint find_complaint(const char *said, const char *const *argv, size_t extra,
				       bool net)
{
	struct complaint c = { .known = find_known(said, &c.line) };
	size_t n = 0, at;

	while (argv[n])
		n++;
	if (!c.known)
		c.line = first_error(said);
	c.words = c.line;
	at = find_option(argv, n, c.line, &c.words);
	c.theirs = at == n ? extra > 0 : at >= n - extra || (net && str_eq(argv[at], "-netdev"));
	if (at < n - extra)
		c.option = argv[at];
	else
		c.words = c.line;
	return c;
}

void refusal_of(const char *said, const char *const *argv, size_t extra, bool net,
		struct refusal *ret)
{
	const struct complaint c = find_complaint(said, argv, extra, net);
	const char *advice = c.known  ? c.known->advice :
			     c.theirs ? " (see QEMU_OPTS and --qemu-opts)" :
					"";
	const int len = c.words.len == 0	? WORDS_MAX :
			c.words.len < WORDS_MAX ? (int)c.words.len :
						  WORDS_MAX;
	char why[128] = "";

	if (c.known && str_eq(c.known->words, RULE))
		ret->exit_status = judge_port(&c.line, why, sizeof(why));
	else
		ret->exit_status = c.known  ? c.known->exit_status :
				   c.theirs ? EXIT_USAGE :
					      EXIT_MISSING;
	snprintf(ret->text, sizeof(ret->text), "QEMU did not start: %s%s%.*s%s%s; nothing was made",
		 c.option ? c.option : "", c.option ? ": " : "", len,
		 c.words.len ? c.words.text : "it did not say why", why, advice);
}
