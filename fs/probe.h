/* SPDX-License-Identifier: MIT */
/* probe.h - what a disk holds (libblkid), and whether it is empty */
#ifndef STOREBOOT_FS_PROBE_H
#define STOREBOOT_FS_PROBE_H

#include <stdbool.h>
#include <stdint.h>

#include "init/lib/err.h"

struct probe {
	bool empty;	 /* no signature, no partition table, and every byte is zero */
	char type[32];	 /* "ext3", "crypto_LUKS", "gpt", ...; empty if nothing was recognised */
	char usage[16];	 /* libblkid's USAGE ("filesystem", "raid", "crypto", "other") or "table" */
	char label[256]; /* of the file system, may be empty */
	uint8_t uuid[16]; /* of the file system; zeroes if it has none of 16 bytes */
	uint64_t size;	  /* bytes */
	uint64_t nonzero; /* without signature and marker: offset of the first nonzero byte */
	bool marker;	  /* a format of ours has begun on this disk (marker.h) */
	bool finished;	  /* and the disk holds a file system with the marker's UUID */
};

/*
 * Probes an open device or image with libblkid's superblocks and partitions chains. If both find
 * nothing (blkid_do_safeprobe returns 1) and there is no marker, searches for a byte that is not
 * zero: in the whole disk, or only in its first and last MiB if the host has guaranteed zeroes
 * (known_zero). what: its name for messages. Writes and prints nothing. Returns 0 and fills ret;
 * -EUCLEAN (several signatures, a file system beside a partition table, or an error of libblkid),
 * -ENOMEDIUM (size 0), -EIO or another error if it cannot be read.
 */
_must_check_ int fs_probe(int fd, const char *what, bool known_zero, struct probe *ret,
			  struct err *e);

#endif
