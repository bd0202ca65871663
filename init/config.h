/* SPDX-License-Identifier: MIT */
/* config.h - the kernel command line, parsed */
#ifndef STOREBOOT_CONFIG_H
#define STOREBOOT_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "init/lib/err.h"
#include "init/param.h"

/* The longest command line of any architecture is 4096 bytes with its NUL (arch setup.h,
 * COMMAND_LINE_SIZE). */
#define CONFIG_CMDLINE_MAX 4096

/* The root disk where root= names none; the launcher writes it, too, or with SCSI and IDE the
 * other. */
#define CONFIG_ROOT "/dev/vda"
#define CONFIG_ROOT_SCSI "/dev/sda"

struct config {
	char text[CONFIG_CMDLINE_MAX]; /* the unquoted words; param's strings point into it */

	/* Defaults are applied to root, rootfstype and share_source; panic_on_fail is stage1panic,
	 * too. */
	union param_values param;

	/* Of param, parsed. */
	enum share_kind share;
	enum { WRITABLE_NO, WRITABLE_TMPFS, WRITABLE_DISK } writable;
	uint64_t disk_size; /* bytes; 0: not given */
	unsigned int deadline_ms;
	unsigned short console_rows, console_columns; /* 0: not given */
};

/* root=tmpfs: the root lies in memory, and there is no root disk. */
#define ROOT_TMPFS "tmpfs"
static inline bool root_is_disk(const struct config *c)
{
	return strcmp(c->param.root, ROOT_TMPFS) != 0;
}

/*
 * Parses as the kernel does (lib/cmdline.c, next_arg): words end at white space outside double
 * quotes; quotes may stand around the value or the whole word; the last of a repeated word counts;
 * an empty value stands for none; what follows "--" is stage 2's. Words that are not in param.h are
 * left alone: the kernel passes them on by itself. A pure function. len: bytes of cmdline; a
 * newline at the end is dropped, a NUL ends it. Returns 0, -E2BIG over CONFIG_CMDLINE_MAX - 1
 * bytes, -EINVAL where init= is missing (and needed) or a value is not allowed (a relative path, an
 * unknown storeboot.share=, a deadline that is no number of 1 to 3600, an unknown storeboot.* word:
 * it is ours, so it is a slip of the pen or for a newer stage 1). Then only the fields that say
 * what to do on failure are good; they are always set.
 */
_must_check_ int config_parse(const char *cmdline, size_t len, struct config *ret, struct err *e);

/* The enum share_kind of a name, len bytes; SHARE_COUNT: none has it. */
int share_kind_of(const char *name, size_t len);

#endif
