/* SPDX-License-Identifier: MIT */
/* opt.h - command lines by table: one row an option, which also is its line in --help */
#ifndef STOREBOOT_HOST_LIB_OPT_H
#define STOREBOOT_HOST_LIB_OPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "init/lib/err.h"
#include "init/lib/str.h"

enum opt_kind {
	OPT_FLAG,    /* bool: true */
	OPT_STRING,  /* const char *: points into argv, or what opt_args keeps */
	OPT_LIST,    /* struct strv: may be given more than once */
	OPT_NUMBER,  /* unsigned int: decimal, above 0 */
	OPT_SECONDS, /* unsigned int: decimal; 0 or "none" is 0: no limit */
	OPT_SIZE,    /* uint64_t: bytes; B is a byte, K, M, G, T are powers of 1024; above 0 */
	OPT_CHOICE,  /* int: index of the word in choices */
	OPT_MAYBE,   /* the same; the option alone, without =WORD, is choices[1] */
	OPT_CONFIG,  /* a file of more options, which count as if they stood here; no value of its own */
};

struct opt {
	const char *name; /* without the dashes */
	char letter;	  /* 0: none */
	enum opt_kind kind;
	size_t offset;		    /* of the value in the caller's struct */
	const char *arg;	    /* the argument's name in --help; NULL for a flag */
	const char *help;	    /* one line */
	const char *const *choices; /* OPT_CHOICE, OPT_MAYBE: NULL-terminated */
};

struct opt_command {
	const char *name;     /* "run" */
	const char *synopsis; /* "SYSTEM [OPTION]..." */
	const char *about;    /* a paragraph for --help */
	const struct opt *opts;
	size_t n_opts;
	unsigned int max_args; /* positional arguments allowed */
	bool takes_rest;       /* words behind -- are a command of the user's */
};

struct opt_args {
	struct strv args; /* positional arguments */
	char *const
		*rest; /* what follows "--": points into argv, NULL-terminated; NULL without "--" */
	bool help;     /* --help was given: print opt_help and end well */
	struct strv kept; /* what values of an OPT_CONFIG file point into */
};

/*
 * Parses argv (argv[0] is the command's name) into values by the table. Options may stand anywhere
 * before
 * "--"; --name=ARG, --name ARG, -xARG and -x ARG are the same; unique abbreviations of long names
 * are taken (getopt_long(3)). Returns 0, or -EINVAL with e (EXIT_USAGE). ret must be zeroed and is
 * freed by opt_args_free.
 */
_must_check_ int opt_parse(const struct opt_command *c, int argc, char **argv, void *values,
			   struct opt_args *ret, struct err *e);
void opt_args_free(struct opt_args *a);

/* Sets one option by its full name; arg NULL: there is none. Returns as opt_parse. */
_must_check_ int opt_set(const struct opt_command *c, const char *name, const char *arg, void *values,
			 struct err *e);

/*
 * The text of an OPT_CONFIG file: a line has an option's full name without dashes and, behind blanks, its
 * value, which goes to the end of the line without the blanks there; nothing in it is special. Lines that are
 * empty or begin with # are passed over. name: the file's, for messages. Returns as opt_parse; ret is its.
 */
_must_check_ int opt_config_parse(const struct opt_command *c, const char *name, const char *text, size_t len,
				  void *values, struct opt_args *ret, struct err *e);

/* The same, read from the file. EXIT_BAD_INPUT where it cannot be read. */
_must_check_ int opt_config_read(const struct opt_command *c, const char *name, void *values,
				 struct opt_args *ret, struct err *e);

/* "512M" -> bytes, as OPT_SIZE takes it. Returns 0 or -EINVAL or -ERANGE. */
_must_check_ int opt_size(const char *s, uint64_t *ret);

void opt_help(const struct opt_command *c, FILE *to);

#endif
