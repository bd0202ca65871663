/* SPDX-License-Identifier: MIT */
/* io_error.c - messages for a failed read or write of a guest's disk */
#include "host/disk/io_error.h"

#include <errno.h>

#include "host/lib/host_fs.h"

static const struct qemu_disk *find(const struct qemu_disk *disks, size_t n, const char *node)
{
	unsigned int i;

	return sscanf(node, "disk%u", &i) == 1 && i < n ? &disks[i] : NULL;
}

/* QEMU sets no_space only if it is configured to stop the machine in that case
 * (block/block-backend.c, send_qmp_error_event). Otherwise compare its reason, which is strerror's
 * in the C locale, as ours. */
static bool is_full(const struct io_error *e)
{
	return e->no_space || str_eq(e->reason, strerror(ENOSPC));
}

/* Paths are cut so that the rest of the line fits. */
static void where(int fd, bool full, char *dst, size_t size)
{
	struct host_fs fs;
	int n;

	dst[0] = '\0';
	if (fd < 0 || host_fs_of(fd, &fs) < 0)
		return;
	n = full ? snprintf(dst, size,
			    "; the host's file system %.300s (%.100s) is full, %llu KiB are left",
			    fs.point, fs.device, (unsigned long long)(fs.free >> 10)) :
		   snprintf(dst, size, "; it lies on the host's file system %.300s (%.100s)",
			    fs.point, fs.device);
	if (n < 0 || (size_t)n >= size)
		dst[0] = '\0';
}

void io_error_text(const struct qemu_disk *disks, size_t n, const struct io_error *e, char *dst,
		   size_t size)
{
	const struct qemu_disk *d = find(disks, n, e->node);
	const bool layer = d && d->layer_fd >= 0 && str_eq(e->operation, "write");
	char place[600];

	where(!d ? -1 : layer ? d->layer_fd : d->fd, is_full(e), place, sizeof(place));
	snprintf(dst, size, "the host cannot %s %s%.300s: %s%s", e->operation,
		 layer ? "the throw-away layer of " : "", d && d->file ? d->file : e->node,
		 e->reason, place);
}
