/* SPDX-License-Identifier: MIT */
/* serial.c - find a disk by its serial, because its name depends on the order of detection */
#include "init/serial.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "init/lib/file.h"
#include "init/lib/str.h"

/* A header and at most 65535 bytes. */
#define PAGE_HEADER 4
#define PAGE_MAX (PAGE_HEADER + 65535)

/*
 * SPC-4, "Unit Serial Number VPD page": page code 80h; length, most significant byte first. For an
 * ATA disk libata makes the page from the disk's 20 bytes, padded with spaces (ata_scsiop_inq_80).
 */
void serial_of_page(const unsigned char *page, size_t len, char ret[static SERIAL_SIZE])
{
	size_t n = len < PAGE_HEADER || page[1] != 0x80 ? 0 : (size_t)page[2] << 8 | page[3];

	if (n + PAGE_HEADER > len) /* truncated */
		n = 0;
	while (n > 0 && page[PAGE_HEADER + n - 1] == ' ')
		n--;
	if (n >= SERIAL_SIZE)
		n = 0;
	if (n > 0)
		memcpy(ret, page + PAGE_HEADER, n);
	ret[n] = '\0';
}

/* virtio disks have the serial in one file, disks of the SCSI layer in another. */
void serial_of(const char *name, char ret[static SERIAL_SIZE])
{
	_cleanup_buf_ struct buf page = { 0 };
	char path[80];

	ret[0] = '\0';
	if (str_format(path, sizeof(path), "/sys/class/block/%s/serial", name) == 0 &&
	    file_read_line(AT_FDCWD, path, ret, SERIAL_SIZE) == 0)
		return;
	ret[0] = '\0';
	if (str_format(path, sizeof(path), "/sys/class/block/%s/device/vpd_pg80", name) == 0 &&
	    file_read(AT_FDCWD, path, PAGE_MAX, &page) == 0 && page.len > 0)
		serial_of_page((const unsigned char *)page.data, page.len, ret);
}

/*
 * An image is a file on the host, whose kernel orders the requests. The guest's scheduler makes
 * each request wait for another thread. By default the kernel uses no scheduler only for a disk
 * with several queues, which QEMU provides if the machine has several processors
 * (block/elevator.c).
 */
static int drop_scheduler(const char *name)
{
	char path[80];
	int r = str_format(path, sizeof(path), "/sys/block/%s/queue/scheduler", name);

	return r < 0 ? r : file_write(AT_FDCWD, path, "none", strlen("none"));
}

static int try_disk(struct serial_disk *d, const char *name)
{
	char serial[SERIAL_SIZE];
	int fd;

	serial_of(name, serial);
	if (!str_eq(serial, d->serial) || str_format(d->node, sizeof(d->node), "/dev/%s", name) < 0)
		return -ENOENT;
	(void)drop_scheduler(name); /* only slower with a scheduler */
	fd = open(d->node, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

int serial_open(void *arg)
{
	_cleanup_closedir_ DIR *d = NULL;
	struct serial_disk *disk = arg;
	struct dirent *ent;
	int fd = try_disk(disk, "vda");

	if (fd != -ENOENT)
		return fd;
	d = opendir("/sys/block");
	if (!d)
		return -errno;
	while (fd == -ENOENT && (ent = readdir(d)))
		if (str_after(ent->d_name, "vd") || str_after(ent->d_name, "sd"))
			fd = try_disk(disk, ent->d_name);
	return fd;
}
