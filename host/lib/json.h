/* SPDX-License-Identifier: MIT */
/* json.h - JSON objects as lines */
#ifndef STOREBOOT_HOST_LIB_JSON_H
#define STOREBOOT_HOST_LIB_JSON_H

#include <json-c/json.h>

#include "init/lib/str.h"

/* Appends o as one line, with control characters as \u00xx: json-c leaves DEL and C1 as they are,
 * and a terminal may show the line. Releases o. Returns 0 or -ENOMEM. */
_must_check_ int json_line(json_object *o, struct buf *ret);

#endif
