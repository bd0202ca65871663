/* SPDX-License-Identifier: MIT */
/* grow.c - tests of whether a file system is smaller than its disk */
#include "init/grow.h"

#include <string.h>

#include "tests/lib/test.h"

#define MIB ((uint64_t)1 << 20)

static void put(uint8_t *sb, size_t at, uint32_t v)
{
	for (size_t i = 0; i < 4; i++)
		sb[at + i] = (uint8_t)(v >> (8 * i));
}

static void rows(void)
{
	static const struct {
		uint32_t log, blocks, incompat, hi;
		uint64_t disk, want, now;
	} table[] = {
		{ 2, 131072, 0, 0, 512 * MIB, 0, 512 * MIB },	  /* fills its disk */
		{ 2, 131072, 0, 0, 1024 * MIB, 262144, 512 * MIB },
		{ 0, 65536, 0, 0, 128 * MIB, 131072, 64 * MIB },  /* 1024-byte blocks */
		{ 2, 131072, 0, 0, 513 * MIB - 1, 0, 512 * MIB }, /* not worth it */
		{ 2, 131072, 0, 0, 256 * MIB, 0, 512 * MIB },	  /* the disk shrank: not for us */
		{ 2, 131072, 0, 7, 1024 * MIB, 262144, 512 * MIB },
		{ 2, 0, 0x80, 1, (uint64_t)32 << 40, (uint64_t)8 << 30, (uint64_t)16 << 40 },
		{ 2, 0, 0, 0, 512 * MIB, 0, 0 },
		{ 7, 1, 0, 0, 512 * MIB, 0, 0 },
		{ 0xffffffff, 1, 0, 0, 512 * MIB, 0, 0 },
		{ 6, 0xffffffff, 0x80, 0xffffffff, 512 * MIB, 0, 0 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		uint8_t sb[GROW_SUPERBLOCK_SIZE] = { 0 };
		uint64_t now = 0;

		put(sb, 0x4, table[i].blocks);
		put(sb, 0x18, table[i].log);
		put(sb, 0x38, 0xef53);
		put(sb, 0x60, table[i].incompat);
		put(sb, 0x150, table[i].hi);
		CHECK_INT(grow_blocks(sb, table[i].disk, &now), table[i].want);
		CHECK_INT(now, table[i].now);
		sb[0x38] = 0;
		now = 0;
		CHECK_INT(grow_blocks(sb, table[i].disk, &now), 0);
		CHECK_INT(now, 0);
	}
}

int main(void)
{
	RUN(rows);
	TEST_END();
}
