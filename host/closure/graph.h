/* SPDX-License-Identifier: MIT */
/* graph.h - closures as Nix writes them: exportReferencesGraph files and registrations */
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
	const char *deriver; /* "" where it is not known */
	const char **refs;   /* sorted */
	size_t n_refs;
	size_t line; /* where its record begins */
	uint8_t hash[NAR_HASH_SIZE];
	uint64_t nar_size; /* bytes; 0: not known, with the hash (GRAPH_REFERENCES) */
};

/* Zero-initialised is empty. The strings point into text. */
struct graph {
	struct graph_path *paths; /* sorted by path, each once */
	size_t n;
	char *text;
	const char **refs; /* all of them, path after path */
};

/*
 * Parses data, one item a line, each line ended by a newline. What holds afterwards: at least one
 * path; all in one store folder; every reference is one of them. A path that is listed twice with
 * the same content is taken once. name: the file's, for messages. Returns 0, -ENOMEM, or -EBADMSG
 * with e ("NAME:LINE: why", EXIT_BAD_INPUT) and ret untouched.
 */
_must_check_ int graph_parse(enum graph_kind kind, const char *data, size_t len, const char *name,
			     struct graph *ret, struct err *e);
void graph_free(struct graph *g);

/* Appends the registration, as nix-store --dump-db writes it and --load-db reads it. */
_must_check_ int graph_print_registration(const struct graph *g, struct buf *ret);

#endif
