/* SPDX-License-Identifier: MIT */
/* vms_private.c - where the files of running VMs are, and their private folders (theory: vms.h) */
#include "host/vms/vms_private.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "host/lib/exit.h"
#include "host/lib/folder.h"
#include "host/vms/vms.h"
#include "init/lib/str.h"

int private_check(const char *path, const struct stat *st, const char *variable, struct err *e)
{
	if (S_ISDIR(st->st_mode) && st->st_uid == geteuid() && (st->st_mode & 0077) == 0)
		return 0;
	return err_exit(
		e, EXIT_MISSING, EPERM,
		"%s is no private folder of this user (owner %u, mode %03o), so no VM's files are put "
		"there; remove it, or set %s to a folder of your own",
		path, (unsigned int)st->st_uid, (unsigned int)st->st_mode & 07777, variable);
}

/* in/storeboot if `in` is the user's own folder, else in/storeboot-UID. */
static int base_in(const char *in, bool own, char *ret, struct err *e)
{
	char real[PATH_MAX];
	int r;

	if (!realpath(in, real))
		return err_exit(e, EXIT_MISSING, errno,
				"%s, where the files of running VMs are to be: %s", in,
				strerror(errno));
	r = own ? str_format(ret, PATH_MAX, "%s/storeboot", real) :
		  str_format(ret, PATH_MAX, "%s/storeboot-%u", real, (unsigned int)geteuid());

	return r < 0 ? err_sys(e, r, "the folder of the running VMs") : 0;
}

int vms_private_base(char *ret, struct err *e)
{
	const char *in;
	bool own = folder_base(&in);

	return base_in(in, own, ret, e);
}

int vms_base(char *ret, struct err *e)
{
	if (folder_given() || access("/tmp", W_OK | X_OK) < 0)
		return vms_private_base(ret, e);
	return base_in("/tmp", false, ret, e);
}

/* folder comes from a file `vm`: only a name that private_make makes may be removed. */
static bool is_private_of(const char *folder, const char *name)
{
	const char *slash = strrchr(folder, '/'), *tail = slash ? str_after(slash + 1, name) : NULL;

	return folder[0] == '/' && tail && tail[0] == '.' && strlen(tail) == 7 &&
	       !strstr(folder, "/../");
}

void private_remove(const char *folder, const char *name)
{
	char base[PATH_MAX];

	if (is_private_of(folder, name) && folder_remove(folder) == 0 &&
	    str_format(base, sizeof(base), "%.*s", (int)(strrchr(folder, '/') - folder), folder) ==
		    0 &&
	    rmdir(base) < 0)
		errno = 0; /* another VM has files there */
}

/* The base may vanish between two of these steps, with the last folder in it: start again. */
int private_make(const char *base, const char *name, char *ret, struct err *e)
{
	struct stat st;
	int r;

	for (;;) {
		if (mkdir(base, 0700) < 0 && errno != EEXIST)
			return err_sys(e, errno, "cannot make %s", base);
		r = lstat(base, &st) == 0 ? private_check(base, &st, "TMPDIR", e) : 0;
		if (r < 0)
			return r;
		if (str_format(ret, PATH_MAX, "%s/%s.XXXXXX", base, name) < 0)
			return err_sys(e, ENAMETOOLONG, "%s", base);
		if (mkdtemp(ret))
			return 0;
		if (errno != ENOENT)
			return err_sys(e, errno, "cannot make a private folder in %s", base);
	}
}

int private_lock(const char *path)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	return fd < 0 || flock(fd, LOCK_SH | LOCK_NB) < 0 ? -errno : take_fd(&fd);
}
