/* SPDX-License-Identifier: MIT */
/* ext_grow.c - fuzz target: a superblock and a disk's size (the last 8 bytes); the size to grow to
 * lies between the present one and the disk's */
#include "fs/ext.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t super[EXT_SUPERBLOCK_SIZE] = { 0 };
	uint64_t disk = 0, now = 0, blocks, block;

	if (size < sizeof(disk))
		return 0;
	size -= sizeof(disk);
	memcpy(&disk, data + size, sizeof(disk));
	memcpy(super, data, size < sizeof(super) ? size : sizeof(super));
	disk &= INT64_MAX; /* loff_t */
	blocks = ext_grow_blocks(super, disk, &now);
	block = (uint64_t)1024 << (super[0x18] & 7);
	if (blocks > 0 && (now == 0 || blocks > disk / block || blocks * block < now + (1 << 20)))
		abort();
	return 0;
}
