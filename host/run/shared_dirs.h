/* SPDX-License-Identifier: MIT */
/* shared_dirs.h - the shared folders of NixOS's script, from its environment variables */
#ifndef STOREBOOT_HOST_RUN_SHARED_DIRS_H
#define STOREBOOT_HOST_RUN_SHARED_DIRS_H

#include <stdbool.h>

#include "init/lib/err.h"
#include "init/lib/str.h"

/*
 * Appends to folders, as for --bind: SHARED_DIR on /tmp/shared; with USE_TMPDIR the folder
 * TMPDIR/xchg on /tmp/xchg. If that is missing, ret_make (PATH_MAX bytes, "" before) is its path,
 * which exchange_make makes once a run really starts. Returns 0, or -errno with e (EXIT_BAD_INPUT,
 * EXIT_MISSING).
 */
_must_check_ int exchange_folders(struct strv *folders, char *ret_make, struct err *e);

/* Appends the folder of the host's CA certificates, from NIX_SSL_CERT_FILE or the distribution's
 * place: it has only a copy of them in the cache, for the guest's
 * /etc/ssl/certs/ca-certificates.crt. Returns as exchange_folders. */
_must_check_ int exchange_certs(struct strv *folders, struct err *e);

/* Makes the folder path, from exchange_folders; "": does nothing. Returns 1 if it made the folder,
 * else 0, or -errno with e (EXIT_BAD_INPUT). */
_must_check_ int exchange_make(const char *path, struct err *e);

#endif
