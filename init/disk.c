/* SPDX-License-Identifier: MIT */
/*
 * disk.c - the root disk: find it, check it, format it only if it is empty, mount it
 *
 * fs/policy.c decides what is formatted and what is refused. This file finds the disk that the host
 * means. Its name, such as /dev/vda or /dev/sda, depends on QEMU's arguments and on the order in
 * which drivers find the disks, so the serial identifies it.
 *
 * Nothing else can write between the check and the format: PID 1 is the only process, and QEMU
 * locks the image on the host. The format opens the disk again by its name, exclusively. The
 * descriptor of the check stays open until then, so the kernel gives the name to no other disk
 * (drivers/block/virtio_blk.c and drivers/scsi/sd.c free its number with the last reference).
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fs/policy.h"
#include "fs/type.h"
#include "init/inroot.h"
#include "init/lib/file.h"
#include "init/lib/str.h"
#include "init/runner.h"
#include "init/serial.h"
#include "init/step.h"
#include "init/uevent.h"
#include "mount/fs.h"

/* The DNS server of QEMU's user network (QEMU's manual, "Network emulation"). */
#define RESOLV_CONF "nameserver 10.0.2.3\n"

/* Searches by serial only for a default root=. Any other root= names exactly that disk. */
static int open_root(struct boot *b)
{
	const struct config *c = &b->config;
	struct serial_disk disk = { .serial = c->param.disk_serial };
	int fd;

	if (!c->param.disk_serial ||
	    !(str_eq(c->param.root, CONFIG_ROOT) || str_eq(c->param.root, CONFIG_ROOT_SCSI)))
		return uevent_wait_open(c->param.root, O_RDONLY, c->deadline_ms);
	fd = uevent_wait(serial_open, &disk, c->deadline_ms);
	if (fd >= 0) {
		memcpy(b->root_found, disk.node, sizeof(disk.node));
		b->config.param.root = b->root_found;
	}
	/* Not found: open the named disk, so that check_serial() reports its serial. */
	if (fd == -ETIMEDOUT && access(c->param.root, F_OK) == 0)
		fd = uevent_wait_open(c->param.root, O_RDONLY, 1000);
	return fd;
}

static int check_serial(struct boot *b)
{
	const struct config *c = &b->config;
	char serial[SERIAL_SIZE];

	if (!c->param.disk_serial)
		return 0;
	serial_of(c->param.root + strlen("/dev/"), serial);
	if (!str_eq(serial, c->param.disk_serial))
		return err_set(&b->err, ENODEV,
			       "%s is the wrong disk: its serial is \"%s\", not \"%s\" "
			       "(storeboot.disk.serial=); disk unchanged",
			       c->param.root, serial, c->param.disk_serial);
	return 0;
}

static int find(struct boot *b)
{
	_cleanup_close_ int fd = open_root(b);
	const char *disk = b->config.param.root;
	struct stat st;
	int r;

	if (fd < 0)
		b->disk = DISK_NOT_FOUND;
	if (fd == -ETIMEDOUT)
		return err_set(&b->err, ENODEV,
			       "%s did not appear within %u s: the machine has no such disk, or "
			       "its driver is missing",
			       disk, b->config.deadline_ms / 1000);
	if (fd < 0)
		return err_sys(&b->err, fd, "cannot open %s", disk);
	if (fstat(fd, &st) < 0 || !S_ISBLK(st.st_mode))
		return err_set(&b->err, ENOTBLK, "%s is no disk", disk);
	r = check_serial(b);
	return r < 0 ? r : take_fd(&fd);
}

/* Carries out the verdict and notes it. */
static int act(struct boot *b, enum fs_verdict verdict, const struct probe *p)
{
	static const char *const was[] = {
		[FS_MOUNT] = "holds",
		[FS_FORMAT] = "was empty: formatted,",
		[FS_FORMAT_AGAIN] = "held a format that was cut short: formatted again,",
		[FS_FINISH] = "held a format that was all but finished:",
	};
	const char *disk = b->config.param.root;
	int r;

	if (verdict == FS_FORMAT || verdict == FS_FORMAT_AGAIN)
		b->disk = DISK_PARTLY;
	r = fs_carry_out(verdict, disk, b->config.param.rootfstype, &b->err);
	if (r < 0)
		return r;
	if (b->disk == DISK_PARTLY)
		b->disk = DISK_FORMATTED;
	snprintf(b->note, sizeof(b->note), "%s %s %s, %" PRIu64 " MiB", disk, was[verdict],
		 p->type[0] ? p->type : b->config.param.rootfstype, p->size >> 20);
	return 0;
}

int step_disk(struct boot *b)
{
	_cleanup_close_ int fd = find(b);
	const struct config *c = &b->config;
	struct fs_want want = { .fstype = c->param.rootfstype, .size = c->disk_size };
	enum fs_verdict verdict;
	struct probe p;
	int r = fd;

	if (r < 0)
		return r;
	r = fs_probe(fd, c->param.root, c->param.disk_zero, &p, &b->err);
	if (r < 0)
		return r;
	verdict = fs_decide(&p, &want, c->param.root, &b->err);
	return verdict == FS_REFUSE ? -b->err.num : act(b, verdict, &p);
}

/* Makes a file in the system's /etc, unless the name exists, even as a dangling link. */
static int make_in_etc(struct boot *b, int etc, const char *name, const char *text)
{
	_cleanup_close_ int fd =
		openat(etc, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	int r = fd < 0 ? -errno : file_write_all(fd, text, strlen(text));

	if (fd >= 0 && r < 0) /* disk full: the next boot would keep the empty file */
		unlinkat(etc, name, 0);
	if (r < 0 && r != -EEXIST)
		return err_sys(&b->err, r, "cannot write /etc/%s on %s", name,
			       b->config.param.root);
	return 0;
}

/* NixOS's stage 2 expects these: the file that marks its root, and a resolver. */
static int make_etc(struct boot *b)
{
	_cleanup_close_ int root = open(NEW_ROOT, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	_cleanup_close_ int etc = -1;
	int r;

	if (root < 0)
		return err_sys(&b->err, errno, "cannot open the new root");
	if (mkdirat(root, "etc", 0755) < 0 && errno != EEXIST)
		return err_sys(&b->err, errno, "cannot make /etc on %s", b->config.param.root);
	etc = inroot_open(root, "etc", O_RDONLY | O_DIRECTORY, 0);
	if (etc < 0)
		return err_sys(&b->err, etc, "cannot open /etc on %s", b->config.param.root);
	r = make_in_etc(b, etc, "NIXOS", "");
	if (r == 0 && b->config.share != SHARE_NONE)
		r = make_in_etc(b, etc, "resolv.conf", RESOLV_CONF);
	return r;
}

/* Returns the detached mount, or -errno. */
static int mount_root(struct boot *b)
{
	static const struct mount_option in_memory[] = { { "mode", "0755" } };
	const struct fs_type *type = fs_type_find(b->config.param.rootfstype);
	int fd;

	if (!root_is_disk(&b->config)) {
		b->disk = DISK_NONE;
		return mount_fs_detached("tmpfs", "root", in_memory, ARRAY_SIZE(in_memory), false,
					 0, &b->err);
	}
	if (b->disk == DISK_UNTOUCHED)
		b->disk = DISK_MOUNTING;
	fd = mount_fs_detached(b->config.param.rootfstype, b->config.param.root, NULL, 0, false, 0,
			       &b->err);
	if (fd == -EUCLEAN)
		return err_set(&b->err, EUCLEAN,
			       "%s: its %s file system is damaged (the kernel's log says where); "
			       "%s on the host may mend it",
			       b->config.param.root, b->config.param.rootfstype,
			       type && type->repair_tool ? type->repair_tool : "fsck");
	return fd;
}

/* Grows the file system. Warns if it cannot grow or not far enough; the boot continues. */
static void grow_root(struct boot *b)
{
	const struct fs_type *type = fs_type_find(b->config.param.rootfstype);
	struct fs_growth g = { 0 };

	if (type && type->grow)
		type->grow(b->config.param.root, NEW_ROOT, &g);
	if (g.smaller)
		runner_warn(b,
			    "%s has %" PRIu64 " MiB, and its file system stays at %" PRIu64
			    " MiB%s%s; "
			    "the kernel's log says more",
			    b->config.param.root, g.disk >> 20, g.now >> 20, g.num ? ": " : "",
			    g.num ? strerror(g.num) : "");
	if (g.tried && (g.now > g.before || g.num == 0))
		snprintf(b->note, sizeof(b->note),
			 "%s: file system grown from %" PRIu64 " to %" PRIu64 " MiB",
			 b->config.param.root, g.before >> 20, g.now >> 20);
}

int step_root(struct boot *b)
{
	_cleanup_close_ int fd = -1;
	int r;

	if (mkdir(NEW_ROOT, 0755) < 0 && errno != EEXIST)
		return err_sys(&b->err, errno, "cannot make " NEW_ROOT " in the initramfs");
	fd = mount_root(b);
	if (fd < 0)
		return fd;
	r = mount_fs_attach(fd, NEW_ROOT, &b->err);
	if (r < 0)
		return r;
	b->root_mounted = true;
	if (b->disk == DISK_MOUNTING)
		b->disk = DISK_IN_USE;
	snprintf(b->note, sizeof(b->note), "%s %s", b->config.param.root,
		 b->disk == DISK_NONE ? "" : b->config.param.rootfstype);
	if (b->disk != DISK_NONE)
		grow_root(b);
	return make_etc(b);
}
