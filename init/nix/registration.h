/* SPDX-License-Identifier: MIT */
/* registration.h - a registration, as nix-store --dump-db writes and --load-db reads it; pure
 * functions */
#ifndef STOREBOOT_INIT_NIX_REGISTRATION_H
#define STOREBOOT_INIT_NIX_REGISTRATION_H

#include <stdbool.h>
#include <stddef.h>

#include "init/lib/str.h"

/* A record is lines: path, hash, size, deriver or nothing, number of references, the references. */
struct registration_record {
	const char *text; /* all of it, with its last newline */
	size_t len;
	size_t path_len; /* the first line */
	bool zero; /* the hash is all zeroes: nobody computed it (NixOS's module of 2010 wrote such)
		    */
};

/* Sorted by path. Zero-initialised is empty; points into the text that was parsed. */
struct registration {
	struct registration_record *v;
	size_t n;
};

#define _cleanup_registration_ _cleanup_(registration_free)
void registration_free(struct registration *r);

/*
 * Returns 0, -ENOMEM, or -EBADMSG for text that is no registration or ends within a record; ret is
 * untouched then, and *ret_line is the line that cannot be. What a hash is, is nix-store's to say.
 */
_must_check_ int registration_parse(const char *text, size_t len, struct registration *ret,
				    size_t *ret_line);

/* Whether it has a path (len bytes); then *ret, which may be NULL, is its record. */
bool registration_has(const struct registration *r, const char *path, size_t len,
		      const struct registration_record **ret);

/*
 * Appends to ret what is to be loaded of r into a database that holds known: all but the records
 * with a zero hash whose path has a real one there. Returns 0 or -ENOMEM.
 */
_must_check_ int registration_to_load(const struct registration *r,
				      const struct registration *known, struct buf *ret);

/* Appends the paths of a that are not in b, each with a newline. Returns 0 or -ENOMEM. */
_must_check_ int registration_minus(const struct registration *a, const struct registration *b,
				    struct buf *ret);

#endif
