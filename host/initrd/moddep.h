/* SPDX-License-Identifier: MIT */
/* moddep.h - parsers of depmod's text files (modules.dep(5)): pure functions of bytes */
#ifndef STOREBOOT_HOST_MODDEP_H
#define STOREBOOT_HOST_MODDEP_H

#include <stdbool.h>
#include <stddef.h>

#include "init/lib/str.h"

#define MODULE_NAME_SIZE 64 /* the kernel's MODULE_NAME_LEN, with the NUL */

struct module {
	char name[MODULE_NAME_SIZE]; /* as the kernel has it: without folder and .ko, '-' as '_' */
	char *path;		     /* as the file has it, below the tree's folder */
	char *deps; /* paths that it depends on, separated by spaces, to be loaded from right to
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

/* The kernel's name for a path or name. Returns 0, or -EINVAL when it is empty or too long. */
_must_check_ int module_name(const char *path, size_t len, char dst[static MODULE_NAME_SIZE]);

/*
 * modules.dep: one "PATH: PATH..." a line. Takes text's memory over, also on failure, and leaves
 * text empty. Returns 0, -ENODATA when the last line has no end (the file is cut short), -EBADMSG
 * when a line is none of modules.dep (*ret_line: its number, from 1), -ENOMEM.
 */
_must_check_ int modules_parse_dep(struct buf *text, struct modules *ret, size_t *ret_line);

/* modules.builtin: one PATH a line; returns as modules_parse_dep. */
_must_check_ int modules_parse_builtin(struct buf *text, struct modules *ret, size_t *ret_line);

/* modules.builtin.modinfo: "NAME.key=value", each with a NUL; keeps the names. Returns as above. */
_must_check_ int modules_parse_modinfo(struct buf *text, struct modules *ret, size_t *ret_line);

/* Returns NULL when it is not there. name: in any spelling. */
const struct module *modules_find(const struct modules *m, const char *name);

/*
 * Calls found for each word of the lines "softdep NAME ..." of modules.softdep, in order; post: the
 * word follows "post:". Words with neither "pre:" nor "post:" before them count as pre; that is how
 * cifs names its ciphers, and modprobe passes over them. Stops at the first result other than 0 and
 * returns it.
 */
_must_check_ int
softdeps_each(const char *text, size_t len, const char *name,
	      int (*found)(void *arg, const char *word, size_t word_len, bool post), void *arg);

#endif
