/* SPDX-License-Identifier: MIT */
/* control.c - the control socket of a running VM, for other programs */
#include "host/vms/control.h"

#include <sys/socket.h>

#include "host/lib/unix_socket.h"

#define BACKLOG 64 /* connections that may wait while the launcher is busy */

int control_listen(const char *folder, struct err *e)
{
	int fd = unix_socket_listen(folder, CONTROL_NAME, SOCK_NONBLOCK, BACKLOG);

	return fd < 0 ? err_sys(e, fd, "%s/" CONTROL_NAME, folder) : fd;
}

int control_connect(const char *folder)
{
	return unix_socket_connect(folder, CONTROL_NAME, SOCK_NONBLOCK);
}
