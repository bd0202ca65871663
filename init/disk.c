/* SPDX-License-Identifier: MIT */
/*
 * disk.c - the root disk: find it, look at it, format it if and only if it is empty; mount it
 *
 * Theory of operation: formatting is the one act that can destroy data. It is done when fs_probe
 * found no signature, no partition table and no byte that is not zero, and in no other case; what
 * is neither empty nor a file system that rootfstype= asks for is refused and left as it is.
 *
 * Between the look and the format nobody else can write: PID 1 is the only process, and QEMU locks
 * the image on the host. The format opens the disk again by its name, exclusively; the descriptor of
 * the look stays open until then, and while it is, the kernel gives the name to no other disk
 * (drivers/block/virtio_blk.c frees its number with the last reference).
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fs/format.h"
#include "fs/probe.h"
#include "init/inroot.h"
#include "init/lib/file.h"
#include "init/lib/str.h"
#include "init/step.h"
#include "init/uevent.h"
#include "mount/fs.h"

/* QEMU's user network answers DNS here (QEMU's manual, "Network emulation", user mode). */
#define RESOLV_CONF "nameserver 10.0.2.3\n"

/* Whether a driver that is asked for one type of ext mounts another. A journal asked for must be
 * there, so ext2 content is no ext3. */
static bool can_mount(const char *asked, const char *found)
{
	static const char *const as_well[][2] = {
		{ "ext4", "ext3" },
		{ "ext4", "ext2" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(as_well); i++)
		if (str_eq(as_well[i][0], asked) && str_eq(as_well[i][1], found))
			return true;
	return str_eq(asked, found);
}

/* What it is is said in the words of its own trade: "GPT", as libblkid's "gpt" is written. */
static const char *table_name(const char *type)
{
	return str_eq(type, "gpt") ? "GPT" : str_eq(type, "dos") ? "DOS" : type;
}

static int refuse(struct boot *b, const struct probe *p)
{
	const char *disk = b->config.root;
	static const char kept[] = "not formatted, disk unchanged";

	if (!p->type[0])
		return err_set(
			&b->err, EEXIST,
			"%s holds nothing that is known here, but is not empty: byte %" PRIu64
			" is not zero; %s",
			disk, p->nonzero, kept);
	if (str_eq(p->usage, "table"))
		return err_set(&b->err, EEXIST, "%s holds a %s partition table; %s", disk,
			       table_name(p->type), kept);
	if (str_after(p->type, "ext"))
		return err_set(&b->err, EEXIST, "%s holds %s, not %s (rootfstype=%s mounts it); %s",
			       disk, p->type, b->config.rootfstype, p->type, kept);
	return err_set(&b->err, EEXIST, "%s holds %s%s%s%s, not %s; %s", disk, p->type,
		       p->label[0] ? " \"" : "", p->label, p->label[0] ? "\"" : "",
		       b->config.rootfstype, kept);
}

static int format(struct boot *b, const struct probe *p)
{
	const char *disk = b->config.root;
	int r;

	if (!str_eq(b->config.rootfstype, "ext3"))
		return err_set(&b->err, EINVAL,
			       "%s is empty, and stage 1 makes ext3, not rootfstype=%s", disk,
			       b->config.rootfstype);
	b->disk = DISK_PARTLY;
	r = fs_format_ext3(disk, p->size, NULL, &b->err);
	if (r < 0)
		return r;
	b->disk = DISK_FORMATTED;
	snprintf(b->note, sizeof(b->note), "%s was empty: formatted, ext3, %" PRIu64 " MiB", disk,
		 p->size >> 20);
	return 0;
}

static int find(struct boot *b)
{
	const char *disk = b->config.root;
	_cleanup_close_ int fd = uevent_wait_open(disk, O_RDONLY, b->config.deadline_ms);
	struct stat st;

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
	return take_fd(&fd);
}

int step_disk(struct boot *b)
{
	_cleanup_close_ int fd = find(b);
	struct probe p;
	int r = fd;

	if (r < 0)
		return r;
	r = fs_probe(fd, b->config.root, &p, &b->err);
	if (r < 0)
		return r;
	if (!p.empty && !can_mount(b->config.rootfstype, p.type))
		return refuse(b, &p);
	if (p.empty)
		return format(b, &p);
	snprintf(b->note, sizeof(b->note), "%s holds %s, %" PRIu64 " MiB", b->config.root, p.type,
		 p.size >> 20);
	return 0;
}

/* Makes a file of the system's /etc unless something of that name, a dangling link too, is there.
 */
static int make_in_etc(struct boot *b, int etc, const char *name, const char *text)
{
	_cleanup_close_ int fd =
		openat(etc, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	int r = fd < 0 ? -errno : file_write_all(fd, text, strlen(text));

	if (fd >= 0 && r < 0) /* a full disk: the next boot shall not take the empty one for good */
		unlinkat(etc, name, 0);
	if (r < 0 && r != -EEXIST)
		return err_sys(&b->err, r, "cannot write /etc/%s on %s", name, b->config.root);
	return 0;
}

/* What NixOS's stage 2 expects of stage 1: the mark that this is its root, and a resolver. */
static int make_etc(struct boot *b)
{
	_cleanup_close_ int root = open(NEW_ROOT, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	_cleanup_close_ int etc = -1;
	int r;

	if (root < 0)
		return err_sys(&b->err, errno, "cannot open the new root");
	if (mkdirat(root, "etc", 0755) < 0 && errno != EEXIST)
		return err_sys(&b->err, errno, "cannot make /etc on %s", b->config.root);
	etc = inroot_open(root, "etc", O_RDONLY | O_DIRECTORY, 0);
	if (etc < 0)
		return err_sys(&b->err, etc, "cannot open /etc on %s", b->config.root);
	r = make_in_etc(b, etc, "NIXOS", "");
	if (r == 0 && str_eq(b->config.share, "cifs"))
		r = make_in_etc(b, etc, "resolv.conf", RESOLV_CONF);
	return r;
}

int step_root(struct boot *b)
{
	_cleanup_close_ int fd = -1;
	int r;

	if (mkdir(NEW_ROOT, 0755) < 0 && errno != EEXIST)
		return err_sys(&b->err, errno, "cannot make " NEW_ROOT " in the initramfs");
	if (b->disk == DISK_UNTOUCHED)
		b->disk = DISK_MOUNTING;
	fd = mount_fs_detached(b->config.rootfstype, b->config.root, NULL, 0, false, 0, &b->err);
	if (fd == -EUCLEAN)
		return err_set(&b->err, EUCLEAN,
			       "%s: its %s file system is damaged (the kernel's log says where); "
			       "e2fsck on the host may mend it",
			       b->config.root, b->config.rootfstype);
	if (fd < 0)
		return fd;
	r = mount_fs_attach(fd, NEW_ROOT, &b->err);
	if (r < 0)
		return r;
	b->root_mounted = true;
	if (b->disk == DISK_MOUNTING)
		b->disk = DISK_IN_USE;
	snprintf(b->note, sizeof(b->note), "%s %s", b->config.root, b->config.rootfstype);
	return make_etc(b);
}
