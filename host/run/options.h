/* SPDX-License-Identifier: MIT */
/* options.h - the options of `storeboot run`, and the values that they set */
#ifndef STOREBOOT_HOST_OPTIONS_H
#define STOREBOOT_HOST_OPTIONS_H

#include "host/lib/opt.h"
#include "host/run/system.h"
#include "host/share/expose.h"

enum root { ROOT_DISK, ROOT_TMPFS };

/* The values for storeboot itself; QEMU's are in struct qemu_config. */
struct run_values {
	struct system_options system;
	uint64_t disk_size; /* bytes; 0: not given */
	const char *image;
	bool ephemeral, fresh, yes;
	int root; /* enum root */
	struct strv disks;
	int disk_interface; /* enum disk_interface */
	int share;	    /* enum share_kind, or SHARE_AUTO */
	bool cache;
	uint64_t image_cache_size; /* bytes */
	bool serial;
	const char *resolution;
	bool efi, tpm, agent, host_certs;
	const char *efi_firmware, *efi_variables;
	struct strv credentials;
	int escapes; /* 1: filter */
	int accel;
	int expose;   /* enum expose */
	int writable; /* index in writable_words: none, tmpfs, disk */
	struct strv append, registered, folders;
	struct strv forwards, guest_forwards, vlans, qemu_opts;
	const char *reginfo, *initrd, *stage1;
	const char *qemu, *smbd, *virtiofsd;
	unsigned int timeout_stage1, timeout;
	const char *json, *plot, *console_log;
	uint64_t console_log_size; /* bytes */
	bool timings;
	bool tty, no_stage2, rescue, verify, no_tuning;
	struct strv env;
	const char *cwd, *rescue_shell;
	int ready; /* enum ready */
	unsigned int timeout_stage2, stop_timeout;
	bool print_qemu;
};

/* doctor takes the same options (host/doctor). */
extern const struct opt_command run_command, doctor_command;
extern const char *const writable_words[];

struct plan;

/* Appends the given options and variables that a command of --print-qemu lacks, as "--bind,
 * SHARED_DIR". Call it before p->v gets the folders of other options. Returns 0 or -ENOMEM. */
_must_check_ int run_values_unprinted(const struct plan *p, struct buf *ret);

/* Refuses values that exclude each other, before anything else is checked. command: one was given.
 * Returns 0, or -EINVAL with e (EXIT_USAGE). */
_must_check_ int run_values_check(const struct plan *p, bool command, struct err *e);

#endif
