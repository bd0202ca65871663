/* SPDX-License-Identifier: MIT */
/* reginfo.h - the registration of a closure, as nix-store --load-db reads it */
#ifndef STOREBOOT_HOST_REGINFO_H
#define STOREBOOT_HOST_REGINFO_H

#include "host/lib/opt.h"
#include "init/lib/err.h"
#include "init/lib/str.h"

/*
 * Appends the registration of the closure of paths, with real hashes, from the host's Nix
 * (nix-store --query --requisites, --dump-db), sorted, without duplicates. Returns 0 or -errno with
 * e: EXIT_MISSING if there is no nix-store, EXIT_BAD_INPUT for a path that is not in the store or
 * not valid.
 */
_must_check_ int registration_from_nix(const char *const *paths, struct buf *ret, struct err *e);

/* The same from an exportReferencesGraph file (nix manual, "Advanced Attributes"). Hashes and sizes
 * are computed from the store paths (SHA-256 of the NAR serialisation). */
_must_check_ int registration_from_graph(const char *graph_file, struct buf *ret, struct err *e);

/* The same from the text of such a file, since a pipe can be read only once. name: the file's, for
 * messages. */
_must_check_ int registration_of_graph(const struct buf *text, const char *name, struct buf *ret,
				       struct err *e);

/* `storeboot reginfo`: argv[0] is "reginfo". Returns the exit status. */
int cmd_reginfo(int argc, char **argv);
extern const struct opt_command reginfo_command;

#endif
