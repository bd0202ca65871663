/* SPDX-License-Identifier: MIT */
/* arch.h - the guest architectures, and QEMU's machine for each */
#ifndef STOREBOOT_HOST_LIB_ARCH_H
#define STOREBOOT_HOST_LIB_ARCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arch {
	uint16_t machine;     /* ELF machine number (EM_X86_64, ...) */
	const char *name;     /* uname -m */
	const char *qemu;     /* the program that emulates it */
	const char *package;  /* Debian's package of that program */
	const char *board;    /* QEMU's -machine */
	const char *tcg_cpu;  /* -cpu under TCG, chosen for speed; NULL: the board's default */
	const char *max_cpu;  /* -cpu under KVM, or if the kernel needs more than tcg_cpu */
	const char *kvm_host; /* uname -m of a host whose KVM can run it; NULL: no KVM */
	const char *console;  /* the kernel's name for the first serial port */
	const char *report;   /* the second serial port's device in the guest */
	bool pci_only; /* the board has no ISA bus and one serial port; the second is a PCI card */
	const char *adapter; /* QEMU's device without --graphics; needs no driver; NULL: none */
	const char *adapter_driver; /* its module, which udev is not to load */
	const char *screen;	    /* QEMU's device with --graphics */
	const char *screen_module;  /* module for a console on screen; NULL: not needed */
	bool silent_off;	    /* a power-off may end QEMU without an event */
	const char *efi_machine;    /* the board's name in firmware descriptors; NULL: no EFI */
	const char *efi_package;    /* Debian's package of the firmware */
	const char *tpm;	    /* QEMU's TPM device; NULL: none */
	const char *one_bus; /* kernel parameter if all PCI devices are on bus 0; NULL: none */
	size_t cmdline_max; /* maximum bytes of the kernel command line; the rest is cut silently */
};

/* The row for an ELF machine number, or NULL. */
const struct arch *arch_find(unsigned int machine);

/* The architecture's name, or "another processor". */
const char *arch_name(unsigned int machine);

/* The row for this host, or the first row if it has none. */
const struct arch *arch_of_host(void);

/* The host's uname -m. */
const char *arch_host(void);

/* Can the KVM of this host's architecture run such a guest? Does not check that KVM works. */
bool arch_by_kvm(const struct arch *a);

/* Writes all names to dst, separated by ", ". Returns dst. */
const char *arch_names(char *dst, size_t size);

#endif
