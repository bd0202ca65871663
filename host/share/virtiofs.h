/* SPDX-License-Identifier: MIT */
/* virtiofs.h - virtiofsd, shut in with nothing but the folder that it serves */
#ifndef STOREBOOT_HOST_VIRTIOFS_H
#define STOREBOOT_HOST_VIRTIOFS_H

#include <stdbool.h>
#include <stdint.h>

#include "host/share/expose.h"
#include "init/lib/err.h"
#include "init/lib/str.h"

/* Paths are absolute, with links resolved. */
struct virtiofs_config {
	const char *virtiofsd;
	const char *bwrap;
	const char *folder; /* that is served */
	bool is_store;	    /* it never changes: the guest may keep what it has seen */
	bool writable;
	const struct strv *closure; /* of the store only these names; NULL: all */
	uint64_t memory;	    /* the guest's bytes */
	bool of_qemu; /* the one in C that came with QEMU up to 7.2; else the one in Rust */
};

/* Finds the program: given, or where distributions put it. ret: PATH_MAX bytes. Returns 0, or
 * -errno with e (EXIT_MISSING). */
_must_check_ int virtiofs_find(const char *given, char *ret, struct err *e);

/*
 * Runs the program in its confinement once, to see that it starts and which one it is (c->of_qemu),
 * and sees to it that it may open as many files as the guest can come to know. Returns 0 or -errno
 * with e (EXIT_MISSING).
 */
_must_check_ int virtiofs_check(struct virtiofs_config *c, struct err *e);

/*
 * The command that serves QEMU's one connection to the listening socket that it inherits as
 * listen_fd. root: as sandbox_begin's. Returns 0 or -errno.
 */
_must_check_ int virtiofs_command(const struct virtiofs_config *c, int root, int listen_fd,
				  struct strv *ret);

/*
 * Makes a listening socket in the private folder with one connection to it, and takes its name away
 * again: nobody else can ever connect. Returns 0 or -errno with e.
 */
_must_check_ int virtiofs_socket(const char *folder, int *ret_listening, int *ret_connected,
				 struct err *e);

#endif
