/* SPDX-License-Identifier: MIT */
/* options.h - what `storeboot run` can be asked: its option table, and the values that it fills */
#ifndef STOREBOOT_HOST_OPTIONS_H
#define STOREBOOT_HOST_OPTIONS_H

#include "host/lib/opt.h"
#include "host/run/system.h"
#include "host/share/expose.h"

enum root { ROOT_DISK, ROOT_TMPFS };

struct run_values {
	struct system_options system;
	const char *memory, *disk_size;
	uint64_t disk_bytes; /* 0: not said */
	unsigned int cores;
	const char *image;
	bool ephemeral, fresh, yes;
	int root; /* enum root */
	struct strv disks;
	int disk_interface; /* enum disk_interface */
	int share; /* enum share_kind, or SHARE_AUTO */
	bool cache;
	const char *image_cache_size;
	int graphics; /* enum graphics */
	bool serial;
	const char *resolution;
	bool efi, tpm, agent, host_certs;
	const char *efi_firmware, *efi_variables;
	struct strv credentials;
	int escapes; /* 1: filtered */
	int accel;
	int expose; /* enum expose */
	int writable; /* index in its words: none, tmpfs, disk */
	struct strv append, registered, folders;
	int network; /* 1: open */
	struct strv forwards, guest_forwards, vlans, qemu_opts;
	const char *reginfo, *initrd, *stage1;
	const char *qemu, *smbd, *virtiofsd;
	unsigned int timeout_stage1, timeout;
	const char *json, *plot, *console_log, *console_log_size;
	bool timings;
	bool tty, no_stage2, rescue, verify;
	struct strv env;
	const char *cwd, *rescue_shell;
	int ready; /* enum ready */
	unsigned int timeout_stage2, stop_timeout;
	bool print_qemu;
};

extern const struct opt_command run_command;
extern const char *const writable_words[];

/* What holds where nothing is said. */
/* Stage 1: regInfo alone may take 600 s; few closures need it. */
#define RUN_VALUES_INIT { .timeout_stage1 = 300, .timeout_stage2 = 300, .stop_timeout = 30 }

void run_values_free(struct run_values *v);

/* The value of a SIZE option in bytes; standard where s is NULL. A bare number counts MiB, as QEMU's
 * -m and NixOS's options do. Returns 0, or -EINVAL with e (EXIT_USAGE). */
_must_check_ int run_size(const char *option, const char *s, uint64_t standard, uint64_t *ret,
			  struct err *e);

/* Appends what was given that --print-qemu cannot say, "--bind, SHARED_DIR": without a launcher beside QEMU
 * nobody does what it asks. Returns 0 or -ENOMEM. */
_must_check_ int run_values_unprinted(const struct run_values *v, struct buf *ret);

/* Values that exclude each other, told before anything is looked for. command: one was given.
 * Returns 0, or -EINVAL with e (EXIT_USAGE). */
_must_check_ int run_values_check(const struct run_values *v, bool command, struct err *e);

#endif
