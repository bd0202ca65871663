/* SPDX-License-Identifier: MIT */
/* argv.h - the arguments of a program, built piece by piece, with one check at the end */
#ifndef STOREBOOT_HOST_LIB_ARGV_H
#define STOREBOOT_HOST_LIB_ARGV_H

#include "init/lib/str.h"

/*
 * Zero-initialised is empty. error is the first failure, 0 or -errno; nothing is added after it.
 * Who uses the words looks at error first.
 */
struct argv {
	struct strv words;
	int *fds; /* what the program inherits, behind it -1, as proc_start takes it; NULL: nothing
		   */
	size_t n_fds;
	int error;
};

#define _cleanup_argv_ _cleanup_(argv_free)
void argv_free(struct argv *a);

/* Adds one argument. */
_printf_(2, 3) void argv_word(struct argv *a, const char *fmt, ...);

/* Adds the arguments of a NULL-terminated list as they are; list may be NULL. */
void argv_list(struct argv *a, const char *const *list);

/* The same with the arguments themselves. */
#define argv_words(a, ...) argv_list((a), (const char *const[]){ __VA_ARGS__, NULL })

/* Adds an option and its value, two arguments; the value as printf(3) has it. */
#define argv_add(a, option, ...) (argv_words((a), (option)), argv_word((a), __VA_ARGS__))

/* Continues the last argument. */
_printf_(2, 3) void argv_more(struct argv *a, const char *fmt, ...);

/* Continues it with a value of QEMU's option syntax, in which a comma is written twice (qemu(1),
 * "-drive file="). */
void argv_value(struct argv *a, const char *value);

/* The same with a command: NULL-terminated words, quoted as words_quote_all does it. */
void argv_command(struct argv *a, const char *const *words);

/* Notes a descriptor that the program inherits; returns it, for the argument that names it. */
int argv_fd(struct argv *a, int fd);

/* Adds all of another one: words, descriptors and error. */
void argv_join(struct argv *a, const struct argv *other);

/* Notes a failure of who builds the arguments. error: 0 (none) or -errno. */
void argv_fail(struct argv *a, int error);

#endif
