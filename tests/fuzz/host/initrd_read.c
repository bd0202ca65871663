/* SPDX-License-Identifier: MIT */
/* initrd_read.c - fuzz target: an initramfs, whoever made it */
#include "host/initrd/initrd_read.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Every byte that an entry claims must be there to be read. */
static unsigned int touch(const struct initrd_entry *f)
{
	unsigned int sum = (unsigned int)strlen(f->name);

	for (uint32_t i = 0; i < f->size; i++)
		sum += (unsigned char)f->data[i];
	return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(initrd_content_free) struct initrd_content c = { 0 };
	int r = initrd_read(data, size, &c);
	volatile unsigned int sum = 0;
	size_t entries = 0;

	if (r == 0 && c.n_parts == 0)
		abort();
	for (size_t i = 0; i < c.n_parts; i++) {
		entries += c.parts[i].entries;
		if (c.parts[i].offset > size || c.parts[i].size > size - c.parts[i].offset)
			abort();
	}
	if (entries != c.n)
		abort();
	/* Where many names share one file's content each byte would be read as often. */
	for (size_t i = 0; i < c.n && i < 64; i++) {
		sum += touch(&c.v[i]);
		if (!initrd_find(&c, c.v[i].name))
			abort();
	}
	return 0;
}
