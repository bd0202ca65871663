/* SPDX-License-Identifier: MIT */
/* mountinfo.c - fuzz target: any text as mountinfo */
#include "mount/mountinfo.h"

#include <stdint.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_within(const struct mountinfo_span *span, const char *text, size_t size)
{
	if (span->s < text || span->len > size || span->s + span->len > text + size)
		__builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const points[] = { "/", "/hostfs", "/a b", "" };
	const char *text = (const char *)data;
	struct mountinfo m;

	for (size_t i = 0; i < ARRAY_SIZE(points); i++) {
		if (mountinfo_find(text, size, points[i], &m) < 0)
			continue;
		check_within(&m.mount_options, text, size);
		check_within(&m.type, text, size);
		check_within(&m.source, text, size);
		check_within(&m.super_options, text, size);
		if (mountinfo_has(&m.super_options, "unix") &&
		    !memmem(m.super_options.s, m.super_options.len, "unix", 4))
			__builtin_trap();
	}
	return 0;
}
