/* SPDX-License-Identifier: MIT */
/* opt.h - command lines by table: a row describes an option and its line in --help */
#ifndef STOREBOOT_HOST_LIB_OPT_H
#define STOREBOOT_HOST_LIB_OPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "init/lib/err.h"
#include "init/lib/str.h"

/* Type and syntax of the value. Only an OPT_LIST owns memory (opt_args_free). */
enum opt_kind {
	OPT_FLAG,    /* bool: true */
	OPT_STRING,  /* const char *: points into argv or into opt_args.kept */
	OPT_LIST,    /* struct strv: may be given more than once */
	OPT_NUMBER,  /* unsigned int: decimal, above 0 */
	OPT_SECONDS, /* unsigned int: decimal; 0 or "none" is 0: no limit */
	OPT_SIZE,    /* uint64_t: bytes, 1M or more; a bare number counts MiB */
	OPT_CHOICE,  /* int: index of the value in choices; the first is the default */
	OPT_MAYBE,   /* an OPT_CHOICE whose value may be omitted: choices[1] */
	OPT_CONFIG,  /* a file of more options, used as if given here; no value of its own */
};

/* How `storeboot run --print-qemu` treats the option. */
enum opt_print {
	OPT_PRINTED, /* the printed command includes it or does not need it */
	OPT_MISSING, /* the printed command lacks it; a comment says so */
	OPT_REFUSED, /* refused: the printed command would do something else */
};

struct opt {
	enum opt_kind kind;
	size_t offset;	      /* of the value in the caller's struct */
	const char *name;     /* without the dashes */
	const char *arg;      /* the argument's name in --help; NULL: a flag, or the choices */
	const char *help;     /* one self-contained line */
	const char *standard; /* the default of a number, time or size */
	const char *const *choices; /* OPT_CHOICE, OPT_MAYBE: NULL-terminated */
	const char *group;	    /* the heading in --help; NULL: "Options" */
	const char *needs;	    /* another option that this one requires, or: */
#define OPT_COMMAND "a command after --"
	enum opt_print print;
	char letter; /* 0: none */
	bool doctor; /* used by `storeboot doctor` */
};

/* A row: OPT(FLAG, struct values, json, "json", NULL, "print JSON", .letter = 'j') */
#define OPT(kind_, type, field, name_, arg_, ...) \
	{ \
		.kind = OPT_##kind_, .offset = offsetof(type, field), .name = name_, .arg = arg_, \
		.help = __VA_ARGS__ \
	}

struct opt_args {
	struct strv args;    /* positional arguments */
	char *const *rest;   /* after "--": points into argv, NULL-terminated; NULL: no "--" */
	bool help;	     /* --help was given: call opt_help and do nothing else */
	struct strv kept;    /* the text of OPT_CONFIG files; values point into it */
	struct strv files;   /* the paths of these files */
	struct strv foreign; /* options of another program, each followed by its value */
	const struct opt_command *command;
	void *values;
};

struct opt_command {
	const char *name;	/* "run" */
	const char *brief;	/* one line for `storeboot --help`; NULL: an internal command */
	const char *synopsis;	/* "SYSTEM [OPTION]..." */
	const char *about;	/* a paragraph for --help */
	const char *examples;	/* two lines or more */
	const struct opt *opts; /* ends with a row without a name; NULL: none */
	const char *words;	/* values of the first argument, for completion; NULL: none */
	unsigned int min_args, max_args; /* positional arguments */
	bool takes_vm;			 /* the argument is the name of a running VM */
	bool takes_rest;		 /* the arguments after -- are a command */
	bool doctor;			 /* --help shows only the options that doctor uses */
	/* Options of another program with one dash are accepted (opt_args.foreign); these have no
	 * value. NULL-terminated; NULL: no such options are accepted. */
	const char *const *foreign_flags;
	/* Called by opt_run. Returns the exit status, or -errno with e. */
	int (*run)(void *values, const struct opt_args *args, struct err *e);
	int failed; /* exit status of an error that has none of its own */
};

/*
 * Sets the defaults, and parses argv (argv[0] is the command's name) into values, which must be
 * zeroed. Options may stand anywhere before "--". --name=ARG and --name ARG are the same, as are
 * -xARG and -x ARG; unique abbreviations of long names are accepted (getopt_long(3)). A word with
 * one dash that is none of these is foreign if c->foreign_flags is set. The word after it is its
 * value, unless it begins with a dash. In -xARG, ARG is then not only lower-case letters and
 * dashes: -m2G is -m 2G, but -monitor is foreign. ret must be zeroed; opt_args_free frees it and
 * the lists in values. Returns 0, or -errno with e (EXIT_USAGE, or EXIT_BAD_INPUT for an OPT_CONFIG
 * file); ret->rest is set in both cases, except with --help.
 */
_must_check_ int opt_parse(const struct opt_command *c, int argc, char **argv, void *values,
			   struct opt_args *ret, struct err *e);
void opt_args_free(struct opt_args *a);

/* Runs a subcommand: opt_parse, then --help or c->run. Prints the error. Returns the exit
 * status. */
int opt_run(const struct opt_command *c, int argc, char **argv, void *values);

/* Does the option's value differ from its default? */
bool opt_given(const struct opt *o, const void *values);

/* Refuses an option whose required option is missing. command: a command was given after "--".
 * Returns 0, or -EINVAL with e (EXIT_USAGE). */
_must_check_ int opt_check_needs(const struct opt_command *c, const void *values, bool command,
				 struct err *e);

/* Sets one option by its full name. arg: NULL for none. Returns as opt_parse. */
_must_check_ int opt_set(const struct opt_command *c, const char *name, const char *arg,
			 void *values, struct err *e);

/*
 * Parses the text of an OPT_CONFIG file. A line has an option's full name without dashes, blanks,
 * and its value, which ends at the last non-blank character; no character in it is special. Empty
 * lines and lines that start with # are skipped. name: the file's, for messages. The values point
 * into ret->kept. Returns as opt_parse.
 */
_must_check_ int opt_config_parse(const struct opt_command *c, const char *name, const char *text,
				  size_t len, void *values, struct opt_args *ret, struct err *e);

/* Like opt_config_parse, for a file. EXIT_BAD_INPUT if it cannot be read. */
_must_check_ int opt_config_read(const struct opt_command *c, const char *name, void *values,
				 struct opt_args *ret, struct err *e);

/* Parses a size such as "512M" into bytes. Units: B for bytes, the default; K, M, G and T for
 * powers of 1024. Returns 0, -EINVAL, or -ERANGE for 0 and for values over 64 bits. */
_must_check_ int opt_size(const char *s, uint64_t *ret);

void opt_help(const struct opt_command *c);

/* Does the command's --help show the option? */
bool opt_is_shown(const struct opt_command *c, const struct opt *o);

/* Loops over the rows. */
#define OPT_EACH(o, c) for (const struct opt *o = (c)->opts; o && o->name; o++)

#endif
