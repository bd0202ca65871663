/* SPDX-License-Identifier: MIT */
/* share.c - the steps for the network, the store, its writable layer and the shared folders */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/mount.h>

#include "init/shared_folder.h"
#include "init/inroot.h"
#include "init/lib/str.h"
#include "init/serial.h"
#include "init/step.h"
#include "init/uevent.h"
#include "mount/cifs.h"
#include "mount/store.h"
#include "mount/writable.h"
#include "net/net.h"

/* QEMU's user network (QEMU's manual): the guest's usual address, and the gateway. */
#define GUEST_ADDRESS "10.0.2.15"
#define GUEST_PREFIX 24
#define GATEWAY "10.0.2.2"

/* Returns true if a share of this boot needs the network. */
static bool needs_net(const struct boot *b)
{
	for (int i = 0; i < SHARE_COUNT; i++)
		if ((share_rows[i].flags & SHARE_NETWORK) && boot_uses(b, (enum share_kind)i))
			return true;
	return false;
}

/* Is QEMU's card supported, by a built-in driver or a module? Otherwise no card will appear. */
static bool has_driver(void)
{
	return access("/sys/bus/virtio/drivers/virtio_net", F_OK) == 0;
}

int step_net(struct boot *b)
{
	struct in_addr address = { inet_addr(GUEST_ADDRESS) }, gateway = { inet_addr(GATEWAY) };
	char name[IF_NAMESIZE] = "";
	int index = 0, lo = 0, r;
	_cleanup_close_ int nl = -1;

	if (!needs_net(b) && !has_driver()) {
		snprintf(b->note, sizeof(b->note), "the kernel has no virtio_net");
		return STEP_SKIPPED;
	}
	nl = net_open(&b->err);
	if (nl < 0)
		return nl;
	if ((r = net_link_index(nl, "lo", &lo, &b->err)) < 0 ||
	    (r = net_link_up(nl, lo, &b->err)) < 0 ||
	    (r = net_link_wait_ethernet(b->config.deadline_ms, &index, name, &b->err)) < 0 ||
	    (r = net_link_up(nl, index, &b->err)) < 0 ||
	    (r = net_address_add(nl, index, address, GUEST_PREFIX, &b->err)) < 0 ||
	    (r = net_route_default(nl, index, gateway, &b->err)) < 0)
		return r;
	snprintf(b->note, sizeof(b->note), "%s " GUEST_ADDRESS "/%d by " GATEWAY, name,
		 GUEST_PREFIX);
	return 0;
}

/* Mounts the closure's image. source: the serial of its disk. */
static int mount_image(const struct mount_request *q, struct err *e)
{
	struct serial_disk disk = { .serial = q->source };
	_cleanup_close_ int fd = uevent_wait(serial_open, &disk, q->deadline_ms);

	if (fd == -ETIMEDOUT)
		return err_set(e, ENODEV,
			       "no disk has the serial %s, which the store's image should have",
			       q->source);
	if (fd < 0)
		return err_sys(e, fd, "cannot open the store's image, the disk %s", q->source);
	return mount_store_image(disk.node, q->path, e);
}

#define IMAGE RUN_FOLDER "/image"
#define SHARE_BELOW RUN_FOLDER "/share"
#define STORE NEW_ROOT "/nix/store"

/* How and where each share is mounted. path NULL: the share is the store itself and is mounted on
 * /nix/store, or on SHARE_BELOW if an image covers it. */
static const struct share {
	int (*mount)(const struct mount_request *q, struct err *e);
	const char *path;
	const char *store; /* the store, below path */
} shares[SHARE_COUNT] = {
	[SHARE_CIFS] = { mount_cifs, NEW_ROOT "/hostfs", "nix/store" },
	[SHARE_9P] = { mount_9p, NULL, NULL },
	[SHARE_VIRTIOFS] = { mount_virtiofs, NULL, NULL },
	[SHARE_IMAGE] = { mount_image, IMAGE, STORE_IMAGE_STORE },
};

/* Mounts the image over the share's store; paths not in the image come from the share. */
static int cover(struct boot *b, const struct share *share, const char *path)
{
	const struct mount_request q = { .source = b->config.param.share_cache,
					 .path = IMAGE,
					 .deadline_ms = b->config.deadline_ms };
	char store[PATH_MAX];
	int r = str_format(store, sizeof(store), "%s%s%s", path, share->store ? "/" : "",
			   share->store ? share->store : "");

	if (r < 0)
		return err_sys(&b->err, r, "%s", path);
	r = mount_image(&q, &b->err);
	return r < 0 ? r : mount_store_overlay(IMAGE, store, STORE, &b->err);
}

int step_share(struct boot *b)
{
	const struct config *c = &b->config;
	const struct mount_owner owner = MOUNT_OWNER_ROOT;
	const struct share *share = &shares[c->share];
	const char *path = share->path ? share->path : c->param.share_cache ? SHARE_BELOW : STORE;
	const struct mount_request q = { c->param.share_source, path, MOUNT_STORE, &owner,
					 c->deadline_ms };
	int r = share->mount(&q, &b->err);

	if (r == 0 && c->param.share_cache)
		r = cover(b, share, path);
	else if (r == 0 && share->store)
		r = mount_store_bind(path, share->store, STORE, &b->err);
	if (r < 0)
		return r;
	snprintf(b->note, sizeof(b->note), "%s on %s%s%s", c->param.share_source,
		 str_after(path, NEW_ROOT) ? str_after(path, NEW_ROOT) : path,
		 share->store || c->param.share_cache ? ", its store on /nix/store" : "",
		 c->param.share_cache ? ", the image over it" : "");
	return 0;
}

/* As on NixOS. */
#define WRITABLE "/nix/.rw-store"

int step_writable(struct boot *b)
{
	const bool in_memory = b->config.writable == WRITABLE_TMPFS;
	int r = mount_writable(STORE, NEW_ROOT WRITABLE, in_memory, &b->err);

	if (r < 0)
		return r;
	snprintf(b->note, sizeof(b->note), "/nix/store, %s",
		 in_memory ? "in memory" : "kept in " WRITABLE);
	return 0;
}

/* A folder is mounted here first, until it is known to be the right one. */
#define ASIDE RUN_FOLDER "/bind"

static int bind_folder(struct boot *b, const struct shared_folder *entry)
{
	const struct mount_request q = { entry->source, ASIDE,
					 entry->read_only ? MOUNT_FOLDER_RO : MOUNT_FOLDER,
					 &entry->owner, b->config.deadline_ms };
	_cleanup_close_ int root = open(NEW_ROOT, O_PATH | O_DIRECTORY | O_CLOEXEC), place = -1;
	int r = root < 0 ? err_sys(&b->err, errno, "cannot open the new root") :
			   shares[entry->kind].mount(&q, &b->err);

	if (r < 0)
		return r;
	place = inroot_mkdirs(root, entry->path, 0755);
	r = place < 0 ? err_sys(&b->err, place, "cannot make the mount point %s", entry->path) :
			mount_fs_move(ASIDE, place, entry->path, &b->err);
	if (r < 0)
		umount2(ASIDE, MNT_DETACH);
	return r;
}

int step_bind(struct boot *b)
{
	const char *text = b->folders.data;
	size_t len = b->folders.len;
	struct shared_folder entry;
	unsigned int n = 0;
	int r;

	while ((r = shared_folder_next(&text, &len, &entry)) > 0) {
		if (n++ < b->folders_done)
			continue; /* mounted by an earlier try of this step */
		r = bind_folder(b, &entry);
		if (r < 0)
			return r;
		b->folders_done++;
		runner_trace(b, "%s on %s, %s", entry.source, entry.path,
			     entry.read_only ? "ro" : "rw");
	}
	snprintf(b->note, sizeof(b->note), "%u", n);
	return r < 0 ? err_set(&b->err, EINVAL, "/" SHARED_FOLDERS_FILE) : 0;
}
