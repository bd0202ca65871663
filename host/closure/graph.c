/* SPDX-License-Identifier: MIT */
/*
 * graph.c - closures in Nix's formats: exportReferencesGraph files and registrations
 *
 * Both formats are plain lines; nothing marks the start of a record (nix manual, "Advanced
 * Attributes"; nix-store --dump-db). A wrong count would shift everything after it, so every line
 * is checked. nix-store --load-db accepts much that is refused here, and would leave a wrong
 * database in the guest.
 */
#include "host/closure/graph.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>

#include "host/lib/exit.h"

#define HASH_CHARS 32 /* in a store path's name */

static const char base32[] = "0123456789abcdfghijklmnpqrsvwxyz";

struct parser {
	enum graph_kind kind;
	const char *name;
	char *at; /* the next line */
	char *end;
	size_t line;	   /* the number of the last line read */
	const char *store; /* the first path, which gives the store folder */
	size_t store_len;  /* length of the store folder */
	size_t n_refs;	   /* in graph.refs */
	size_t paths_room, refs_room;
	struct err *e;
};

_printf_(3, 4) static int bad(const struct parser *p, size_t line, const char *fmt, ...)
{
	char why[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	return err_exit(p->e, EXIT_BAD_INPUT, EBADMSG, "%s:%zu: %s", p->name, line, why);
}

static int no_memory(const struct parser *p)
{
	return err_set(p->e, ENOMEM, "cannot read %s: out of memory", p->name);
}

/* Cuts off the next line. what: its expected content, for messages. */
static int next(struct parser *p, const char *what, const char **ret)
{
	char *nl = memchr(p->at, '\n', (size_t)(p->end - p->at));
	size_t len;

	p->line++;
	if (!nl)
		return bad(p, p->line, "the file ends where %s should be: it is cut short", what);
	len = (size_t)(nl - p->at);
	if (memchr(p->at, '\0', len))
		return bad(p, p->line, "a NUL byte in %s", what);
	if (len > 0 && nl[-1] == '\r')
		return bad(p, p->line, "the line ends in CR LF; lines here end in LF alone");
	*nl = '\0';
	*ret = p->at;
	p->at = nl + 1;
	return 0;
}

/* A decimal number, with no sign and no leading zero. */
static int number(struct parser *p, const char *what, uint64_t max, uint64_t *ret)
{
	const char *s;
	uint64_t v = 0;
	int r = next(p, what, &s);

	if (r < 0)
		return r;
	if (s[0] == '\0' || (s[0] == '0' && s[1] != '\0'))
		return bad(p, p->line, "\"%.60s\" is not %s", s, what);
	for (const char *c = s; *c; c++) {
		if (*c < '0' || *c > '9')
			return bad(p, p->line, "\"%.60s\" is not %s", s, what);
		if (v > (max - (uint64_t)(*c - '0')) / 10)
			return bad(p, p->line, "%.60s is too large for %s", s, what);
		v = v * 10 + (uint64_t)(*c - '0');
	}
	*ret = v;
	return 0;
}

/* Checks for "/nix/store/<32 of Nix's base 32>-name". Returns the length of the folder, or 0. */
static size_t store_folder(const char *s)
{
	static const char name_chars[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
					 "0123456789+-._?=";
	const char *base = strrchr(s, '/');

	if (s[0] != '/' || !base || base == s)
		return 0;
	if (strspn(base + 1, base32) < HASH_CHARS || base[1 + HASH_CHARS] != '-' ||
	    base[2 + HASH_CHARS] == '\0' || base[1 + strspn(base + 1, name_chars)] != '\0')
		return 0;
	return (size_t)(base - s);
}

static int store_path(struct parser *p, const char *what, const char **ret)
{
	const char *s;
	size_t folder;
	int r = next(p, what, &s);

	if (r < 0)
		return r;
	folder = store_folder(s);
	if (folder == 0)
		return bad(p, p->line, "\"%.200s\" is no store path, but should be %s", s, what);
	if (!p->store) {
		p->store = s;
		p->store_len = folder;
	}
	if (folder != p->store_len || memcmp(s, p->store, folder) != 0)
		return bad(p, p->line, "%.200s is not in %.*s, where the first path is", s,
			   (int)(p->store_len < 200 ? p->store_len : 200), p->store);
	*ret = s;
	return 0;
}

static int deriver(struct parser *p, const char **ret)
{
	const char *s;

	if (p->at < p->end && *p->at == '\n')
		return next(p, "a deriver", ret);
	if (store_path(p, "a deriver or an empty line", &s) < 0)
		return -EBADMSG;
	if (!str_ends(s, ".drv"))
		return bad(p, p->line, "%.200s is no deriver: its name does not end in .drv", s);
	*ret = s;
	return 0;
}

static int hex(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool from_base16(const char *digits, uint8_t ret[static NAR_HASH_SIZE])
{
	if (strlen(digits) != 2 * NAR_HASH_SIZE ||
	    digits[strspn(digits, "0123456789abcdef")] != '\0')
		return false;
	for (int i = 0; i < NAR_HASH_SIZE; i++)
		ret[i] = (uint8_t)(hex(digits[2 * i]) << 4 | hex(digits[2 * i + 1]));
	return true;
}

/* Nix's base 32: the last digit has the lowest five bits. Bits beyond the last byte must be
 * zero. */
static bool from_base32(const char *digits, uint8_t ret[static NAR_HASH_SIZE])
{
	enum { DIGITS = (8 * NAR_HASH_SIZE + 4) / 5 };
	uint8_t hash[NAR_HASH_SIZE + 1] = { 0 };

	if (strlen(digits) != DIGITS || digits[strspn(digits, base32)] != '\0')
		return false;
	for (size_t i = 0; i < DIGITS; i++) {
		unsigned int digit =
			(unsigned int)(strchr(base32, digits[DIGITS - 1 - i]) - base32);
		size_t at = 5 * i / 8, shift = 5 * i % 8;

		hash[at] |= (uint8_t)(digit << shift);
		hash[at + 1] |= (uint8_t)(digit >> (8 - shift));
	}
	if (hash[NAR_HASH_SIZE] != 0)
		return false;
	memcpy(ret, hash, NAR_HASH_SIZE);
	return true;
}

static int hash(struct parser *p, uint8_t *ret)
{
	const char *s, *digits;
	int r = next(p, "a hash", &s);

	if (r < 0)
		return r;
	digits = str_after(s, "sha256:") ? str_after(s, "sha256:") : s;
	if (!from_base16(digits, ret) && !from_base32(digits, ret))
		return bad(p, p->line,
			   "\"%.80s\" is no SHA-256 in 64 hexadecimal or 52 base-32 digits", s);
	return 0;
}

/* Returns NULL if out of memory. */
static struct graph_path *add_path(struct parser *p, struct graph *g)
{
	if (g->n == p->paths_room) {
		size_t room = p->paths_room ? 2 * p->paths_room : 64;
		struct graph_path *v = reallocarray(g->paths, room, sizeof(*v));

		if (!v)
			return NULL;
		g->paths = v;
		p->paths_room = room;
	}
	g->paths[g->n] = (struct graph_path){ 0 };
	return &g->paths[g->n++];
}

static int add_ref(struct parser *p, struct graph *g, const char *ref)
{
	if (p->n_refs == p->refs_room) {
		size_t room = p->refs_room ? 2 * p->refs_room : 256;
		const char **v = reallocarray(g->refs, room, sizeof(*v));

		if (!v)
			return no_memory(p);
		g->refs = v;
		p->refs_room = room;
	}
	g->refs[p->n_refs++] = ref;
	return 0;
}

static int record(struct parser *p, struct graph *g)
{
	struct graph_path *path = add_path(p, g);
	uint64_t count = 0;
	int r;

	if (!path)
		return no_memory(p);
	r = store_path(p, "a store path", &path->path);
	if (r < 0)
		return r;
	path->line = p->line;
	if (p->kind == GRAPH_REGISTRATION) {
		r = hash(p, path->hash);
		if (r == 0)
			r = number(p, "a size in bytes", INT64_MAX, &path->nar_size);
	}
	if (r == 0)
		r = deriver(p, &path->deriver);
	/* The count alone allocates nothing: each reference must be a line. */
	if (r == 0)
		r = number(p, "a count of references", SIZE_MAX, &count);
	for (path->n_refs = 0; r == 0 && path->n_refs < count; path->n_refs++) {
		const char *ref;

		r = store_path(p, "a reference", &ref);
		if (r == 0)
			r = add_ref(p, g, ref);
	}
	return r;
}

static int by_path(const void *a, const void *b)
{
	return strcmp(((const struct graph_path *)a)->path, ((const struct graph_path *)b)->path);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool same(const struct graph_path *a, const struct graph_path *b)
{
	if (!str_eq(a->deriver, b->deriver) || a->n_refs != b->n_refs ||
	    a->nar_size != b->nar_size || memcmp(a->hash, b->hash, sizeof(a->hash)) != 0)
		return false;
	for (size_t i = 0; i < a->n_refs; i++)
		if (!str_eq(a->refs[i], b->refs[i]))
			return false;
	return true;
}

/* Removes duplicates. */
static int merge(struct parser *p, struct graph *g)
{
	size_t n = 0;

	qsort(g->paths, g->n, sizeof(*g->paths), by_path);
	for (size_t i = 0; i < g->n; i++) {
		struct graph_path *last = n ? &g->paths[n - 1] : NULL, *path = &g->paths[i];

		if (!last || !str_eq(last->path, path->path))
			g->paths[n++] = *path;
		else if (!same(last, path))
			return bad(p, path->line > last->line ? path->line : last->line,
				   "%s was listed before, at line %zu, with other content",
				   path->path, path->line > last->line ? last->line : path->line);
	}
	g->n = n;
	return 0;
}

static int check_refs(struct parser *p, struct graph *g)
{
	for (size_t i = 0; i < g->n; i++) {
		struct graph_path *path = &g->paths[i];

		for (size_t j = 0; j < path->n_refs; j++) {
			struct graph_path key = { .path = path->refs[j] };

			if (!bsearch(&key, g->paths, g->n, sizeof(key), by_path))
				return bad(p, path->line,
					   "%s refers to %s, which is not in the closure",
					   path->path, path->refs[j]);
		}
	}
	return 0;
}

static int parse(struct parser *p, struct graph *g)
{
	const char **refs;
	int r = 0;

	if (p->at == p->end)
		return bad(p, 1, "the file is empty: a closure has at least one path");
	while (r == 0 && p->at < p->end)
		r = record(p, g);
	if (r < 0)
		return r;
	/* g->refs does not move any more. */
	refs = g->refs;
	for (size_t i = 0; i < g->n; i++) {
		g->paths[i].refs = refs;
		refs += g->paths[i].n_refs;
		if (g->paths[i].n_refs > 1)
			qsort(g->paths[i].refs, g->paths[i].n_refs, sizeof(*refs), by_name);
	}
	r = merge(p, g);
	return r < 0 ? r : check_refs(p, g);
}

int graph_parse(enum graph_kind kind, const char *data, size_t len, const char *name,
		struct graph *ret, struct err *e)
{
	struct graph g = { .text = malloc(len + 1) };
	struct parser p = { .kind = kind, .name = name, .e = e };
	int r;

	if (!g.text)
		return no_memory(&p);
	if (len > 0)
		memcpy(g.text, data, len);
	g.text[len] = '\0';
	p.at = g.text;
	p.end = g.text + len;
	r = parse(&p, &g);
	if (r < 0)
		graph_free(&g);
	else
		*ret = g;
	return r;
}

void graph_free(struct graph *g)
{
	free(g->paths);
	free(g->refs);
	free(g->text);
	*g = (struct graph){ 0 };
}

static int print_path(const struct graph_path *path, struct buf *ret)
{
	char digits[2 * NAR_HASH_SIZE + 1];
	int r;

	for (int i = 0; i < NAR_HASH_SIZE; i++)
		snprintf(digits + 2 * i, 3, "%02x", path->hash[i]);
	r = buf_addf(ret, "%s\n%s\n%llu\n%s\n%zu\n", path->path, digits,
		     (unsigned long long)path->nar_size, path->deriver, path->n_refs);
	for (size_t i = 0; r == 0 && i < path->n_refs; i++)
		r = buf_addf(ret, "%s\n", path->refs[i]);
	return r;
}

int graph_print_registration(const struct graph *g, struct buf *ret)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < g->n; i++)
		r = print_path(&g->paths[i], ret);
	return r;
}
