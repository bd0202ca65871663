/* SPDX-License-Identifier: MIT */
/* initrd_view.h - `storeboot initrd ls|cat|verify|diff`: the contents of any initramfs */
#ifndef STOREBOOT_HOST_INITRD_VIEW_H
#define STOREBOOT_HOST_INITRD_VIEW_H

#include <stdbool.h>

/* Is word one of these subcommands? */
bool initrd_view_is(const char *word);

/* argv[0] is the subcommand. Returns the exit status. */
int initrd_view(int argc, char **argv);

#endif
