/* SPDX-License-Identifier: MIT */
/* checks.c - what is wrong with a host, and the command that fixes it */
#include "host/doctor/checks.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/lib/host_fs.h"
#include "host/qemu/accel.h"
#include "host/share/cifs.h"
#include "init/lib/file.h"
#include "init/lib/str.h"

#define CPUINFO_MAX ((size_t)8 << 20)
/* Enough for a small root disk, a registration and an initramfs. */
#define ROOM_MIN ((uint64_t)256 << 20)

static const char *sudo(void)
{
	return geteuid() == 0 ? "" : "sudo ";
}

/* --- KVM ------------------------------------------------------------------ */

/* The module for this processor, by its flags; NULL: no virtualization. */
static const char *kvm_module(void)
{
	_cleanup_buf_ struct buf text = { 0 };

	if (file_read(AT_FDCWD, "/proc/cpuinfo", CPUINFO_MAX, &text) < 0 || !text.data)
		return NULL;
	return strstr(text.data, " vmx") ? "kvm_intel" :
	       strstr(text.data, " svm") ? "kvm_amd" :
					   NULL;
}

static void kvm_is_absent(struct finding *ret)
{
	const char *module = kvm_module();

	if (module) {
		FOUND(ret, "there is no /dev/kvm: the module %s is not loaded", module);
		MEND(ret, "%smodprobe %s", sudo(), module);
		return;
	}
	FOUND(ret, "there is no /dev/kvm: the processor offers no virtualization");
	MEND(ret,
	     "turn on virtualization in the firmware's setup; in a VM, nested virtualization on "
	     "its host; in a container, pass /dev/kvm into it");
}

static void kvm_is_not_ours(const struct stat *st, struct finding *ret)
{
	const struct group *group = getgrgid(st->st_gid);
	const struct passwd *user = getpwuid(getuid());

	FOUND(ret, "this user may not open /dev/kvm");
	if (group && st->st_gid != 0 && (st->st_mode & 060) == 060)
		MEND(ret, "%susermod -aG %s %s; then log in again", sudo(), group->gr_name,
		     user ? user->pw_name : "\"$USER\"");
	else
		MEND(ret, "%schgrp kvm /dev/kvm && %schmod 660 /dev/kvm", sudo(), sudo());
}

int check_kvm(const char *qemu, struct finding *ret)
{
	_cleanup_close_ int fd = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	const int num = errno;
	char why[ACCEL_WHY_SIZE];
	struct stat st;

	if (fd < 0) {
		if ((num == EACCES || num == EPERM) && stat("/dev/kvm", &st) == 0)
			kvm_is_not_ours(&st, ret);
		else
			kvm_is_absent(ret);
		return -num;
	}
	/* Not the cached result: a user who asks may have changed something. */
	if (accel_choose(ACCEL_KVM, qemu, why, sizeof(why)) == ACCEL_KVM) {
		FOUND(ret, "%s", why);
		return 0;
	}
	FOUND(ret, "%s", why);
	MEND(ret, "none on this host; if it is a VM, the KVM of its own host must allow nesting");
	return -ENODEV;
}

/* --- smbd in its sandbox -------------------------------------------------- */

/* Settings that may forbid user namespaces, in the order in which the kernel checks them. */
static const struct {
	const char *key, *bad, *mend;
} keys[] = {
	{ "user/max_user_namespaces", "0", "user.max_user_namespaces=65536" },
	{ "kernel/unprivileged_userns_clone", "0", "kernel.unprivileged_userns_clone=1" },
	{ "kernel/apparmor_restrict_unprivileged_userns", "1",
	  "kernel.apparmor_restrict_unprivileged_userns=0" },
};

static void what_forbids(struct finding *ret)
{
	char value[32], path[128];

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (str_format(path, sizeof(path), "/proc/sys/%s", keys[i].key) == 0 &&
		    file_read_line(AT_FDCWD, path, value, sizeof(value)) == 0 &&
		    str_eq(value, keys[i].bad)) {
			MEND(ret, "%ssysctl -w %s", sudo(), keys[i].mend);
			return;
		}
	MEND(ret, "leave the chroot or the container, or let it make user namespaces; or use "
		  "--share image or 9p");
}

int check_server(const char *smbd, const char *bwrap, struct finding *ret)
{
	struct err e = { 0 };
	int r = smb_check(smbd, bwrap, &e);

	FOUND(ret, "%s", r == 0 ? "smbd starts in its sandbox and has SMB1" : e.text);
	if (r == -EPERM)
		what_forbids(ret);
	return r;
}

/* --- space ---------------------------------------------------------------- */

int check_free_space(const char *folder, const char *elsewhere, struct finding *ret)
{
	_cleanup_close_ int fd = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct host_fs fs;

	if (fd < 0 || faccessat(AT_FDCWD, folder, W_OK, AT_EACCESS) < 0) {
		const int num = errno;

		FOUND(ret, "%s: %s", folder, strerror(num));
		MEND(ret, "%s", elsewhere);
		return -num;
	}
	FOUND(ret, "%s", folder);
	if (host_fs_of(fd, &fs) < 0)
		return 0;
	FOUND(ret, "%s: %llu MiB free on %s", folder, (unsigned long long)(fs.free >> 20),
	      fs.point);
	if (fs.free >= ROOM_MIN)
		return 0;
	MEND(ret, "remove files: du -xh %s | sort -h | tail; or %s", fs.point, elsewhere);
	return -ENOSPC;
}
