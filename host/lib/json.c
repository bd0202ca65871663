/* SPDX-License-Identifier: MIT */
/* json.c - JSON objects as lines */
#include "host/lib/json.h"

#include <errno.h>

#include "host/lib/harmless.h"

/* The value of the control character at s, which is valid UTF-8 (json.h); n: its length. */
static unsigned int control(const char *s, size_t *n)
{
	*n = *s == '\xc2' ? 2 : 1;
	return (unsigned char)s[*n - 1];
}

int json_line(json_object *o, struct buf *ret)
{
	static const int style = JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE;
	const char *s = json_object_to_json_string_ext(o, style), *end;
	int r = s ? 0 : -ENOMEM;

	end = s ? s + strlen(s) : s;
	for (size_t n; r == 0 && s < end; s += n) {
		n = harmless_char(s, (size_t)(end - s));
		r = n ? buf_add(ret, s, n) : buf_addf(ret, "\\u%04x", control(s, &n));
	}
	json_object_put(o);
	return r < 0 ? r : buf_add(ret, "\n", 1);
}
