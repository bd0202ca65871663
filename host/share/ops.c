/* SPDX-License-Identifier: MIT */
/* ops.c - functions common to several shares */
#include "host/share/ops.h"

#include <errno.h>
#include <sys/wait.h>

#include "host/closure/names.h"
#include "host/lib/exit.h"
#include "host/lib/said.h"
#include "host/share/closure_tree.h"
#include "init/lib/spawn.h"

size_t share_exports(const struct share *s, struct share_export ret[SHARED_FOLDERS_MAX + 1])
{
	size_t n = 0;

	if (s->store) {
		ret[n] = (struct share_export){ .folder = s->store,
						.fd = s->store_fd,
						.is_store = true };
		snprintf(ret[n++].tag, sizeof(ret->tag), "%s", share_rows[s->served].source);
	}
	for (size_t i = 0; s->folders && i < s->folders->n; i++) {
		const struct shared_folder *f = &s->folders->v[i];

		ret[n] = (struct share_export){ .folder = f->host,
						.fd = f->fd,
						.writable = !f->read_only };
		snprintf(ret[n++].tag, sizeof(ret->tag), SHARED_FOLDER_TAG, i);
	}
	return n;
}

bool share_writes(const struct share *s)
{
	for (size_t i = 0; s->folders && i < s->folders->n; i++)
		if (!s->folders->v[i].read_only)
			return true;
	return false;
}

int share_check_device(const char *qemu, const char *device, struct err *e)
{
	_cleanup_buf_ struct buf out = { 0 }, said = { 0 }, help = { 0 };
	char how[64];
	int status = 0, r = buf_addf(&help, "%s,help", device);
	const char *const argv[] = { qemu, "-machine", "none", "-device", help.data, NULL };
	const struct spawn s = {
		.path = qemu, .argv = argv, .stdin_fd = -1, .timeout_ms = SPAWN_ASK_TIMEOUT_MS
	};

	if (r == 0)
		r = spawn_run(&s, &out, &said, &status);
	if (r < 0)
		return err_sys(e, r, "cannot ask %s for %s", qemu, device);
	if (out.len > 0)
		return 0;
	/* QEMU 7.2 exits with 0 for a device that it lacks, others with 1. */
	if (WIFEXITED(status) && (strstr(said_last(&said), "not found") ||
				  strstr(said_last(&said), "not a valid device")))
		return err_exit(e, EXIT_MISSING, ENODEV, "%s was built without %s", qemu, device);
	return err_exit(e, EXIT_MISSING, EIO, "%s cannot be asked for %s: %s: %s", qemu, device,
			spawn_status_text(status, how, sizeof(how)), said_why(&said));
}

int share_find_exposed(const struct share_request *q, struct share *s, struct err *e)
{
	s->expose = s->store ? q->expose : EXPOSE_NOTHING;
	strv_free(&s->exposed);
	return s->expose == EXPOSE_CLOSURE ? closure_names(q->image.closure, &s->exposed, e) : 0;
}

int share_make_tree(struct share *s, struct err *e)
{
	if (!s->store || s->expose != EXPOSE_CLOSURE)
		return 0;
	s->tree_fd = closure_tree_make(s->store, s->store_fd, &s->exposed, e);
	return s->tree_fd < 0 ? s->tree_fd : 0;
}
