/* SPDX-License-Identifier: MIT */
/* checks.c - what is wrong with a host, and the command that mends it */
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
/* A root disk that holds little, a registration, an initramfs. */
#define ROOM_MIN ((uint64_t)256 << 20)

static const char *sudo(void)
{
	return geteuid() == 0 ? "" : "sudo ";
}

/* --- KVM ------------------------------------------------------------------------------------------------ */

/* The module of a processor that can, by its flags; NULL: this one offers nothing. */
static const char *kvm_module(void)
{
	_cleanup_buf_ struct buf text = { 0 };

	if (file_read(AT_FDCWD, "/proc/cpuinfo", CPUINFO_MAX, &text) < 0 || !text.data)
		return NULL;
	return strstr(text.data, " vmx") ? "kvm_intel" : strstr(text.data, " svm") ? "kvm_amd" : NULL;
}

static void kvm_is_absent(struct finding *ret)
{
	const char *module = kvm_module();

	snprintf(ret->text, sizeof(ret->text), "there is no /dev/kvm, guests are emulated: %s",
		 module ? "its module is not loaded" : "the processor offers no virtualization here");
	if (module)
		snprintf(ret->mend, sizeof(ret->mend), "%smodprobe %s", sudo(), module);
	else
		snprintf(ret->mend, sizeof(ret->mend),
			 "turn virtualization on in the firmware's setup; where this is a VM, nested "
			 "virtualization on its host; where it is a container, give it /dev/kvm");
}

static void kvm_is_not_ours(const struct stat *st, struct finding *ret)
{
	const struct group *group = getgrgid(st->st_gid);
	const struct passwd *user = getpwuid(getuid());

	snprintf(ret->text, sizeof(ret->text), "/dev/kvm is there, but not for you: guests are emulated");
	if (group && st->st_gid != 0 && (st->st_mode & 060) == 060)
		snprintf(ret->mend, sizeof(ret->mend), "%susermod -aG %s %s; then log in anew", sudo(),
			 group->gr_name, user ? user->pw_name : "\"$USER\"");
	else
		snprintf(ret->mend, sizeof(ret->mend), "%schgrp kvm /dev/kvm && %schmod 660 /dev/kvm", sudo(),
			 sudo());
}

int check_kvm(const char *qemu, struct finding *ret)
{
	_cleanup_close_ int fd = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	const int num = errno;
	char why[ACCEL_WHY_SIZE];
	struct stat st;

	if (fd < 0 && (num == EACCES || num == EPERM) && stat("/dev/kvm", &st) == 0) {
		kvm_is_not_ours(&st, ret);
		return -num;
	}
	if (fd < 0) {
		kvm_is_absent(ret);
		return -num;
	}
	/* Not what is remembered: a user who asks has changed something. */
	if (accel_choose(ACCEL_KVM, qemu, why, sizeof(why)) == ACCEL_KVM) {
		snprintf(ret->text, sizeof(ret->text), "%s", why);
		return 0;
	}
	snprintf(ret->text, sizeof(ret->text), "%s; guests are emulated", why);
	snprintf(ret->mend, sizeof(ret->mend),
		 "none on this host: where it is a VM, its own host's KVM must be able to nest");
	return -ENODEV;
}

/* --- the file server ------------------------------------------------------------------------------------- */

/* What forbids user namespaces, as far as it can be seen, in the order in which the kernel would say no. */
static const struct {
	const char *key, *bad, *mend;
} keys[] = {
	{ "/proc/sys/user/max_user_namespaces", "0", "sysctl -w user.max_user_namespaces=65536" },
	{ "/proc/sys/kernel/unprivileged_userns_clone", "0", "sysctl -w kernel.unprivileged_userns_clone=1" },
	{ "/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1",
	  "sysctl -w kernel.apparmor_restrict_unprivileged_userns=0" },
};

static void what_forbids(struct finding *ret)
{
	char value[32];

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		if (file_read_line(AT_FDCWD, keys[i].key, value, sizeof(value)) == 0 &&
		    str_eq(value, keys[i].bad)) {
			snprintf(ret->mend, sizeof(ret->mend), "%s%s", sudo(), keys[i].mend);
			return;
		}
	snprintf(ret->mend, sizeof(ret->mend),
		 "leave the chroot or the container, or let it make user namespaces; "
		 "storeboot run --share image or 9p does without");
}

int check_server(const char *smbd, const char *bwrap, struct finding *ret)
{
	struct err e = { 0 };
	int r = smb_check(smbd, bwrap, &e);

	snprintf(ret->text, sizeof(ret->text), "%s",
		 r == 0 ? "starts in its sandbox, and has SMB1" : e.text);
	if (r == -EPERM)
		what_forbids(ret);
	return r;
}

/* --- room ------------------------------------------------------------------------------------------------ */

int check_room(const char *folder, const char *elsewhere, struct finding *ret)
{
	_cleanup_close_ int fd = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	struct host_fs fs;

	if (fd < 0 || faccessat(AT_FDCWD, folder, W_OK, AT_EACCESS) < 0) {
		const int num = errno;

		snprintf(ret->text, sizeof(ret->text), "%s: %s", folder, strerror(num));
		snprintf(ret->mend, sizeof(ret->mend), "%s", elsewhere);
		return -num;
	}
	if (host_fs_of(fd, &fs) < 0) {
		snprintf(ret->text, sizeof(ret->text), "%s", folder);
		return 0;
	}
	snprintf(ret->text, sizeof(ret->text), "%s: %llu MiB are free on %s", folder,
		 (unsigned long long)(fs.free >> 20), fs.point);
	if (fs.free >= ROOM_MIN)
		return 0;
	snprintf(ret->mend, sizeof(ret->mend), "make room: du -xh %s | sort -h | tail; or %s", fs.point,
		 elsewhere);
	return -ENOSPC;
}
