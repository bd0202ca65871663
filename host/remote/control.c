/* SPDX-License-Identifier: MIT */
/* control.c - the control socket of a running VM, by which other programs reach it */
#include "host/remote/control.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "init/lib/str.h"

#define BACKLOG 64 /* connections that wait while the launcher is busy */

/* A socket's path is short (unix(7): 108 bytes), a folder's need not be: it goes by its descriptor. */
static int address(const char *folder, struct sockaddr_un *ret, int *ret_dir)
{
	int dir = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (dir < 0)
		return -errno;
	*ret = (struct sockaddr_un){ .sun_family = AF_UNIX };
	*ret_dir = dir;
	return str_format(ret->sun_path, sizeof(ret->sun_path), "/proc/self/fd/%d/" CONTROL_NAME, dir);
}

int control_listen(const char *folder, struct err *e)
{
	_cleanup_close_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), dir = -1;
	struct sockaddr_un sa;
	int r = fd < 0 ? -errno : address(folder, &sa, &dir);

	if (r == 0 && (bind(fd, (struct sockaddr *)&sa, sizeof(sa)) < 0 || listen(fd, BACKLOG) < 0))
		r = -errno;
	return r < 0 ? err_sys(e, r, "%s/" CONTROL_NAME, folder) : take_fd(&fd);
}

int control_connect(const char *folder)
{
	_cleanup_close_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), dir = -1;
	struct sockaddr_un sa;
	int r = fd < 0 ? -errno : address(folder, &sa, &dir);

	if (r == 0 && connect(fd, (struct sockaddr *)&sa, sizeof(sa)) < 0)
		r = -errno;
	return r < 0 ? r : take_fd(&fd);
}
