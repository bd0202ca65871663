/* SPDX-License-Identifier: MIT */
/* needs.c - which needs of the initramfs a run has, beside those of its share */
#include "host/run/needs.h"

#include <stdlib.h>

const char *const *needs_of_disks(const struct run_values *v, const struct disks *disks)
{
	static const char *const for_disks[][2] = {
		[DISK_BY_VIRTIO] = { "disk" }, [DISK_BY_SCSI] = { "scsi" }, [DISK_BY_IDE] = { "ide" }
	};

	return disks->n > 0 ? for_disks[v->disk_interface] : NULL;
}

/* Has the guest a use for its card, beside a share that comes by it (road_table.c)? */
static bool uses_network(const struct run_values *v)
{
	const char *opts = getenv("QEMU_NET_OPTS");

	return v->network || v->forwards.n > 0 || v->guest_forwards.n > 0 || v->vlans.n > 0 ||
	       (opts && opts[0]);
}

void needs_list(const struct run_values *v, const struct disks *disks, const char *ret[NEEDS_MAX + 1])
{
	const char *const *disk = needs_of_disks(v, disks);
	size_t n = 0;

	if (disk)
		ret[n++] = disk[0];
	if (disks->has_root)
		ret[n++] = "root";
	if (uses_network(v))
		ret[n++] = "net";
	ret[n] = NULL;
}
