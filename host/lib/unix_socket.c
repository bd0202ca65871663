/* SPDX-License-Identifier: MIT */
/* unix_socket.c - sockets in folders whose paths exceed a socket address */
#include "host/lib/unix_socket.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "init/lib/str.h"

/* ret_dir must stay open while the address is in use. */
static int address(const char *folder, const char *name, struct sockaddr_un *ret, int *ret_dir)
{
	*ret_dir = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (*ret_dir < 0)
		return -errno;
	*ret = (struct sockaddr_un){ .sun_family = AF_UNIX };
	return str_format(ret->sun_path, sizeof(ret->sun_path), "/proc/self/fd/%d/%s", *ret_dir,
			  name);
}

int unix_socket_listen(const char *folder, const char *name, int flags, int backlog)
{
	_cleanup_close_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | flags, 0), dir = -1;
	struct sockaddr_un sa;
	int r = fd < 0 ? -errno : address(folder, name, &sa, &dir);

	if (r == 0 &&
	    (bind(fd, (const struct sockaddr *)&sa, sizeof(sa)) < 0 || listen(fd, backlog) < 0))
		r = -errno;
	return r < 0 ? r : take_fd(&fd);
}

int unix_socket_connect(const char *folder, const char *name, int flags)
{
	_cleanup_close_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | flags, 0), dir = -1;
	struct sockaddr_un sa;
	int r = fd < 0 ? -errno : address(folder, name, &sa, &dir);

	if (r == 0 && connect(fd, (const struct sockaddr *)&sa, sizeof(sa)) < 0)
		r = -errno;
	return r < 0 ? r : take_fd(&fd);
}
