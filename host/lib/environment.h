/* SPDX-License-Identifier: MIT */
/* environment.h - what a program that storeboot starts gets of the caller's environment */
#ifndef STOREBOOT_HOST_LIB_ENVIRONMENT_H
#define STOREBOOT_HOST_LIB_ENVIRONMENT_H

#include <stdbool.h>

#include "init/lib/str.h"

/* Adds the caller's variables that a program may get, as NAME=VALUE: those to find and run it, and
 * those for sound. window: also those to open a window. All others, which may hold secrets, stay
 * out. Returns 0 or -ENOMEM. */
_must_check_ int environment_of_programs(bool window, struct strv *ret);

#endif
