/* SPDX-License-Identifier: MIT */
/* plan.c - everything that a run needs: the options, what was found, QEMU's arguments */
#include "host/run/plan.h"

void plan_free(struct plan *p)
{
	disks_close(&p->disks);
	cleanup_close(&p->store_fd);
	cleanup_close(&p->initrd_fd);
	buf_free(&p->initrd);
	buf_free(&p->registration);
	buf_free(&p->rescue_shell);
	buf_free(&p->unprinted);
	share_free(&p->share);
	shared_folders_free(&p->folders);
	qemu_config_free(&p->qemu);
	place_close(&p->tpm.place);
	output_close(&p->plot);
	events_close(&p->watch.events);
	console_log_close(&p->watch.log);
	cleanup_close(&p->watch.control);
	guest_command_free(&p->watch.command);
	system_free(&p->system);
	opt_args_free(&p->args);
}

const char *const *needs_of_disks(const struct plan *p)
{
	static const char *const for_disks[][2] = { [DISK_BY_VIRTIO] = { "disk" },
						    [DISK_BY_SCSI] = { "scsi" },
						    [DISK_BY_IDE] = { "ide" } };

	return p->disks.n > 0 ? for_disks[p->v.disk_interface] : NULL;
}

/* Is the network card needed for more than the share? */
static bool uses_network(const struct network *n)
{
	return n->open || n->n_forwards > 0 || n->n_guest_forwards > 0 || n->n_vlans > 0 ||
	       (n->opts && n->opts[0]);
}

void needs_list(struct plan *p)
{
	const char *const *disk = needs_of_disks(p);
	size_t n = 0;

	if (disk)
		p->needs[n++] = disk[0];
	if (p->disks.has_root)
		p->needs[n++] = "root";
	if (uses_network(&p->qemu.network))
		p->needs[n++] = "net";
	if (p->qemu.balloon != BALLOON_OFF)
		p->needs[n++] = "balloon";
	if (p->system.etc_overlay)
		p->needs[n++] = "etc";
	p->needs[n] = NULL;
}
