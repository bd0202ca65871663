/* SPDX-License-Identifier: MIT */
/*
 * marker.c - the mark of a format that has begun and has not ended
 *
 * Theory of operation: a format writes the marker first and flushes it before any other write. It
 * clears the marker after it has read the finished file system again. So a disk with a marker holds
 * only what our own format wrote, and may be formatted again. A sector is written whole or not at
 * all. The 32 random magic bytes occur nowhere else. The checksum rejects a damaged marker; the
 * size rejects a copy on a smaller disk. On a larger disk, which may have grown between two boots,
 * the marker is valid if everything after its size is zero.
 */
#include "fs/marker.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "init/lib/macro.h"

struct marker {
	uint8_t magic[32];
	uint8_t uuid[16];
	uint64_t size; /* of the disk, in bytes; native byte order: only this machine uses it */
	uint64_t sum;  /* of all fields before it */
	uint8_t zero[MARKER_SIZE - 64];
};

_Static_assert(sizeof(struct marker) == MARKER_SIZE, "it fills its sector");

static const uint8_t magic[32] = {
	0x4d, 0x4c, 0x5a, 0xa7, 0x0b, 0xb9, 0xb7, 0x7b, 0xbf, 0x39, 0x94,
	0x19, 0xf2, 0x56, 0x98, 0xb0, 0xfa, 0xef, 0x3d, 0x02, 0x9e, 0xeb,
	0x2a, 0x85, 0x86, 0xc0, 0x24, 0x4a, 0x75, 0xd8, 0x09, 0xbd,
};

/* FNV-1a: detects damage, not malice. */
static uint64_t sum(const struct marker *m)
{
	const uint8_t *p = (const uint8_t *)m, *end = (const uint8_t *)&m->sum;
	uint64_t h = 0xcbf29ce484222325;

	for (; p < end; p++)
		h = (h ^ *p) * 0x100000001b3;
	return h;
}

void marker_make(const uint8_t *uuid, uint64_t size, uint8_t *ret_sector)
{
	struct marker m = { .size = size };

	memcpy(m.magic, magic, sizeof(magic));
	memcpy(m.uuid, uuid, sizeof(m.uuid));
	m.sum = sum(&m);
	memcpy(ret_sector, &m, sizeof(m));
}

bool marker_parse(const uint8_t *sector, uint64_t size, uint8_t *ret_uuid, uint64_t *ret_size)
{
	struct marker m;

	memcpy(&m, sector, sizeof(m));
	if (memcmp(m.magic, magic, sizeof(magic)) != 0 || m.size > size || m.sum != sum(&m))
		return false;
	for (size_t i = 0; i < sizeof(m.zero); i++)
		if (m.zero[i] != 0)
			return false;
	memcpy(ret_uuid, m.uuid, sizeof(m.uuid));
	*ret_size = m.size;
	return true;
}

int marker_write(int fd, const uint8_t *sector)
{
	static uint8_t none[MARKER_SIZE];
	ssize_t n = pwrite(fd, sector ? sector : none, MARKER_SIZE, 0);

	if (n >= 0 && n < MARKER_SIZE)
		return -ENOSPC;
	return n < 0 || fsync(fd) < 0 ? -errno : 0;
}
