/* SPDX-License-Identifier: MIT */
/* probe.h - what a disk holds (libblkid), and whether it is empty */
#ifndef STOREBOOT_FS_PROBE_H
#define STOREBOOT_FS_PROBE_H

#include <stdbool.h>
#include <stdint.h>

#include "init/lib/err.h"

struct probe {
	bool empty;	 /* no signature, no partition table, and every byte is zero */
	char type[32];	 /* "ext3", "crypto_LUKS", "gpt", ...; empty where nothing was recognised */
	char usage[16];	 /* libblkid's USAGE: "filesystem", "raid", "crypto", "other"; "table" for
			    partitions */
	char label[256]; /* of the file system, may be empty */
	uint8_t uuid[16]; /* of the file system; zeroes if it has none of 16 bytes */
	uint64_t size;	  /* bytes */
	uint64_t nonzero; /* with no signature, no marker and not empty: offset of the first byte
			     that is not zero */
	bool marker;	  /* a format of ours has begun here (marker.h) */
	bool finished;	  /* and the file system that it announced is here */
};

/*
 * Looks at the open device or image: libblkid's superblocks and partitions chains; where both say
 * exactly "nothing" (blkid_do_safeprobe returns 1) and there is no marker, reads it for a byte that
 * is not zero: all of it, or, where the host answers for the rest (known_zero), its first and last
 * MiB. Returns 0 and fills ret; -EUCLEAN (ambiguous: several signatures, also a file system beside
 * a partition table; or libblkid's own error), -ENOMEDIUM (size 0), -EIO and others when it cannot
 * be read. what: the object's name for messages. Writes nothing, prints nothing.
 */
_must_check_ int fs_probe(int fd, const char *what, bool known_zero, struct probe *ret,
			  struct err *e);

#endif
