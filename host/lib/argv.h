/* SPDX-License-Identifier: MIT */
/* argv.h - building a program's arguments, with one error check at the end */
#ifndef STOREBOOT_HOST_LIB_ARGV_H
#define STOREBOOT_HOST_LIB_ARGV_H

#include "init/lib/str.h"

/* Zero-initialised is empty. error is the first failure, 0 or -errno; nothing is added after it.
 * Check it before using words. */
struct argv {
	struct strv words;
	int *fds; /* inherited descriptors, ended by -1 (proc_start); NULL: none */
	size_t n_fds;
	int error;
};

#define _cleanup_argv_ _cleanup_(argv_free)
void argv_free(struct argv *a);

/* Adds one argument. */
_printf_(2, 3) void argv_word(struct argv *a, const char *fmt, ...);

/* Adds the arguments of a NULL-terminated list, or nothing if list is NULL. */
void argv_list(struct argv *a, const char *const *list);

/* Adds the given arguments. */
#define argv_words(a, ...) argv_list((a), (const char *const[]){ __VA_ARGS__, NULL })

/* Adds two arguments: an option and its value, formatted as by printf(3). */
#define argv_add(a, option, ...) (argv_words((a), (option)), argv_word((a), __VA_ARGS__))

/* Appends text to the last argument. */
_printf_(2, 3) void argv_more(struct argv *a, const char *fmt, ...);

/* Appends a value to the last argument in QEMU's option syntax: each comma is doubled (qemu(1),
 * "-drive file="). */
void argv_value(struct argv *a, const char *value);

/* Like argv_value, for a NULL-terminated list of words, quoted by words_quote_all. */
void argv_command(struct argv *a, const char *const *words);

/* Adds a descriptor that the program inherits. Returns fd, for use in an argument. */
int argv_fd(struct argv *a, int fd);

/* Adds the arguments, descriptors and error of other. */
void argv_join(struct argv *a, const struct argv *other);

/* Records a failure, unless there is one already. error: 0 or -errno. */
void argv_fail(struct argv *a, int error);

#endif
