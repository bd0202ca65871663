/* SPDX-License-Identifier: MIT */
/*
 * fuzz_disk.h - fuzz targets: a disk in memory, made from an input
 *
 * The input's first byte is the disk's size in units of 64 KiB; 0: 300 of them.
 * Then come pieces: the first sector of 512 bytes (2 bytes, little-endian; 0x8000 and more count
 * from the disk's end), the length (2), the bytes. All else is zero.
 */
#ifndef STOREBOOT_TESTS_FUZZ_DISK_H
#define STOREBOOT_TESTS_FUZZ_DISK_H

#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "init/lib/macro.h"

#define SECTOR 512

struct fuzz_disk {
	int fd;
	char path[32];
	uint64_t size;
};

static inline void put_pieces(struct fuzz_disk *d, const uint8_t *data, size_t size)
{
	while (size >= 4) {
		uint64_t sector = (uint64_t)data[0] | (uint64_t)data[1] << 8;
		size_t len = (size_t)(data[2] | data[3] << 8);
		const uint64_t last = d->size / SECTOR;

		data += 4;
		size -= 4;
		len = len < size ? len : size;
		sector = sector & 0x8000 ? last - 1 - (sector & 0x7fff) % last : sector % last;
		if (sector * SECTOR + len <= d->size &&
		    pwrite(d->fd, data, len, (off_t)(sector * SECTOR)) != (ssize_t)len)
			abort();
		data += len;
		size -= len;
	}
}

static inline void fuzz_disk_make(struct fuzz_disk *d, const uint8_t *data, size_t size)
{
	const unsigned int units = size && data[0] ? data[0] : 300;

	d->fd = memfd_create("disk", MFD_CLOEXEC);
	d->size = (uint64_t)units << 16;
	snprintf(d->path, sizeof(d->path), "/proc/self/fd/%d", d->fd);
	if (d->fd < 0 || ftruncate(d->fd, (off_t)d->size) < 0)
		abort();
	if (size > 0)
		put_pieces(d, data + 1, size - 1);
}

/* Is every byte zero from this one on? */
static inline bool fuzz_disk_is_zero(const struct fuzz_disk *d, uint64_t from)
{
	static uint8_t bytes[65536];
	off_t at = lseek(d->fd, (off_t)from, SEEK_DATA);

	while (at >= 0 && (uint64_t)at < d->size) {
		ssize_t n = pread(d->fd, bytes, sizeof(bytes), at);

		if (n <= 0)
			abort();
		for (ssize_t i = 0; i < n; i++)
			if (bytes[i])
				return false;
		at = lseek(d->fd, at + n, SEEK_DATA);
	}
	return true;
}

/* FNV-1a over all that is no hole. */
static inline uint64_t fuzz_disk_hash(const struct fuzz_disk *d)
{
	static uint8_t bytes[65536];
	uint64_t h = 0xcbf29ce484222325;
	off_t at = lseek(d->fd, 0, SEEK_DATA);

	while (at >= 0 && (uint64_t)at < d->size) {
		ssize_t n = pread(d->fd, bytes, sizeof(bytes), at);

		for (ssize_t i = 0; i < n; i++)
			h = (h ^ bytes[i]) * 0x100000001b3;
		at = n > 0 ? lseek(d->fd, at + n, SEEK_DATA) : -1;
	}
	return h;
}

#endif
