/* SPDX-License-Identifier: MIT */
/* target.c - a running VM, for another storeboot */
#include "host/vms/target.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <time.h>

#include "host/lib/exit.h"
#include "host/lib/proc.h"
#include "host/vms/control.h"
#include "host/vms/vms.h"
#include "init/lib/str.h"

#define CONNECT_TRIES 3000 /* 10 ms apart */

static int is_gone(const struct target *t, struct err *e)
{
	return err_exit(e, EXIT_MISSING, ESRCH, "the VM %s has ended meanwhile", t->name);
}

int target_find(const char *name, struct target *ret, struct err *e)
{
	char path[PATH_MAX];
	int r = vms_find(name, &ret->vm, e);

	if (r < 0)
		return r;
	ret->name = name;
	if (str_format(path, sizeof(path), "%s/vm", ret->vm.place) < 0)
		return err_sys(e, ENAMETOOLONG, "%s", ret->vm.place);
	ret->vm_fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (ret->vm_fd < 0 || !target_lives(ret))
		return is_gone(ret, e);
	return 0;
}

/* The launcher takes its lock before anybody can find the VM: this shared lock excludes nobody. */
bool target_lives(const struct target *t)
{
	if (flock(t->vm_fd, LOCK_SH | LOCK_NB) < 0)
		return errno == EWOULDBLOCK;
	flock(t->vm_fd, LOCK_UN);
	return false;
}

int target_look(const struct target *t, struct err *e)
{
	if (!proc_is_stopped(t->vm.pid) || !target_lives(t))
		return 0;
	return err_exit(e, EXIT_MISSING, EAGAIN,
			"%s: its launcher, pid %d, is stopped, as by Ctrl-z, and answers nobody; "
			"kill -CONT %d continues it",
			t->name, (int)t->vm.pid, (int)t->vm.pid);
}

/* A VM has its name a moment before its socket. */
static bool may_pass(int err)
{
	return err == -ENOENT || err == -ECONNREFUSED || err == -EAGAIN;
}

int target_connect(struct target *t, struct err *e)
{
	const struct timespec pause = { 0, 10000000 };
	int r = -EAGAIN;

	for (int i = 0; may_pass(r) && i < CONNECT_TRIES; i++) {
		if (i > 0)
			nanosleep(&pause, NULL);
		if (!target_lives(t))
			return is_gone(t, e);
		r = target_look(t, e);
		if (r < 0)
			return r;
		r = t->sock = control_connect(t->vm.place);
	}
	return r < 0 ? err_exit(e, EXIT_MISSING, r, "%s: its launcher, pid %d, does not answer: %s",
				t->name, (int)t->vm.pid, strerror(-r)) :
		       0;
}

void target_free(struct target *t)
{
	cleanup_close(&t->vm_fd);
	cleanup_close(&t->sock);
	*t = (struct target)TARGET_INIT;
}
