/* SPDX-License-Identifier: MIT */
/* moddep.c - parsers of depmod's text files */
#include "host/initrd/moddep.h"

#include <errno.h>
#include <string.h>

void modules_free(struct modules *m)
{
	free(m->v);
	buf_free(&m->text);
	*m = (struct modules){ 0 };
}

int module_name(const char *path, size_t len, char dst[static MODULE_NAME_SIZE])
{
	const char *slash = memrchr(path, '/', len);
	const char *base = slash ? slash + 1 : path;
	size_t n = len - (size_t)(base - path);
	const char *ko = memmem(base, n, ".ko", 3);

	if (ko)
		n = (size_t)(ko - base);
	if (n == 0 || n >= MODULE_NAME_SIZE)
		return -EINVAL;
	for (size_t i = 0; i < n; i++)
		dst[i] = base[i] == '-' ? '_' : base[i];
	dst[n] = '\0';
	return 0;
}

static int by_name(const void *a, const void *b)
{
	const struct module *x = a, *y = b;

	return strcmp(x->name, y->name);
}

static int add(struct modules *m, char *path, size_t len, char *deps)
{
	struct module *v;

	/* The array grows at powers of two. */
	if ((m->n & (m->n - 1)) == 0) {
		v = reallocarray(m->v, m->n ? 2 * m->n : 1, sizeof(*v));
		if (!v)
			return -ENOMEM;
		m->v = v;
	}
	if (module_name(path, len, m->v[m->n].name) < 0)
		return -EBADMSG;
	m->v[m->n].path = path;
	m->v[m->n].deps = deps;
	m->n++;
	return 0;
}

/* The next three functions parse one line, NUL-terminated and without its line end. */
static int dep_line(struct modules *m, char *line)
{
	static char none[] = "";
	char *colon = strchr(line, ':'), *deps;

	if (!colon)
		return -EBADMSG;
	*colon = '\0';
	deps = colon + 1 + strspn(colon + 1, " ");
	return add(m, line, (size_t)(colon - line), *deps ? deps : none);
}

static int builtin_line(struct modules *m, char *line)
{
	static char none[] = "";

	return add(m, line, strlen(line), none);
}

static int modinfo_line(struct modules *m, char *line)
{
	static char none[] = "";
	size_t n = strcspn(line, ".");

	if (line[n] != '.')
		return -EBADMSG;
	/* The entries of one module are adjacent. */
	if (m->n > 0 && strlen(m->v[m->n - 1].path) == n &&
	    memcmp(m->v[m->n - 1].path, line, n) == 0)
		return 0;
	line[n] = '\0';
	return add(m, line, n, none);
}

static int parse(struct buf *text, char end, int (*one)(struct modules *m, char *line),
		 struct modules *ret, size_t *ret_line)
{
	_cleanup_modules_ struct modules m = { .text = *text };
	char *p, *stop;
	size_t line = 0;

	*text = (struct buf){ 0 };
	if (m.text.len == 0)
		return 0;
	p = m.text.data;
	stop = p + m.text.len;
	while (p < stop) {
		char *eol = memchr(p, end, (size_t)(stop - p));
		int r = 0;

		*ret_line = ++line;
		if (!eol)
			return -ENODATA;
		*eol = '\0';
		if (strlen(p) != (size_t)(eol - p))
			return -EBADMSG;
		if (*p && *p != '#')
			r = one(&m, p);
		if (r < 0)
			return r;
		p = eol + 1;
	}
	if (m.n > 0)
		qsort(m.v, m.n, sizeof(*m.v), by_name);
	*ret = m;
	m = (struct modules){ 0 };
	return 0;
}

int modules_parse_dep(struct buf *text, struct modules *ret, size_t *ret_line)
{
	return parse(text, '\n', dep_line, ret, ret_line);
}

int modules_parse_builtin(struct buf *text, struct modules *ret, size_t *ret_line)
{
	return parse(text, '\n', builtin_line, ret, ret_line);
}

int modules_parse_modinfo(struct buf *text, struct modules *ret, size_t *ret_line)
{
	return parse(text, '\0', modinfo_line, ret, ret_line);
}

const struct module *modules_find(const struct modules *m, const char *name)
{
	struct module key;

	if (m->n == 0 || module_name(name, strlen(name), key.name) < 0)
		return NULL;
	return bsearch(&key, m->v, m->n, sizeof(*m->v), by_name);
}

static const char *next_word(const char **p, const char *end, size_t *ret_len)
{
	const char *s = *p, *w;

	while (s < end && (*s == ' ' || *s == '\t'))
		s++;
	w = s;
	while (s < end && *s != ' ' && *s != '\t')
		s++;
	*p = s;
	*ret_len = (size_t)(s - w);
	return w;
}

static bool is(const char *word, size_t len, const char *text)
{
	return len == strlen(text) && memcmp(word, text, len) == 0;
}

static bool same_module(const char *word, size_t len, const char *name)
{
	char a[MODULE_NAME_SIZE], b[MODULE_NAME_SIZE];

	return module_name(word, len, a) == 0 && module_name(name, strlen(name), b) == 0 &&
	       str_eq(a, b);
}

static int softdep_line(const char *p, const char *end, const char *name,
			int (*found)(void *arg, const char *word, size_t word_len, bool post),
			void *arg)
{
	bool post = false;
	size_t n;
	const char *w = next_word(&p, end, &n);

	if (!is(w, n, "softdep"))
		return 0;
	w = next_word(&p, end, &n);
	if (!same_module(w, n, name))
		return 0;
	for (;;) {
		int r = 0;

		w = next_word(&p, end, &n);
		if (n == 0)
			return 0;
		if (is(w, n, "pre:"))
			post = false;
		else if (is(w, n, "post:"))
			post = true;
		else
			r = found(arg, w, n, post);
		if (r != 0)
			return r;
	}
}

int softdeps_each(const char *text, size_t len, const char *name,
		  int (*found)(void *arg, const char *word, size_t word_len, bool post), void *arg)
{
	const char *p = text, *stop = text + len;

	while (p < stop) {
		const char *eol = memchr(p, '\n', (size_t)(stop - p));
		int r;

		if (!eol)
			eol = stop;
		r = softdep_line(p, eol, name, found, arg);
		if (r != 0)
			return r;
		p = eol < stop ? eol + 1 : stop;
	}
	return 0;
}
