/* SPDX-License-Identifier: MIT */
/* fs.c - the mount API of Linux 5.2, with the kernel's messages in its errors */
#include "mount/fs.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <linux/mount.h> /* after sys/mount.h, which in glibc defines the same names */
#include <unistd.h>

#include "init/lib/str.h"
#include "init/lib/sys.h"

/* Reads the log of a file system context and joins errors and warnings with "; ". Each read(2) of
 * the descriptor returns one message, with "e " (error), "w " (warning) or "i " in front, and
 * ENODATA after the last (kernel: Documentation/filesystems/mount_api.rst, fs/fsopen.c). */
static void read_log(int fs, char *dst, size_t size)
{
	char line[512];
	ssize_t n;

	dst[0] = '\0';
	while ((n = read(fs, line, sizeof(line) - 1)) > 0) {
		size_t used = strlen(dst);

		while (n > 0 && line[n - 1] == '\n')
			n--;
		line[n] = '\0';
		if (n <= 2 || (line[0] != 'e' && line[0] != 'w') || line[1] != ' ')
			continue;
		for (char *p = line; *p; p++)
			if ((unsigned char)*p < ' ')
				*p = ' ';
		snprintf(dst + used, size - used, "%s%s", used ? "; " : "", line + 2);
	}
}

/* Discards messages about an accepted option: they are advice ("less secure dialect"), not the
 * reason of a later failure. */
static void drop_log(int fs)
{
	char line[512];

	while (read(fs, line, sizeof(line)) > 0)
		;
}

/* Fills e for a context that failed: the kernel's messages, if any, and the meaning of num. */
static int context_error(int fs, int num, const char *type, const char *source,
			 const struct mount_option *option, struct err *e)
{
	char log[512], where[128] = "";

	if (option)
		snprintf(where, sizeof(where), "option %s%s%s: ", option->key,
			 option->value ? "=" : "", option->value ? option->value : "");
	read_log(fs, log, sizeof(log));
	return err_sys(e, num, "cannot mount %s %s: %s%s%s", type, source, where, log,
		       log[0] ? "" : "the kernel refuses");
}

static int set_option(int fs, const struct mount_option *o)
{
	int r = o->value ? sys_fsconfig(fs, FSCONFIG_SET_STRING, o->key, o->value, 0) :
			   sys_fsconfig(fs, FSCONFIG_SET_FLAG, o->key, NULL, 0);

	if (r >= 0)
		drop_log(fs);
	return r;
}

static int configure(int fs, const char *type, const char *source,
		     const struct mount_option *options, size_t n_options, bool sb_ro,
		     struct err *e)
{
	const struct mount_option own[] = { { "source", source }, { "ro", NULL } };
	int r;

	for (size_t i = 0; i < (sb_ro ? 2 : 1); i++) {
		r = set_option(fs, &own[i]);
		if (r < 0)
			return context_error(fs, r, type, source, &own[i], e);
	}
	for (size_t i = 0; i < n_options; i++) {
		r = set_option(fs, &options[i]);
		if (r < 0)
			return context_error(fs, r, type, source, &options[i], e);
	}
	r = sys_fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0);
	return r < 0 ? context_error(fs, r, type, source, NULL, e) : 0;
}

unsigned int mount_fs_attrs(enum mount_what what)
{
	return MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV |
	       (what == MOUNT_FOLDER ? 0 : MOUNT_ATTR_RDONLY);
}

int mount_fs_detached(const char *type, const char *source, const struct mount_option *options,
		      size_t n_options, bool sb_ro, unsigned int attrs, struct err *e)
{
	_cleanup_close_ int fs = sys_fsopen(type, FSOPEN_CLOEXEC);
	int r;

	if (fs == -ENODEV)
		return err_set(e, ENODEV,
			       "cannot mount %s %s: the kernel has no file system %s; is its "
			       "module in the initrd?",
			       type, source, type);
	if (fs < 0)
		return err_sys(e, fs, "cannot mount %s %s: fsopen", type, source);
	r = configure(fs, type, source, options, n_options, sb_ro, e);
	if (r < 0)
		return r;
	r = sys_fsmount(fs, FSMOUNT_CLOEXEC, attrs);
	return r < 0 ? context_error(fs, r, type, source, NULL, e) : r;
}

int mount_fs_attach(int mount_fd, const char *path, struct err *e)
{
	int r = sys_move_mount(mount_fd, "", AT_FDCWD, path, MOVE_MOUNT_F_EMPTY_PATH);

	return r < 0 ? err_sys(e, r, "cannot attach a mount at %s", path) : 0;
}

int mount_fs_move(const char *from, int to_fd, const char *to, struct err *e)
{
	int r = sys_move_mount(AT_FDCWD, from, to_fd, "", MOVE_MOUNT_T_EMPTY_PATH);

	return r < 0 ? err_sys(e, r, "cannot attach a mount at %s", to) : 0;
}

/* A bind takes its flags only with a remount (mount(2)). mount_setattr(2) would need one step, but
 * is new in Linux 5.12, and 5.10 is supported. */
int mount_fs_bind_ro(const char *from, const char *to, struct err *e)
{
	unsigned long flags = MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV;
	int num;

	if (mount(from, to, NULL, MS_BIND, NULL) < 0)
		return err_sys(e, errno, "cannot bind %s onto %s", from, to);
	if (mount(NULL, to, NULL, flags, NULL) == 0)
		return 0;
	num = errno;
	umount2(to, MNT_DETACH);
	return err_sys(e, num, "cannot make %s, a bind of %s, read-only", to, from);
}
