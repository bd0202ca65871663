/* SPDX-License-Identifier: MIT */
/* softdep.c - fuzz target: modules.softdep */
#include <stdint.h>

#include "host/initrd/moddep.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t total;

static int count(void *arg, const char *word, size_t len, bool post)
{
	const struct buf *text = arg;

	if (len == 0 || word < text->data || word + len > text->data + text->len)
		abort();
	total += len + post;
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const names[] = { "ext4", "cifs", "libcrc32c" };
	/* A copy of its own size, so that reading over the end is seen. */
	char *copy = malloc(size ? size : 1);
	struct buf text = { copy, size, 0 };

	if (!copy)
		return 0;
	memcpy(copy, data, size);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (softdeps_each(copy, size, names[i], count, &text) != 0)
			abort();
	free(copy);
	return 0;
}
