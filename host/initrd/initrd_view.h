/* SPDX-License-Identifier: MIT */
/* initrd_view.h - `storeboot initrd ls|cat|verify|diff`: what is in an initramfs, whoever made it
 */
#ifndef STOREBOOT_HOST_INITRD_VIEW_H
#define STOREBOOT_HOST_INITRD_VIEW_H

#include <stdbool.h>

/* Is it one of these words? */
bool initrd_view_is(const char *word);

/* argv[0] is the word. Returns the exit status. */
int initrd_view(int argc, char **argv);

#endif
