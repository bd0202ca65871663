/* SPDX-License-Identifier: MIT */
/* serial.c - a virtio disk, found by its serial: which name it gets is QEMU's order of arguments */
#include "init/serial.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>

#include "init/lib/file.h"
#include "init/lib/str.h"

int serial_of(const char *name, char *ret, size_t size)
{
	char path[64];
	int r = str_format(path, sizeof(path), "/sys/class/block/%s/serial", name);

	return r < 0 ? r : file_read_line(AT_FDCWD, path, ret, size);
}

static int try_disk(struct serial_disk *d, const char *name)
{
	char serial[64];
	int fd;

	if (serial_of(name, serial, sizeof(serial)) < 0 || !str_eq(serial, d->serial) ||
	    str_format(d->node, sizeof(d->node), "/dev/%s", name) < 0)
		return -ENOENT;
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
		if (str_after(ent->d_name, "vd"))
			fd = try_disk(disk, ent->d_name);
	return fd;
}
