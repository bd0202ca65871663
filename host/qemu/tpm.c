/* SPDX-License-Identifier: MIT */
/* tpm.c - a TPM for the guest: swtpm, run beside QEMU */
#include "host/qemu/tpm.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/disk/image.h"
#include "host/lib/argv.h"
#include "host/lib/exit.h"
#include "host/lib/folder.h"
#include "host/lib/proc.h"

int tpm_find(const char *state, struct tpm *ret, struct err *e)
{
	int r = proc_find(NULL, "swtpm", "swtpm", ret->swtpm, e);

	if (r < 0)
		return r;
	ret->wanted = true;
	return str_format(ret->state, sizeof(ret->state), "%s", state) < 0 ?
		       err_exit(e, EXIT_USAGE, ENAMETOOLONG, "%s: the name is too long", state) :
		       0;
}

static int refuse(const char *path, int num, struct err *e)
{
	return err_exit(e, EXIT_IMAGE, num, "--tpm: %s: %s", path,
			num == ELOOP ? PLACE_BY_LINK "folder itself with NIX_SWTPM_DIR" :
				       strerror(num));
}

static int open_state(const char *path, struct tpm *t, struct err *e)
{
	int fd, r = place_find(path, false, NULL, NULL, &t->place);

	if (r < 0)
		return refuse(path, -r, e);
	t->made = mkdirat(t->place.dir, t->place.name, 0700) == 0;
	if (!t->made && errno != EEXIST)
		return err_exit(e, EXIT_IMAGE, errno, "--tpm: cannot make the folder %s: %s", path,
				strerror(errno));
	fd = place_open(&t->place, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
	if (fd < 0)
		return refuse(path, -fd, e);
	/* swtpm has its own lock, but reports a conflict only in its log. This lock is held until
	 * the last descriptor is closed. */
	if (flock(fd, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK) {
		close(fd);
		return image_in_use(path, e);
	}
	return fd;
}

/* swtpm gets descriptors, not paths: a path could contain its option syntax. */
static int start(const struct tpm *t, int state, int control, int said, pid_t *ret_pid,
		 struct err *e)
{
	_cleanup_argv_ struct argv argv = { 0 };
	_cleanup_close_ int pidfd = -1;
	struct proc_run run = { .said = said, .private = true };

	argv_words(&argv, t->swtpm, "socket", "--tpm2");
	argv_add(&argv, "--tpmstate", "dir=/proc/self/fd/%d,mode=0600", argv_fd(&argv, state));
	argv_add(&argv, "--ctrl", "type=unixio,clientfd=%d", argv_fd(&argv, control));
	if (argv.error < 0)
		return err_sys(e, argv.error, "swtpm's command");
	run.argv = argv.words.v;
	run.pass = argv.fds;
	pidfd = proc_start(&run, ret_pid, e);
	return pidfd < 0 ? pidfd : 0;
}

int tpm_start(struct tpm *t, const char *folder, bool thrown_away, pid_t *ret_pid, struct err *e)
{
	_cleanup_close_ int state = -1, said = -1, ours = -1, theirs = -1;
	char path[PATH_MAX];
	int ends[2], r;

	if (str_format(path, sizeof(path), "%s/swtpm", folder) < 0)
		return err_sys(e, ENAMETOOLONG, "%s", folder);
	state = open_state(thrown_away ? path : t->state, t, e);
	t->made = t->made && !thrown_away;
	if (state < 0)
		return state;
	said = open("/dev/null", O_WRONLY | O_CLOEXEC); /* a guest may make it print without end */
	if (said < 0)
		return err_sys(e, errno, "/dev/null");
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		return err_sys(e, errno, "socketpair");
	ours = ends[0];
	theirs = ends[1];
	r = start(t, state, theirs, said, ret_pid, e);
	return r < 0 ? r : take_fd(&ours);
}

void tpm_undo(struct tpm *t)
{
	if (t->made)
		folder_remove_in(t->place.dir, t->place.name);
	t->made = false;
}
