/* SPDX-License-Identifier: MIT */
/* marker.h - the mark of a format that has begun and has not ended */
#ifndef STOREBOOT_FS_MARKER_H
#define STOREBOOT_FS_MARKER_H

#include <stdbool.h>
#include <stdint.h>

#include "init/lib/macro.h"

/* It is the disk's first sector: ext3 leaves the first 1024 bytes to a boot loader. */
#define MARKER_SIZE 512

/*
 * Fills the sector for a disk of size bytes that is to get a file system of that UUID (16 bytes). A
 * pure function.
 */
void marker_make(const uint8_t *uuid, uint64_t size, uint8_t *ret_sector);

/*
 * Whether the sector is a marker, all of it, for a disk of size bytes, or for a smaller one that
 * has become larger since: then everything behind the old size (*ret_size, at most size) must be
 * zero, which is the caller's to see. Its UUID is in *ret_uuid. A pure function.
 */
bool marker_parse(const uint8_t *sector, uint64_t size, uint8_t *ret_uuid, uint64_t *ret_size);

/* Writes the sector (NULL: zeroes) to the disk and flushes it. Returns 0 or -errno. */
_must_check_ int marker_write(int fd, const uint8_t *sector);

#endif
