/* SPDX-License-Identifier: MIT */
/* opt.c - command lines by table */
#include "host/lib/opt.h"

#include <ctype.h>
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdint.h>

#include "host/lib/exit.h"

#define OPTS_MAX 128
/* getopt_long's return values: a row's index above every character. */
#define ROW_BASE 256
#define ROW_HELP (ROW_BASE + OPTS_MAX)

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

static int set_number(const char *s, unsigned int *ret)
{
	uint64_t v;

	for (const char *p = s; *p; p++)
		if (!isdigit((unsigned char)*p))
			return -EINVAL;
	if (opt_size(s, &v) < 0 || v > UINT_MAX)
		return -ERANGE;
	*ret = (unsigned int)v;
	return 0;
}

static int set_seconds(const char *s, unsigned int *ret)
{
	if (str_eq(s, "none") || str_eq(s, "0")) {
		*ret = 0;
		return 0;
	}
	return set_number(s, ret);
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

static int set_value(const struct opt *o, const char *arg, void *values)
{
	void *to = (char *)values + o->offset;

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
		return opt_size(arg, to);
	case OPT_MAYBE:
		if (!arg)
			arg = o->choices[1];
		return set_choice(o, arg, to);
	case OPT_CHOICE:
		return set_choice(o, arg, to);
	case OPT_CONFIG:
		break;
	}
	return -EINVAL;
}

static const char *kind_text(const struct opt *o, char *dst, size_t size)
{
	size_t n = 0;

	if (o->kind == OPT_NUMBER)
		return "a whole number above 0";
	if (o->kind == OPT_SECONDS)
		return "seconds, a whole number, or none";
	if (o->kind == OPT_SIZE)
		return "a size above 0, as 512M or 10G";
	if (o->kind != OPT_CHOICE && o->kind != OPT_MAYBE)
		return "another value";
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
	return err_exit(e, EXIT_USAGE, EINVAL, "%s: --%s needs %s", c->name, o->name, o->arg);
}

int opt_set(const struct opt_command *c, const char *name, const char *arg, void *values, struct err *e)
{
	const struct opt *o = NULL;

	for (size_t i = 0; i < c->n_opts && !o; i++)
		if (str_eq(c->opts[i].name, name))
			o = &c->opts[i];
	if (!o)
		return err_exit(e, EXIT_USAGE, EINVAL, "%s: unknown option %s; see storeboot %s --help",
				c->name, name, c->name);
	if (o->kind == OPT_FLAG && arg)
		return err_exit(e, EXIT_USAGE, EINVAL, "%s: --%s takes no value", c->name, name);
	if (!arg && o->kind != OPT_FLAG && o->kind != OPT_MAYBE)
		return needs_value(c, o, e);
	return set_value(o, arg, values) < 0 ? bad_value(c, o, arg, e) : 0;
}

/* The table as getopt_long wants it; '-' in front: positional arguments come in order, as code 1.
 */
static void getopt_tables(const struct opt_command *c, struct option *longs, char *letters)
{
	char *l = letters;

	*l++ = '-';
	*l++ = ':';
	*l++ = 'h';
	for (size_t i = 0; i < c->n_opts; i++) {
		const struct opt *o = &c->opts[i];

		longs[i] = (struct option){ o->name,
					    o->kind == OPT_FLAG	   ? no_argument :
					    o->kind == OPT_MAYBE ? optional_argument :
								     required_argument,
					    NULL, ROW_BASE + (int)i };
		if (o->letter) {
			*l++ = o->letter;
			if (o->kind != OPT_FLAG)
				*l++ = ':';
		}
	}
	longs[c->n_opts] = (struct option){ "help", no_argument, NULL, ROW_HELP };
	longs[c->n_opts + 1] = (struct option){ 0 };
	*l = '\0';
}

static const struct opt *row_of(const struct opt_command *c, int code)
{
	if (code >= ROW_BASE)
		return &c->opts[code - ROW_BASE];
	for (size_t i = 0; i < c->n_opts; i++)
		if (c->opts[i].letter == code)
			return &c->opts[i];
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

int opt_parse(const struct opt_command *c, int argc, char **argv, void *values,
	      struct opt_args *ret, struct err *e)
{
	struct option longs[OPTS_MAX + 2];
	char letters[2 * OPTS_MAX + 4];
	const char *last = NULL; /* the last argument: a "--" that is one does not end the options */
	int code, r = 0;

	getopt_tables(c, longs, letters);
	optind = 0; /* glibc: start afresh, with the new '-' mode */
	opterr = 0;
	while (r == 0 && (code = getopt_long(argc, argv, letters, longs, NULL)) != -1) {
		const struct opt *o;

		last = optarg;
		if (code == 1) {
			r = positional(c, optarg, ret, e);
			continue;
		}
		if (code == 'h' || code == ROW_HELP) {
			ret->help = true;
			return 0;
		}
		o = code == '?' || code == ':' ? NULL : row_of(c, code);
		if (!o)
			return bad_option(c, code, argv, e);
		if (o->kind == OPT_CONFIG)
			r = opt_config_read(c, optarg, values, ret, e);
		else if (set_value(o, optarg, values) < 0)
			return bad_value(c, o, optarg, e);
	}
	if (r == 0 && argv[optind - 1] != last && str_eq(argv[optind - 1], "--")) {
		ret->rest = argv + optind;
		if (!c->takes_rest)
			return err_exit(e, EXIT_USAGE, EINVAL,
					"%s: nothing may follow --; usage: storeboot %s %s",
					c->name, c->name, c->synopsis);
	}
	return r;
}

void opt_args_free(struct opt_args *a)
{
	strv_free(&a->args);
	strv_free(&a->kept);
}

void opt_help(const struct opt_command *c, FILE *to)
{
	fprintf(to, "Usage: storeboot %s %s\n\n%s\n", c->name, c->synopsis, c->about);
	if (c->n_opts > 0)
		fprintf(to, "\nOptions:\n");
	for (size_t i = 0; i < c->n_opts; i++) {
		const struct opt *o = &c->opts[i];
		char left[64], letter[8] = "    ";

		if (o->letter)
			snprintf(letter, sizeof(letter), "-%c, ", o->letter);
		if (o->kind == OPT_MAYBE)
			snprintf(left, sizeof(left), "%s--%s[=%s]", letter, o->name, o->arg);
		else
			snprintf(left, sizeof(left), "%s--%s%s%s", letter, o->name, o->arg ? " " : "",
				 o->arg ? o->arg : "");
		fprintf(to, "  %-30s %s\n", left, o->help);
	}
	fprintf(to, "  %-30s %s\n", "-h, --help", "print this and exit");
}
