/* SPDX-License-Identifier: MIT */
/* 9p.c - the share 9p, served by QEMU itself */
#include <errno.h>

#include "host/lib/exit.h"
#include "host/share/ops.h"

static int find(const struct share_request *q, struct share *s, struct err *e)
{
	if (s->store && q->expose == EXPOSE_CLOSURE)
		return err_exit(e, EXIT_USAGE, EINVAL,
				"run: --expose closure is not for --share 9p: QEMU serves a folder "
				"as it is, and nothing shuts it in");
	return share_check_device(q->qemu, "virtio-9p-pci", e);
}

/* security_model=none: owners, modes and links are the files' own, and QEMU may do whatever its
 * user may; "mapped" would show links as files. multidevs=remap: another file system may be
 * mounted in a store, and two files must not get the same inode number. QEMU opens path once, at
 * its start, and reaches all else from there (hw/9pfs/9p-local.c, local_init). */
static void qemu(const struct share *s, bool by_path, struct argv *ret)
{
	struct share_export exports[SHARED_FOLDERS_MAX + 1];
	size_t n = share_exports(s, exports);

	for (const struct share_export *x = exports; x < exports + n; x++) {
		argv_add(ret, "-fsdev",
			 "local,id=%s,security_model=none,readonly=%s,multidevs=remap,path=",
			 x->tag, x->writable ? "off" : "on");
		if (by_path)
			argv_value(ret, x->folder);
		else
			argv_more(ret, "/proc/self/fd/%d", argv_fd(ret, x->fd));
		argv_add(ret, "-device", "virtio-9p-pci,fsdev=%s,mount_tag=%s", x->tag, x->tag);
	}
}

const struct share_ops share_ops_9p = {
	.needs = { "9p" },
	.speed = 3,
	.for_folders = 3,
	.find = find,
	.qemu = qemu,
};
