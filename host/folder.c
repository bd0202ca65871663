/* SPDX-License-Identifier: MIT */
/* folder.c - the private folder of one run, and the keeper that clears up behind a killed launcher */
#include "host/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "init/lib/file.h"
#include "init/lib/str.h"

#define REMOVE_TRIES 200 /* 10 ms apart */

/* XDG Base Directory Specification: the folder must be the user's own, mode 0700. */
static bool is_private(const char *path)
{
	struct stat st;

	return path && path[0] == '/' && stat(path, &st) == 0 && S_ISDIR(st.st_mode) &&
	       st.st_uid == geteuid() && (st.st_mode & 0077) == 0;
}

int folder_make(char *ret, struct err *e)
{
	const char *base = getenv("XDG_RUNTIME_DIR");
	char path[PATH_MAX];

	if (!is_private(base))
		base = getenv("TMPDIR");
	if (!base || base[0] != '/')
		base = "/tmp";
	if (str_format(path, sizeof(path), "%s/storeboot-XXXXXX", base) < 0)
		return err_sys(e, ENAMETOOLONG, "a private folder in %s", base);
	if (!mkdtemp(path))
		return err_sys(e, errno, "cannot make a private folder in %s", base);
	memcpy(ret, path, strlen(path) + 1);
	return 0;
}

static void remove_in(int dir, const char *name)
{
	_cleanup_closedir_ DIR *d = NULL;
	struct dirent *entry;
	int fd;

	if (unlinkat(dir, name, 0) == 0 || errno == ENOENT)
		return;
	fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return;
	d = fdopendir(fd);
	if (!d) {
		close(fd);
		return;
	}
	while ((entry = readdir(d)) != NULL)
		if (!str_eq(entry->d_name, ".") && !str_eq(entry->d_name, ".."))
			remove_in(dirfd(d), entry->d_name);
	unlinkat(dir, name, AT_REMOVEDIR);
}

void folder_remove(const char *path)
{
	if (path[0])
		remove_in(AT_FDCWD, path);
}

int folder_write(const char *folder, const char *name, const void *data, size_t len, struct err *e)
{
	char path[PATH_MAX];
	_cleanup_close_ int fd = -1;
	int r = str_format(path, sizeof(path), "%s/%s", folder, name);

	if (r == 0) {
		fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
		r = fd < 0 ? -errno : file_write_all(fd, data, len);
	}
	return r < 0 ? err_sys(e, r, "cannot write %s/%s", folder, name) : 0;
}

static void close_all_but(int a, int b)
{
	for (int fd = 0; fd < 64; fd++)
		if (fd != a && fd != b)
			close(fd);
	syscall(SYS_close_range, 64, ~0U, 0); /* Linux 5.9; the launcher opens fewer than 64 */
}

/* The launcher's descriptors are closed before its children are killed (do_exit in the kernel's
 * kernel/exit.c), so a file server may still make a file here. */
static void remove_at_last(const char *folder)
{
	const struct timespec pause = { 0, 10000000 };

	for (int i = 0; i < REMOVE_TRIES && access(folder, F_OK) == 0; i++) {
		if (i > 0)
			nanosleep(&pause, NULL);
		folder_remove(folder);
	}
}

static void keep(int pipe_fd, const char *folder, int tty_fd, const struct termios *modes)
{
	char word;
	ssize_t n;
	sigset_t all;

	setsid(); /* what kills the launcher's whole process group shall not reach the keeper */
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
	close_all_but(pipe_fd, tty_fd);
	if (chdir("/") < 0)
		_exit(1);
	do
		n = read(pipe_fd, &word, 1);
	while (n < 0 && errno == EINTR);
	if (n == 0) {
		if (tty_fd >= 0)
			tcsetattr(tty_fd, TCSANOW, modes);
		remove_at_last(folder);
	}
	_exit(0);
}

int keeper_start(struct keeper *k, const char *folder, int tty_fd, const struct termios *modes,
		 struct err *e)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_sys(e, errno, "pipe");
	k->pid = fork();
	if (k->pid == 0)
		keep(ends[0], folder, tty_fd, modes);
	close(ends[0]);
	if (k->pid < 0) {
		k->pid = 0;
		close(ends[1]);
		return err_sys(e, errno, "fork");
	}
	k->pipe_fd = ends[1];
	return 0;
}

void keeper_stop(struct keeper *k)
{
	if (k->pid <= 0)
		return;
	if (file_write_all(k->pipe_fd, "x", 1) < 0)
		kill(k->pid, SIGKILL);
	close(k->pipe_fd);
	while (waitpid(k->pid, NULL, 0) < 0 && errno == EINTR)
		;
	*k = (struct keeper)KEEPER_INIT;
}
