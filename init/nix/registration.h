/* SPDX-License-Identifier: MIT */
/* registration.h - parse registrations (nix-store --dump-db, --load-db); pure functions */
#ifndef STOREBOOT_INIT_NIX_REGISTRATION_H
#define STOREBOOT_INIT_NIX_REGISTRATION_H

#include <stdbool.h>
#include <stddef.h>

#include "init/lib/str.h"

/* Lines of a record: path, hash, size, deriver or nothing, number of references, the references. */
struct registration_record {
	const char *text; /* the whole record, with its last newline */
	size_t len;
	size_t path_len; /* length of the first line */
	bool zero; /* the hash is all zeroes: it was not computed (as by NixOS's module of 2010) */
};

/* Sorted by path. Initialise to zero: empty. Points into the parsed text. */
struct registration {
	struct registration_record *v;
	size_t n;
};

#define _cleanup_registration_ _cleanup_(registration_free)
void registration_free(struct registration *r);

/* Parses text, except the hashes, which nix-store checks. Returns 0, -ENOMEM, or -EBADMSG if text
 * is no registration or is truncated; then ret is unchanged and *ret_line is the invalid line. */
_must_check_ int registration_parse(const char *text, size_t len, struct registration *ret,
				    size_t *ret_line);

/* Returns true if r has the path (len bytes), with its record in *ret, which may be NULL. */
bool registration_has(const struct registration *r, const char *path, size_t len,
		      const struct registration_record **ret);

/* Appends to ret the records of r to load into a database that holds known: all except those with a
 * zero hash whose path has a real hash in known. Returns 0 or -ENOMEM. */
_must_check_ int registration_to_load(const struct registration *r,
				      const struct registration *known, struct buf *ret);

/* Appends to ret the paths of a that are not in b, one per line. Returns 0 or -ENOMEM. */
_must_check_ int registration_minus(const struct registration *a, const struct registration *b,
				    struct buf *ret);

#endif
