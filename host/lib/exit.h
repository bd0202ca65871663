/* SPDX-License-Identifier: MIT */
/* exit.h - storeboot's exit codes (storeboot(1), EXIT STATUS) */
#ifndef STOREBOOT_HOST_LIB_EXIT_H
#define STOREBOOT_HOST_LIB_EXIT_H

enum exit_status {
	EXIT_OK = 0,
	EXIT_USAGE = 64,
	EXIT_BAD_INPUT = 65, /* kernel, initrd, modules, system */
	EXIT_IMAGE = 66,     /* disk image refused */
	EXIT_IN_USE = 67,    /* disk image, name or port in use */
	EXIT_SHARE = 68,     /* file server */
	EXIT_MISSING = 69,   /* something is missing on this host */
	EXIT_STAGE1 = 70,    /* stage 1 failed; the message names the step */
	EXIT_GUEST = 71,     /* the guest panicked, vanished or hung */
	EXIT_COMMAND = 125,  /* any of the above, if a COMMAND was given and did not finish */
	EXIT_SIGNAL = 128,   /* plus the signal's number */
};

#endif
