/* SPDX-License-Identifier: MIT */
/* write_log.h - tests: reads what QEMU's blklogwrites driver has logged, as io_tap.h's operations
 */
#ifndef STOREBOOT_TESTS_WRITE_LOG_H
#define STOREBOOT_TESTS_WRITE_LOG_H

#include <endian.h>
#include <stdio.h>

#include "tests/lib/io_tap.h"

/* QEMU's block/blklogwrites.c; the format is dm-log-writes's (drivers/md/dm-log-writes.c). */
#define WRITE_LOG_MAGIC 0x6a736677736872ULL
#define WRITE_LOG_SECTOR 512
#define WRITE_LOG_FLUSH 1

/* Each fills a sector of its own; an entry's data follow it. */
struct write_log_super {
	uint64_t magic, version, entries;
	uint32_t sector_size;
};

struct write_log_entry {
	uint64_t sector, sectors, flags, data_len;
};

/* Appends what the entry says and reads its data. Returns whether it is one that is understood
 * here. */
static bool write_log_take(FILE *f, const struct write_log_entry *e, struct op *ret)
{
	size_t len = (size_t)le64toh(e->sectors) * WRITE_LOG_SECTOR;

	if (le64toh(e->flags) & ~(uint64_t)WRITE_LOG_FLUSH)
		return false;
	*ret = (struct op){ .at = le64toh(e->sector) * WRITE_LOG_SECTOR, .len = len };
	if (len == 0)
		return le64toh(e->flags) == WRITE_LOG_FLUSH;
	ret->data = malloc(len);
	return le64toh(e->flags) == 0 && ret->data && fread(ret->data, len, 1, f) == 1;
}

/* Returns the operations, or NULL where the log is none or holds what is not understood. */
static struct op *write_log_read(const char *path, size_t *ret_n)
{
	char sector[WRITE_LOG_SECTOR];
	FILE *f = fopen(path, "re");
	struct write_log_super s;
	struct op *op;
	size_t n = 0, entries;

	if (!f || fread(sector, sizeof(sector), 1, f) != 1)
		return NULL;
	memcpy(&s, sector, sizeof(s));
	entries = (size_t)le64toh(s.entries);
	op = calloc(entries ? entries : 1, sizeof(*op));
	if (le64toh(s.magic) != WRITE_LOG_MAGIC || le32toh(s.sector_size) != WRITE_LOG_SECTOR ||
	    !op)
		return NULL;
	while (n < entries && fread(sector, sizeof(sector), 1, f) == 1) {
		struct write_log_entry e;

		memcpy(&e, sector, sizeof(e));
		if (!write_log_take(f, &e, &op[n]))
			return NULL;
		n++;
	}
	fclose(f);
	*ret_n = n;
	return n == entries ? op : NULL;
}

#endif
