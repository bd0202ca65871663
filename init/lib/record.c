/* SPDX-License-Identifier: MIT */
/* record.c - records that stage 1 sends to the host, one per line */
#include "init/lib/record.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "init/lib/str.h"

#define MAGIC "sb1"

static const char *const kinds[] = {
	[RECORD_STEP] = "step",	    [RECORD_SKIP] = "skip",	  [RECORD_FAIL] = "fail",
	[RECORD_STAGE2] = "stage2", [RECORD_WARN] = "warn",	  [RECORD_BEGIN] = "begin",
	[RECORD_KERNEL] = "kernel", [RECORD_PVPANIC] = "pvpanic",
};

static const struct {
	char plain, escaped;
} escapes[] = { { '\t', 't' }, { '\n', 'n' }, { '\r', 'r' }, { '\\', '\\' } };

const char *record_kind_name(enum record_kind kind)
{
	return kinds[kind];
}

static int put_raw(char *dst, size_t size, size_t *at, const char *text)
{
	size_t n = strlen(text);

	if (n > size - *at)
		return -ENAMETOOLONG;
	memcpy(dst + *at, text, n);
	*at += n;
	return 0;
}

/* Appends text with separators and backslashes escaped; does not terminate dst. */
static int put_text(char *dst, size_t size, size_t *at, const char *text)
{
	for (const char *p = text; *p; p++) {
		char c = *p;

		for (size_t i = 0; i < ARRAY_SIZE(escapes); i++)
			if (*p == escapes[i].plain)
				c = escapes[i].escaped;
		if (size - *at < 2)
			return -ENAMETOOLONG;
		if (c != *p || *p == '\\')
			dst[(*at)++] = '\\';
		dst[(*at)++] = c;
	}
	return 0;
}

int record_format(const struct record *rec, char *dst, size_t size)
{
	char numbers[64];
	size_t at = 0;

	snprintf(numbers, sizeof(numbers), "\t%d\t%" PRIu64 "\t%" PRIu64 "\t", rec->num,
		 rec->start_us, rec->took_us);
	if (put_raw(dst, size, &at, MAGIC "\t") < 0 ||
	    put_raw(dst, size, &at, kinds[rec->kind]) < 0 || put_raw(dst, size, &at, "\t") < 0 ||
	    put_text(dst, size, &at, rec->name) < 0 || put_raw(dst, size, &at, numbers) < 0 ||
	    put_text(dst, size, &at, rec->text) < 0 || put_raw(dst, size, &at, "\n") < 0 ||
	    at == size)
		return -ENAMETOOLONG;
	dst[at] = '\0';
	return (int)at;
}

/* Takes the next field, up to a tab; NULL if there is no tab. */
static const char *field(const char **p, const char *end, size_t *ret_len)
{
	const char *start = *p,
		   *tab = start <= end ? memchr(start, '\t', (size_t)(end - start)) : NULL;

	if (!tab)
		return NULL;
	*p = tab + 1;
	*ret_len = (size_t)(tab - start);
	return start;
}

static int parse_number(const char *s, size_t len, uint64_t max, uint64_t *ret)
{
	uint64_t v = 0;

	if (len == 0)
		return -EBADMSG;
	for (size_t i = 0; i < len; i++) {
		unsigned int digit = (unsigned int)(s[i] - '0');

		if (digit > 9 || v > (max - digit) / 10)
			return -EBADMSG;
		v = v * 10 + digit;
	}
	*ret = v;
	return 0;
}

static int parse_text(const char *s, const char *end, char *dst, size_t size)
{
	size_t n = 0;

	for (; s < end; s++) {
		char c = *s;

		if (c == '\0' || n + 1 >= size)
			return -EBADMSG;
		if (c == '\\') {
			if (++s == end)
				return -EBADMSG;
			c = '\0';
			for (size_t i = 0; i < ARRAY_SIZE(escapes); i++)
				if (*s == escapes[i].escaped)
					c = escapes[i].plain;
			if (c == '\0')
				return -EBADMSG;
		}
		dst[n++] = c;
	}
	dst[n] = '\0';
	return 0;
}

static int parse_kind(const char *s, size_t len, enum record_kind *ret)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (strlen(kinds[i]) == len && memcmp(kinds[i], s, len) == 0) {
			*ret = (enum record_kind)i;
			return 0;
		}
	return -EBADMSG;
}

int record_parse(const char *line, size_t len, struct record *ret)
{
	const char *p = line, *end = line + len;
	struct {
		const char *s;
		size_t len;
	} f[6];
	struct record rec = { 0 };
	uint64_t num;

	if (len > 0 && end[-1] == '\r') /* the terminal mode of a serial line may add it */
		end--;
	for (size_t i = 0; i < ARRAY_SIZE(f); i++) {
		f[i].s = field(&p, end, &f[i].len);
		if (!f[i].s)
			return -EBADMSG;
	}
	if (f[0].len != strlen(MAGIC) || memcmp(f[0].s, MAGIC, f[0].len) != 0 ||
	    parse_kind(f[1].s, f[1].len, &rec.kind) < 0 ||
	    parse_text(f[2].s, f[2].s + f[2].len, rec.name, sizeof(rec.name)) < 0 ||
	    parse_number(f[3].s, f[3].len, INT_MAX, &num) < 0 ||
	    parse_number(f[4].s, f[4].len, UINT64_MAX, &rec.start_us) < 0 ||
	    parse_number(f[5].s, f[5].len, UINT64_MAX, &rec.took_us) < 0 ||
	    parse_text(p, end, rec.text, sizeof(rec.text)) < 0)
		return -EBADMSG;
	rec.num = (int)num;
	*ret = rec;
	return 0;
}
