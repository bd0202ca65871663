/* SPDX-License-Identifier: MIT */
/* plan.c - everything that a run needs: what was asked for, what was found, what QEMU is told */
#include "host/run/plan.h"

void plan_free(struct plan *p)
{
	disks_close(&p->disks);
	cleanup_close(&p->initrd_fd);
	buf_free(&p->initrd);
	buf_free(&p->registration);
	buf_free(&p->rescue_shell);
	buf_free(&p->unprinted);
	share_free(&p->share);
	shared_folders_free(&p->folders);
	qemu_config_free(&p->qemu);
	events_close(&p->watch.events);
	console_log_close(&p->watch.log);
	cleanup_close(&p->watch.control);
	guest_command_free(&p->watch.command);
	system_free(&p->system);
	opt_args_free(&p->args);
}
