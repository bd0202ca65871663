/* SPDX-License-Identifier: MIT */
/* ext_grow.c - tests of whether a file system is smaller than its disk */
#include "fs/ext.h"

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
		{ 2, 131072, 0, 0, 512 * MIB, 0, 512 * MIB }, /* fills its disk */
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
		uint8_t sb[EXT_SUPERBLOCK_SIZE] = { 0 };
		uint64_t now = 0;

		put(sb, 0x4, table[i].blocks);
		put(sb, 0x18, table[i].log);
		put(sb, 0x38, 0xef53);
		put(sb, 0x60, table[i].incompat);
		put(sb, 0x150, table[i].hi);
		CHECK_INT(ext_grow_blocks(sb, table[i].disk, &now), table[i].want);
		CHECK_INT(now, table[i].now);
		sb[0x38] = 0;
		now = 0;
		CHECK_INT(ext_grow_blocks(sb, table[i].disk, &now), 0);
		CHECK_INT(now, 0);
	}
}

/* As mke2fs 1.47 has them: of 512 MiB with 4096-byte blocks and of 64 MiB with 1024-byte ones. */
static void a_last_group_that_is_too_small(void)
{
	static const struct {
		uint32_t log, first, blocks, per_group, inodes, reserved;
		uint64_t disk, want;
	} table[] = {
		{ 2, 0, 131072, 32768, 8192, 127, 513 * MIB,
		  0 }, /* 256 blocks, and its tables take 514 */
		{ 2, 0, 131072, 32768, 8192, 127, 514 * MIB, 0 },
		{ 2, 0, 131072, 32768, 8192, 127, 516 * MIB, 132096 },
		{ 2, 0, 131072, 32768, 8192, 127, 640 * MIB, 163840 }, /* a whole group more, */
		{ 2, 0, 131072, 32768, 8192, 127, 641 * MIB,
		  163840 }, /* and what is behind it stays */
		{ 2, 0, 163840, 32768, 8192, 127, 641 * MIB, 0 },
		{ 2, 0, 132096, 32768, 8192, 127, 517 * MIB,
		  132352 }, /* the last group itself grows */
		{ 0, 1, 65536, 8192, 4096, 256, 65 * MIB,
		  0 }, /* 1023 blocks, and its inodes take 1024 */
		{ 0, 1, 65536, 8192, 2048, 256, 72 * MIB, 73728 },
		{ 2, 0, 131072, 32768, 0xffffffff, 0xffff, 1024 * MIB, 262144 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		uint8_t sb[EXT_SUPERBLOCK_SIZE] = { 0 };
		uint64_t now = 0;

		put(sb, 0x4, table[i].blocks);
		put(sb, 0x14, table[i].first);
		put(sb, 0x18, table[i].log);
		put(sb, 0x20, table[i].per_group);
		put(sb, 0x28, table[i].inodes);
		put(sb, 0x38, 0xef53);
		put(sb, 0x58, 256);
		put(sb, 0xce, table[i].reserved);
		CHECK_INT(ext_grow_blocks(sb, table[i].disk, &now), table[i].want);
		CHECK_INT(now, (uint64_t)table[i].blocks << (10 + table[i].log));
	}
}

int main(void)
{
	RUN(rows);
	RUN(a_last_group_that_is_too_small);
	TEST_END();
}
