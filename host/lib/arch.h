/* SPDX-License-Identifier: MIT */
/* arch.h - the architectures of guests, and the machine that QEMU makes for each */
#ifndef STOREBOOT_HOST_LIB_ARCH_H
#define STOREBOOT_HOST_LIB_ARCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arch {
	uint16_t machine;    /* ELF's number for it (EM_X86_64, ...) */
	const char *name;    /* uname -m */
	const char *qemu;    /* the program that emulates it, */
	const char *package; /* and Debian's package with that */
	const char *board;   /* QEMU's -machine */
	const char *tcg_cpu; /* its -cpu where QEMU emulates: quick; NULL: the board's own */
	const char
		*max_cpu; /* and where KVM runs the guest, or the kernel asks for more than that */
	const char *kvm_host; /* by the KVM of a host with this uname -m; NULL: not by KVM */
	const char *console;  /* the kernel's name for the first serial port */
	const char *report;   /* the device of the second one in the guest */
	bool pci_only; /* the board has no ISA bus, and but one serial port: the second is a card */
	const char
		*adapter; /* without --graphics: QEMU's device, which needs no driver; NULL: none */
	const char *adapter_driver; /* and the module that is not loaded for it by itself */
	const char *screen;	    /* --graphics: QEMU's device, */
	const char *screen_module;  /* and what stage 1 loads for a console on it; NULL: none is
				       needed */
	bool silent_off;	    /* its power switch may end QEMU without an event */
	const char *efi_machine;    /* the board as firmware descriptors name it; NULL: no EFI */
	const char *efi_package;    /* Debian's package with that */
	const char *tpm;	    /* QEMU's device; NULL: none */
	size_t cmdline_max; /* bytes of kernel command line; what is longer is cut without a word */
};

/* The row for a machine as ELF numbers it, or NULL. */
const struct arch *arch_find(unsigned int machine);

/* Its name, or "another processor". */
const char *arch_name(unsigned int machine);

/* The row for this host, or the first one where it has none. */
const struct arch *arch_of_host(void);

/* The host's own uname -m. */
const char *arch_host(void);

/* Can this host's KVM run such a guest, if it has one that works? */
bool arch_by_kvm(const struct arch *a);

/* All names, separated by ", ", into dst; returns dst. */
const char *arch_names(char *dst, size_t size);

#endif
