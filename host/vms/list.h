/* SPDX-License-Identifier: MIT */
/* list.h - `storeboot list`: the running VMs */
#ifndef STOREBOOT_HOST_VMS_LIST_H
#define STOREBOOT_HOST_VMS_LIST_H

#include "host/lib/opt.h"
#include <stddef.h>
#include <stdint.h>

/* argv[0] is "list". Returns the exit status. */
int cmd_list(int argc, char **argv);
extern const struct opt_command list_command;

/* Formats how long a VM runs, in its two largest units: "7s", "3m12s", "2h05m", "4d11h". A pure
 * function. */
void list_up(int64_t seconds, char *ret, size_t size);

#endif
