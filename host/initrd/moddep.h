/* SPDX-License-Identifier: MIT */
/* moddep.h - parsers of depmod's text files (modules.dep(5)): pure functions of bytes */
#ifndef STOREBOOT_HOST_MODDEP_H
#define STOREBOOT_HOST_MODDEP_H

#include <stdbool.h>
#include <stddef.h>

#include "init/lib/str.h"

#define MODULE_NAME_SIZE 64 /* the kernel's MODULE_NAME_LEN, with the NUL */

struct module {
	char name[MODULE_NAME_SIZE]; /* the kernel's spelling: no folder, no .ko, '_' for '-' */
	char *path;		     /* as in the file, relative to the tree */
	char *deps; /* paths of its dependencies, separated by spaces, to be loaded from right to
		       left; "" for none */
};

/* Sorted by name; path and deps point into text. Zero-initialised is empty. */
struct modules {
	struct buf text;
	struct module *v;
	size_t n;
};

#define _cleanup_modules_ _cleanup_(modules_free)
void modules_free(struct modules *m);

/* Writes the kernel's name for a path or name. Returns 0, or -EINVAL if it is empty or too long. */
_must_check_ int module_name(const char *path, size_t len, char dst[static MODULE_NAME_SIZE]);

/*
 * Parses modules.dep: lines of "PATH: PATH...". Takes over text's memory, also on failure, and
 * leaves text empty. Returns 0, -ENODATA if the last line has no newline (the file is cut short),
 * -EBADMSG for an invalid line (*ret_line: its number, from 1), or -ENOMEM.
 */
_must_check_ int modules_parse_dep(struct buf *text, struct modules *ret, size_t *ret_line);

/* Parses modules.builtin: one PATH per line. Returns as modules_parse_dep. */
_must_check_ int modules_parse_builtin(struct buf *text, struct modules *ret, size_t *ret_line);

/* Parses modules.builtin.modinfo: NUL-terminated "NAME.key=value", of which it keeps the names.
 * Returns as modules_parse_dep. */
_must_check_ int modules_parse_modinfo(struct buf *text, struct modules *ret, size_t *ret_line);

/* Finds a module by name, with '-' or '_'. Returns NULL if there is none. */
const struct module *modules_find(const struct modules *m, const char *name);

/*
 * Calls found for each word of the lines "softdep NAME ..." of modules.softdep, in order. post: the
 * word follows "post:". Words before any "pre:" or "post:" count as pre: cifs lists its ciphers
 * that way, although modprobe ignores them. Stops at the first nonzero result and returns it.
 */
_must_check_ int
softdeps_each(const char *text, size_t len, const char *name,
	      int (*found)(void *arg, const char *word, size_t word_len, bool post), void *arg);

#endif
