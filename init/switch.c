/* SPDX-License-Identifier: MIT */
/*
 * switch.c - switch root from the initramfs to the new root
 *
 * Theory of operation: an initramfs cannot be unmounted or pivoted away from (kernel document
 * filesystems/ramfs-rootfs-initramfs). So the new root is moved over it, and the hidden files are
 * removed to free their memory. The guards (guard.c), which change nothing, come first. Then come
 * the operations that can fail but leave a system in which boot_fail() can still report. The
 * removal is last. It uses a descriptor of the old root and stays on its device.
 */
#include "init/switch.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "init/channel.h"
#include "init/guard.h"
#include "init/inroot.h"
#include "init/lib/file.h"
#include "init/lib/str.h"
#include "init/step.h"
#include "mount/api.h"
#include "mount/stay.h"

int switch_move_api(struct boot *b, struct err *e)
{
	int r = b->api_moved ? 0 : mount_api_move(NEW_ROOT, e);

	b->api_moved = r == 0;
	return r;
}

static int copy(int from, const char *path, mode_t mode, struct err *e)
{
	_cleanup_close_ int to = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
	char chunk[16384];
	ssize_t n = 0;
	int r = to < 0 ? -errno : 0;

	while (r == 0 && (n = read(from, chunk, sizeof(chunk))) > 0)
		r = file_write_all(to, chunk, (size_t)n);
	if (n < 0)
		r = -errno;
	return r < 0 ? err_sys(e, r, "cannot write %s", path) : 0;
}

/* Files that the launcher appended to the initramfs, to copy before it is emptied. */
static const struct kept {
	const char *from, *to;
	mode_t mode;
} kept[] = {
	{ REGISTRATION_INITRAMFS, REGISTRATION_RUN, 0644 },
	{ RESCUE_SHELL_INITRAMFS, RESCUE_SHELL_RUN, 0755 },
};

static int keep(struct boot *b, int old_fd, const struct kept *k)
{
	_cleanup_close_ int from = openat(old_fd, k->from, O_RDONLY | O_CLOEXEC);
	char path[64];
	int r;

	if (from < 0)
		return errno == ENOENT ? 0 : err_sys(&b->err, errno, "/%s", k->from);
	r = str_format(path, sizeof(path), "%s" RUN_FOLDER, boot_api(b));
	if (r == 0)
		r = file_mkdirs(AT_FDCWD, path, 0755);
	if (r == 0)
		r = str_format(path, sizeof(path), "%s%s", boot_api(b), k->to);
	if (r < 0)
		return err_sys(&b->err, r, "cannot make " RUN_FOLDER);
	return copy(from, path, k->mode, &b->err);
}

/* The store and the layers below it. Not the shared folders, which are unmounted in order. */
static const struct stay stays[] = {
	{ NEW_ROOT "/hostfs", "hostfs" },
	{ NEW_ROOT "/nix/store", "nix-store" },
	{ NEW_ROOT "/nix/.rw-store", "nix-.rw\\x2dstore" },
	{ RUN_FOLDER "/image", "run-storeboot-image" },
	{ RUN_FOLDER "/share", "run-storeboot-share" },
	{ "/run/nixos-etc-metadata", "run-nixos\\x2detc\\x2dmetadata" },
};

/* On a retry after /run has moved, the drop-ins already exist. */
static int stay(struct boot *b)
{
	_cleanup_close_ int run = open("/run", O_PATH | O_DIRECTORY | O_CLOEXEC);
	_cleanup_buf_ struct buf text = { 0 };
	int r = run < 0 ? -errno : 0;

	if (b->api_moved)
		return 0;
	if (r == 0)
		r = file_read(AT_FDCWD, "/proc/self/mountinfo", 1 << 20, &text);
	return r < 0 ? err_sys(&b->err, r, "cannot look at what is mounted") :
		       stay_mounted(stays, ARRAY_SIZE(stays), text.data, text.len, run, &b->err);
}

static int check(struct boot *b, int old_fd, int new_fd)
{
	int r;

	if (getpid() != 1)
		return err_set(&b->err, EPERM, "stage 1 is not PID 1");
	r = guard_initramfs(old_fd, &b->err);
	if (r == 0)
		r = guard_other_device(old_fd, new_fd, &b->err);
	if (r == 0 && !b->config.param.no_stage2)
		r = inroot_check_program(new_fd, b->config.param.init, "stage 2", &b->err);
	return r;
}

static int change_root(struct boot *b)
{
	if (chdir(NEW_ROOT) < 0 || mount(".", "/", NULL, MS_MOVE, NULL) < 0)
		return err_sys(&b->err, errno, "cannot move the new root onto /");
	if (chroot(".") < 0 || chdir("/") < 0)
		return err_sys(&b->err, errno, "cannot change the root");
	b->switched = true;
	return 0;
}

int step_switch(struct boot *b)
{
	_cleanup_close_ int old_fd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	_cleanup_close_ int new_fd = open(NEW_ROOT, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int r;

	if (old_fd < 0 || new_fd < 0)
		return err_sys(&b->err, errno, "cannot open the old or the new root");
	r = check(b, old_fd, new_fd);
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(kept); i++)
		r = keep(b, old_fd, &kept[i]);
	if (r == 0)
		r = stay(b);
	if (r == 0)
		r = switch_move_api(b, &b->err);
	if (r == 0)
		r = change_root(b);
	if (r == 0)
		guard_empty(old_fd);
	return r;
}
