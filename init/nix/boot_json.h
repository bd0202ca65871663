/* SPDX-License-Identifier: MIT */
/* boot_json.h - reads the boot.json of a NixOS system */
#ifndef STOREBOOT_BOOT_JSON_H
#define STOREBOOT_BOOT_JSON_H

#include <stddef.h>

#include "init/lib/macro.h"

/* A value within a JSON text (RFC 8259): an object, an array, a string with its quotes, or a word.
 * A NUL follows the whole text, which has no blanks at its ends. len 0: no value. */
struct json {
	const char *s;
	size_t len;
};

/* Takes the next member of an object, or the next element of an array (ret_key then has no text).
 * rest: first the whole value, then what is left of it. Returns 1; 0 at the end; -EBADMSG if the
 * value is no object or array, or ends too early. Text that is never read is not checked. A pure
 * function. */
_must_check_ int json_next(struct json *rest, struct json *ret_key, struct json *ret_value);

/* Finds the member key of an object. Returns 0, -ENOENT, or -EBADMSG as above. A pure function. */
_must_check_ int json_member(const struct json *object, const char *key, struct json *ret);

/* Copies a string without its quotes. Returns 0; -EBADMSG if it is no string, or has an escape,
 * which no path in boot.json needs; -ENAMETOOLONG. A pure function. */
_must_check_ int json_text(const struct json *value, char *dst, size_t size);

#endif
