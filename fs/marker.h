/* SPDX-License-Identifier: MIT */
/* marker.h - the mark of a format that has begun and has not ended */
#ifndef STOREBOOT_FS_MARKER_H
#define STOREBOOT_FS_MARKER_H

#include <stdbool.h>
#include <stdint.h>

#include "init/lib/macro.h"

/* The marker is the first sector: ext3 leaves the first 1024 bytes to a boot loader. */
#define MARKER_SIZE 512

/* Fills the sector with a marker, for a disk of size bytes and a file system with this UUID (16
 * bytes). A pure function. */
void marker_make(const uint8_t *uuid, uint64_t size, uint8_t *ret_sector);

/*
 * Returns true if the sector is a marker for a disk of size bytes, or of fewer bytes (the disk may
 * have grown). The caller must check that everything after *ret_size is zero. ret_uuid: 16 bytes.
 * ret_size: the marker's size, at most size. A pure function.
 */
bool marker_parse(const uint8_t *sector, uint64_t size, uint8_t *ret_uuid, uint64_t *ret_size);

/* Writes the sector (NULL: zeroes) to the start of the disk and flushes it. Returns 0 or -errno. */
_must_check_ int marker_write(int fd, const uint8_t *sector);

#endif
