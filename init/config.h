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

/* The largest COMMAND_LINE_SIZE of all architectures, with the NUL (arch setup.h). */
#define CONFIG_CMDLINE_MAX 4096

/* The root disk without root=. The launcher passes it, too; for SCSI and IDE the other one. */
#define CONFIG_ROOT "/dev/vda"
#define CONFIG_ROOT_SCSI "/dev/sda"

struct config {
	char text[CONFIG_CMDLINE_MAX]; /* the unquoted words; strings in param point into it */

	/* With defaults for root, rootfstype, share_source; stage1panic sets panic_on_fail, too. */
	union param_values param;

	/* Parsed from param. */
	enum share_kind share;
	enum { WRITABLE_NO, WRITABLE_TMPFS, WRITABLE_DISK } writable;
	uint64_t disk_size; /* bytes; 0: not given */
	unsigned int deadline_ms;
	unsigned short console_rows, console_columns; /* 0: not given */
};

/* root=tmpfs: the root is in memory, and there is no root disk. */
#define ROOT_TMPFS "tmpfs"
static inline bool root_is_disk(const struct config *c)
{
	return strcmp(c->param.root, ROOT_TMPFS) != 0;
}

/*
 * Parses the kernel command line as the kernel does (lib/cmdline.c, next_arg). White space outside
 * double quotes separates words. Quotes may enclose the value or the whole word. The last of a
 * repeated parameter counts; an empty value means that it is absent. Everything after "--" is for
 * stage 2. Parameters that are not in param.h are ignored: the kernel passes them on. len: bytes of
 * cmdline, which a NUL ends; a final newline is dropped. Returns 0; -E2BIG if it does not fit into
 * CONFIG_CMDLINE_MAX with its NUL; -EINVAL if init= is missing but needed, a value is invalid, or a
 * storeboot.* parameter is unknown (a typing error, or meant for a newer stage 1). After an error
 * only the fields for failure handling are valid; they are always set. A pure function.
 */
_must_check_ int config_parse(const char *cmdline, size_t len, struct config *ret, struct err *e);

/* Returns the enum share_kind of a name (len bytes), or SHARE_COUNT if it is unknown. */
int share_kind_of(const char *name, size_t len);

#endif
