/* SPDX-License-Identifier: MIT */
/* registration.c - parse registrations, the format of nix-store --dump-db and --load-db */
#include "init/nix/registration.h"

#include <errno.h>
#include <stdlib.h>

/* Takes the next line off *p. Returns its length; -EBADMSG without a newline, *p unchanged. */
static ssize_t next_line(const char **p, const char *end, const char **ret)
{
	const char *newline = memchr(*p, '\n', (size_t)(end - *p));

	if (!newline)
		return -EBADMSG;
	*ret = *p;
	*p = newline + 1;
	return newline - *ret;
}

/* In hexadecimal or Nix's base 32, with or without "sha256:": zero is all digits 0 in both. */
static bool is_zero(const char *hash, size_t len)
{
	static const char prefix[] = "sha256:";
	size_t n = sizeof(prefix) - 1;

	if (len > n && memcmp(hash, prefix, n) == 0) {
		hash += n;
		len -= n;
	}
	for (size_t i = 0; i < len; i++)
		if (hash[i] != '0')
			return false;
	return len > 0;
}

/* Returns the number of references; -EBADMSG if invalid or over max, the bytes that are left. */
static ssize_t count(const char *s, ssize_t len, size_t max)
{
	size_t n = 0;

	for (ssize_t i = 0; i < len; i++) {
		if (s[i] < '0' || s[i] > '9' || n > max)
			return -EBADMSG;
		n = n * 10 + (size_t)(s[i] - '0');
	}
	return len < 1 || n > max ? -EBADMSG : (ssize_t)n;
}

/* Parses a record and advances *p past it, or to the invalid line. */
static int next_record(const char **p, const char *end, struct registration_record *ret)
{
	enum { PATH, HASH, SIZE, DERIVER, REFERENCES, LINES };
	const char *line[LINES], *start = *p, *reference;
	ssize_t len[LINES], n;

	if (start[0] != '/')
		return -EBADMSG;
	for (int i = 0; i < LINES; i++)
		if ((len[i] = next_line(p, end, &line[i])) < 0)
			return -EBADMSG;
	n = count(line[REFERENCES], len[REFERENCES], (size_t)(end - *p));
	if (n < 0) {
		*p = line[REFERENCES];
		return -EBADMSG;
	}
	for (; n > 0; n--)
		if ((*p < end && **p != '/') || next_line(p, end, &reference) < 0)
			return -EBADMSG;
	*ret = (struct registration_record){ start, (size_t)(*p - start), (size_t)len[PATH],
					     is_zero(line[HASH], (size_t)len[HASH]) };
	return 0;
}

static int compare_paths(const char *a, size_t a_len, const char *b, size_t b_len)
{
	int r = memcmp(a, b, a_len < b_len ? a_len : b_len);

	return r ? r : (a_len > b_len) - (a_len < b_len);
}

static int compare(const void *a, const void *b)
{
	const struct registration_record *x = a, *y = b;

	return compare_paths(x->text, x->path_len, y->text, y->path_len);
}

void registration_free(struct registration *r)
{
	free(r->v);
	*r = (struct registration){ 0 };
}

static size_t line_of(const char *text, const char *at)
{
	size_t n = 1;

	for (const char *p = text; p < at; p++)
		n += *p == '\n';
	return n;
}

int registration_parse(const char *text, size_t len, struct registration *ret, size_t *ret_line)
{
	_cleanup_registration_ struct registration reg = { 0 };
	const char *p = text, *end = text + len;
	size_t room = 0;

	while (p < end) {
		if (reg.n == room) {
			struct registration_record *v;

			room = room ? 2 * room : 64;
			v = reallocarray(reg.v, room, sizeof(*v));
			if (!v)
				return -ENOMEM;
			reg.v = v;
		}
		if (next_record(&p, end, &reg.v[reg.n]) < 0) {
			*ret_line = line_of(text, p);
			return -EBADMSG;
		}
		reg.n++;
	}
	if (reg.n > 0)
		qsort(reg.v, reg.n, sizeof(*reg.v), compare);
	*ret = reg;
	reg = (struct registration){ 0 };
	return 0;
}

bool registration_has(const struct registration *r, const char *path, size_t len,
		      const struct registration_record **ret)
{
	const struct registration_record key = { .text = path, .path_len = len };
	const struct registration_record *found =
		r->n > 0 ? bsearch(&key, r->v, r->n, sizeof(key), compare) : NULL;

	if (found && ret)
		*ret = found;
	return found;
}

int registration_to_load(const struct registration *r, const struct registration *known,
			 struct buf *ret)
{
	for (size_t i = 0; i < r->n; i++) {
		const struct registration_record *rec = &r->v[i], *old;

		if (rec->zero && registration_has(known, rec->text, rec->path_len, &old) &&
		    !old->zero)
			continue;
		if (buf_add(ret, rec->text, rec->len) < 0)
			return -ENOMEM;
	}
	return 0;
}

int registration_minus(const struct registration *a, const struct registration *b, struct buf *ret)
{
	for (size_t i = 0; i < a->n; i++)
		if (!registration_has(b, a->v[i].text, a->v[i].path_len, NULL) &&
		    buf_add(ret, a->v[i].text, a->v[i].path_len + 1) < 0)
			return -ENOMEM;
	return 0;
}
