/* SPDX-License-Identifier: MIT */
/* opt.c - command lines by table */
#include "host/lib/opt.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdint.h>

#include "host/lib/exit.h"
#include "init/lib/log.h"

#define OPTS_MAX 128
/* getopt_long's results for rows, above every character. */
#define ROW_BASE 256
#define ROW_HELP (ROW_BASE + OPTS_MAX)
#define LOWER "abcdefghijklmnopqrstuvwxyz"

/* --- values --- */

static const size_t value_size[] = {
	[OPT_FLAG] = sizeof(bool),
	[OPT_STRING] = sizeof(const char *),
	[OPT_LIST] = sizeof(struct strv),
	[OPT_NUMBER] = sizeof(unsigned int),
	[OPT_SECONDS] = sizeof(unsigned int),
	[OPT_SIZE] = sizeof(uint64_t),
	[OPT_CHOICE] = sizeof(int),
	[OPT_MAYBE] = sizeof(int),
	[OPT_CONFIG] = 0,
};

int opt_size(const char *s, uint64_t *ret)
{
	static const char units[] = "BKMGT";
	unsigned int shift = 0;
	unsigned long long v;
	const char *unit;
	char *end;

	if (!isdigit((unsigned char)s[0]))
		return -EINVAL;
	errno = 0;
	v = strtoull(s, &end, 10);
	if (errno)
		return -ERANGE;
	unit = *end ? strchr(units, toupper((unsigned char)*end)) : NULL;
	if (unit) {
		shift = 10 * (unsigned int)(unit - units);
		end++;
	}
	if (*end)
		return -EINVAL;
	if (v == 0 || v > UINT64_MAX >> shift)
		return -ERANGE;
	*ret = (uint64_t)v << shift;
	return 0;
}

static bool is_number(const char *s)
{
	return !s[strspn(s, "0123456789")];
}

/* A bare number counts MiB, as in QEMU's -m and NixOS's options. */
static int set_size(const char *s, uint64_t *ret)
{
	char text[64];
	uint64_t v;

	if (str_format(text, sizeof(text), "%s%s", s, is_number(s) ? "M" : "") < 0 ||
	    opt_size(text, &v) < 0 || v < (uint64_t)1 << 20 || v > (uint64_t)INT64_MAX)
		return -ERANGE;
	*ret = v;
	return 0;
}

static int set_number(const char *s, unsigned int *ret)
{
	uint64_t v;

	if (!is_number(s) || opt_size(s, &v) < 0 || v > UINT_MAX)
		return -ERANGE;
	*ret = (unsigned int)v;
	return 0;
}

static int set_seconds(const char *s, unsigned int *ret)
{
	if (!str_eq(s, "none") && !str_eq(s, "0"))
		return set_number(s, ret);
	*ret = 0;
	return 0;
}

static int set_choice(const struct opt *o, const char *s, int *ret)
{
	for (int i = 0; o->choices[i]; i++)
		if (str_eq(o->choices[i], s)) {
			*ret = i;
			return 0;
		}
	return -EINVAL;
}

/* to: points to the value. */
static int set_value(const struct opt *o, const char *arg, void *to)
{
	switch (o->kind) {
	case OPT_FLAG:
		*(bool *)to = true;
		return 0;
	case OPT_STRING:
		*(const char **)to = arg;
		return 0;
	case OPT_LIST:
		return strv_add(to, arg);
	case OPT_NUMBER:
		return set_number(arg, to);
	case OPT_SECONDS:
		return set_seconds(arg, to);
	case OPT_SIZE:
		return set_size(arg, to);
	case OPT_MAYBE:
	case OPT_CHOICE:
		return set_choice(o, arg ? arg : o->choices[1], to);
	case OPT_CONFIG:
		break;
	}
	return -EINVAL;
}

static void *value_of(const struct opt *o, const void *values)
{
	return (char *)(uintptr_t)values + o->offset;
}

bool opt_given(const struct opt *o, const void *values)
{
	uint64_t standard[(sizeof(struct strv) + 7) / 8] = { 0 };

	if (o->standard)
		(void)!set_value(o, o->standard, standard);
	return memcmp(value_of(o, values), standard, value_size[o->kind]) != 0;
}

static int set_defaults(const struct opt_command *c, void *values, struct err *e)
{
	OPT_EACH(o, c)
	if (o->standard && set_value(o, o->standard, value_of(o, values)) < 0)
		return err_exit(e, EXIT_USAGE, EINVAL, "%s: --%s: the default is bad", c->name,
				o->name);
	return 0;
}

/* --- errors --- */

static const char *kind_text(const struct opt *o, char *dst, size_t size)
{
	size_t n = 0;

	if (o->kind == OPT_NUMBER)
		return "a whole number above 0";
	if (o->kind == OPT_SECONDS)
		return "seconds, a whole number, or none";
	if (o->kind == OPT_SIZE)
		return "a size of 1M or more, as 512M or 10G";
	if (!o->choices)
		return o->kind == OPT_CONFIG ? "another value" : o->arg;
	for (int i = 0; o->choices[i] && n < size; i++)
		n += (size_t)snprintf(dst + n, size - n, "%s%s", i ? ", " : "one of ",
				      o->choices[i]);
	return dst;
}

static int bad_value(const struct opt_command *c, const struct opt *o, const char *arg,
		     struct err *e)
{
	char want[256];

	return err_exit(e, EXIT_USAGE, EINVAL, "%s: --%s %s: want %s", c->name, o->name, arg,
			kind_text(o, want, sizeof(want)));
}

static int needs_value(const struct opt_command *c, const struct opt *o, struct err *e)
{
	char want[256];

	return err_exit(e, EXIT_USAGE, EINVAL, "%s: --%s needs %s", c->name, o->name,
			o->arg ? o->arg : kind_text(o, want, sizeof(want)));
}

static const struct opt *named(const struct opt_command *c, const char *name)
{
	OPT_EACH(o, c)
	if (str_eq(o->name, name))
		return o;
	return NULL;
}

int opt_set(const struct opt_command *c, const char *name, const char *arg, void *values,
	    struct err *e)
{
	const struct opt *o = named(c, name);

	if (!o)
		return err_exit(e, EXIT_USAGE, EINVAL,
				"%s: unknown option %s; see storeboot %s --help", c->name, name,
				c->name);
	if (o->kind == OPT_FLAG && arg)
		return err_exit(e, EXIT_USAGE, EINVAL, "%s: --%s takes no value", c->name, name);
	if (!arg && o->kind != OPT_FLAG && o->kind != OPT_MAYBE)
		return needs_value(c, o, e);
	return set_value(o, arg, value_of(o, values)) < 0 ? bad_value(c, o, arg, e) : 0;
}

int opt_check_needs(const struct opt_command *c, const void *values, bool command, struct err *e)
{
	OPT_EACH(o, c)
	{
		const struct opt *other = o->needs ? named(c, o->needs) : NULL;

		if (o->needs && opt_given(o, values) &&
		    !(other ? opt_given(other, values) : command))
			return err_exit(e, EXIT_USAGE, EINVAL, "%s: --%s needs %s%s", c->name,
					o->name, other ? "--" : "", o->needs);
	}
	return 0;
}

/* --- argv --- */

/* The table for getopt_long. A leading '-' in letters makes it return positional arguments in
 * order, as 1. */
static void getopt_tables(const struct opt_command *c, struct option *longs, char *letters)
{
	char *l = letters;
	int i = 0;

	*l++ = '-';
	*l++ = ':';
	*l++ = 'h';
	OPT_EACH(o, c)
	{
		const int has_arg = o->kind == OPT_FLAG	 ? no_argument :
				    o->kind == OPT_MAYBE ? optional_argument :
							   required_argument;

		longs[i] = (struct option){ o->name, has_arg, NULL, ROW_BASE + i };
		i++;
		if (o->letter)
			*l++ = o->letter;
		if (o->letter && o->kind != OPT_FLAG)
			*l++ = ':';
	}
	longs[i] = (struct option){ "help", no_argument, NULL, ROW_HELP };
	longs[i + 1] = (struct option){ 0 };
	*l = '\0';
}

static const struct opt *row_of(const struct opt_command *c, int code)
{
	if (code >= ROW_BASE)
		return &c->opts[code - ROW_BASE];
	OPT_EACH(o, c)
	if (o->letter == code)
		return o;
	return NULL;
}

static int bad_option(const struct opt_command *c, int code, char *const *argv, struct err *e)
{
	const struct opt *o = code == ':' && optopt ? row_of(c, optopt) : NULL;

	if (o)
		return needs_value(c, o, e);
	if (optopt && optopt < ROW_BASE)
		return err_exit(e, EXIT_USAGE, EINVAL,
				"%s: unknown option -%c; see storeboot %s --help", c->name, optopt,
				c->name);
	return err_exit(e, EXIT_USAGE, EINVAL,
			"%s: unknown, ambiguous or ill-formed option %s; see storeboot %s --help",
			c->name, argv[optind - 1], c->name);
}

static int positional(const struct opt_command *c, const char *arg, struct opt_args *ret,
		      struct err *e)
{
	if (ret->args.n >= c->max_args)
		return err_exit(e, EXIT_USAGE, EINVAL,
				"%s: unexpected argument %s; usage: storeboot %s %s", c->name, arg,
				c->name, c->synopsis);
	return strv_add(&ret->args, arg) < 0 ? err_sys(e, ENOMEM, "%s", c->name) : 0;
}

/* Handles one result of getopt_long. */
static int take(const struct opt_command *c, int code, char **argv, void *values,
		struct opt_args *ret, struct err *e)
{
	const struct opt *o;

	if (code == 1)
		return positional(c, optarg, ret, e);
	if (code == 'h' || code == ROW_HELP) {
		ret->help = true;
		return 0;
	}
	o = code == '?' || code == ':' ? NULL : row_of(c, code);
	if (!o)
		return bad_option(c, code, argv, e);
	if (o->kind == OPT_CONFIG)
		return opt_config_read(c, optarg, values, ret, e);
	return set_value(o, optarg, value_of(o, values)) < 0 ? bad_value(c, o, optarg, e) : 0;
}

/* Is word the option -x, -xARG or a group of flags? */
static bool is_own(const struct opt_command *c, const char *word)
{
	const struct opt *o = row_of(c, word[1]);

	if (word[1] == 'h' || (o && o->kind == OPT_FLAG))
		return !word[2] || (word[2] != '-' && is_own(c, word + 1));
	return o && (!word[2] || word[2 + strspn(word + 2, LOWER "-")]);
}

static bool is_foreign(const struct opt_command *c, const char *word)
{
	return c->foreign_flags && word && word[0] == '-' && word[1] && word[1] != '-' &&
	       !is_own(c, word);
}

static bool has_value(const struct opt_command *c, const char *word, const char *next)
{
	for (size_t i = 0; c->foreign_flags[i]; i++)
		if (str_eq(c->foreign_flags[i], word + 1))
			return false;
	return next && next[0] != '-';
}

/* Moves past the foreign options that come next. */
static int take_foreign(const struct opt_command *c, char *const *argv, struct opt_args *ret,
			struct err *e)
{
	int r = 0;

	while (is_foreign(c, argv[optind])) {
		const int n = has_value(c, argv[optind], argv[optind + 1]) ? 2 : 1;

		for (int i = 0; i < n; i++, optind++)
			r = r ? r : strv_add(&ret->foreign, argv[optind]);
	}
	return r < 0 ? err_sys(e, r, "%s", c->name) : 0;
}

static int check_args(const struct opt_command *c, const struct opt_args *a, struct err *e)
{
	if (a->rest && !c->takes_rest)
		return err_exit(e, EXIT_USAGE, EINVAL,
				"%s: nothing may follow --; usage: storeboot %s %s", c->name,
				c->name, c->synopsis);
	if (a->args.n >= c->min_args)
		return 0;
	if (c->takes_vm)
		return err_exit(e, EXIT_USAGE, EINVAL,
				"%s: want the NAME of a VM; see storeboot list", c->name);
	return err_exit(e, EXIT_USAGE, EINVAL, "%s: an argument is missing; usage: storeboot %s %s",
			c->name, c->name, c->synopsis);
}

int opt_parse(const struct opt_command *c, int argc, char **argv, void *values,
	      struct opt_args *ret, struct err *e)
{
	struct option longs[OPTS_MAX + 2];
	char letters[2 * OPTS_MAX + 4];
	const char *last = NULL; /* a "--" that is an option's value does not end the options */
	int code, r = set_defaults(c, values, e);

	ret->command = c;
	ret->values = values;
	getopt_tables(c, longs, letters);
	/* With 0 getopt_long initialises itself, for the leading '-' (glibc). */
	optind = 0;
	opterr = 0;
	(void)getopt_long(1, argv, letters, longs, NULL);
	while (!ret->help) {
		const int f = take_foreign(c, argv, ret, e);

		r = r ? r : f;
		code = getopt_long(argc, argv, letters, longs, NULL);
		if (code == -1)
			break;
		last = optarg;
		if (r == 0)
			r = take(c, code, argv, values, ret, e);
	}
	if (ret->help)
		return r;
	if (argv[optind - 1] != last && str_eq(argv[optind - 1], "--"))
		ret->rest = argv + optind;
	return r < 0 ? r : check_args(c, ret, e);
}

void opt_args_free(struct opt_args *a)
{
	if (a->command)
		OPT_EACH(o, a->command)
	if (o->kind == OPT_LIST)
		strv_free(value_of(o, a->values));
	strv_free(&a->args);
	strv_free(&a->kept);
	strv_free(&a->files);
	strv_free(&a->foreign);
}

int opt_run(const struct opt_command *c, int argc, char **argv, void *values)
{
	_cleanup_(opt_args_free) struct opt_args args = { 0 };
	struct err e = { 0 };
	int r = opt_parse(c, argc, argv, values, &args, &e);

	if (r == 0 && args.help)
		opt_help(c);
	else if (r == 0)
		r = c->run(values, &args, &e);
	if (r >= 0)
		return r;
	log_error("%s", e.text);
	return e.exit_status ? e.exit_status : c->failed;
}

/* --- help --- */

bool opt_is_shown(const struct opt_command *c, const struct opt *o)
{
	return o->doctor || !c->doctor;
}

/* "-m, --memory SIZE", "--root disk|tmpfs", "--graphics[=auto|gtk]", "--disk PATH..." */
static void print_left(const struct opt *o)
{
	const bool maybe = o->kind == OPT_MAYBE;
	char left[128], letter[8] = "", words[80] = "";
	size_t n = 0;

	for (size_t i = maybe; o->choices && o->choices[i] && n < sizeof(words); i++)
		n += (size_t)snprintf(words + n, sizeof(words) - n, "%s%s", n ? "|" : "",
				      o->choices[i]);
	if (o->letter)
		snprintf(letter, sizeof(letter), "-%c, ", o->letter);
	snprintf(left, sizeof(left), "%s--%s%s%s%s%s", letter, o->name,
		 maybe		     ? "[=" :
		 o->kind == OPT_FLAG ? "" :
				       " ",
		 o->arg ? o->arg : words, maybe ? "]" : "", o->kind == OPT_LIST ? "..." : "");
	printf("  %-24s  ", left);
}

static void print_option(const struct opt *o)
{
	const char *standard = o->kind == OPT_CHOICE ? o->choices[0] : o->standard;

	print_left(o);
	printf("%s%s%s%s\n", o->help, standard ? " (default: " : "", standard ? standard : "",
	       standard ? ")" : "");
}

void opt_help(const struct opt_command *c)
{
	const char *group = NULL;

	printf("Usage: storeboot %s %s\n\n%s\n", c->name, c->synopsis, c->about);
	if (c->examples)
		printf("\nExamples:\n%s\n", c->examples);
	OPT_EACH(o, c)
	{
		const char *own = o->group ? o->group : "Options";

		if (!opt_is_shown(c, o))
			continue;
		if (!group || !str_eq(own, group))
			printf("\n%s:\n", own);
		group = own;
		print_option(o);
	}
	printf("%s  %-24s  print this help and exit\n", group ? "" : "\nOptions:\n", "-h, --help");
}
