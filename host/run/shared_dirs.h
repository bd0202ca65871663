/* SPDX-License-Identifier: MIT */
/* shared_dirs.h - the folders that NixOS's script shares by the words of its environment */
#ifndef STOREBOOT_HOST_RUN_SHARED_DIRS_H
#define STOREBOOT_HOST_RUN_SHARED_DIRS_H

#include <stdbool.h>

#include "init/lib/err.h"
#include "init/lib/str.h"

/*
 * Appends what they ask for to folders, as --bind says it: SHARED_DIR on /tmp/shared; with
 * USE_TMPDIR the folder xchg in TMPDIR on /tmp/xchg; where it is not there, ret_make (PATH_MAX, ""
 * before) is its path, which exchange_make makes when a run really starts. host_certs: the host's
 * CA certificates, NIX_SSL_CERT_FILE or where distributions have them, on
 * /etc/ssl/certs/ca-certificates.crt, from a copy in the cache. Returns 0, or -errno with e
 * (EXIT_BAD_INPUT, EXIT_MISSING).
 */
_must_check_ int exchange_folders(bool host_certs, struct strv *folders, char *ret_make,
				  struct err *e);

/* path: as exchange_folders left it, "": nothing is to be made. Returns 1 where it made the folder,
 * 0, or -errno with e (EXIT_BAD_INPUT). */
_must_check_ int exchange_make(const char *path, struct err *e);

#endif
