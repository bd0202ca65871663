/* SPDX-License-Identifier: MIT */
/* graph.h - closures in Nix's formats: exportReferencesGraph files and registrations */
#ifndef STOREBOOT_HOST_GRAPH_H
#define STOREBOOT_HOST_GRAPH_H

#include <stddef.h>
#include <stdint.h>

#include "host/closure/nar.h"
#include "init/lib/err.h"
#include "init/lib/str.h"

enum graph_kind {
	GRAPH_REFERENCES,   /* path, deriver, count, references (exportReferencesGraph) */
	GRAPH_REGISTRATION, /* path, hash, size, deriver, count, references (--dump-db) */
};

struct graph_path {
	const char *path;
	const char *deriver; /* "" if not known */
	const char **refs;   /* sorted */
	size_t n_refs;
	size_t line; /* the first line of its record */
	uint8_t hash[NAR_HASH_SIZE];
	uint64_t nar_size; /* bytes; 0: not known, and neither is hash (GRAPH_REFERENCES) */
};

/* Zero-initialised is empty. The strings point into text. */
struct graph {
	struct graph_path *paths; /* sorted by path, without duplicates */
	size_t n;
	char *text;
	const char **refs; /* the references of all paths */
};

/*
 * Parses data: one item per line, each line ended by a newline. On success there is at least one
 * path, all paths are in one store folder, and every reference is one of them. Identical records of
 * one path are merged. name: the file's, for messages. Returns 0, -ENOMEM, or -EBADMSG with e
 * ("NAME:LINE: why", EXIT_BAD_INPUT); on failure ret is unchanged.
 */
_must_check_ int graph_parse(enum graph_kind kind, const char *data, size_t len, const char *name,
			     struct graph *ret, struct err *e);
void graph_free(struct graph *g);

/* Appends the registration, in the format of nix-store --dump-db and --load-db. */
_must_check_ int graph_print_registration(const struct graph *g, struct buf *ret);

#endif
