/* SPDX-License-Identifier: MIT */
/* unix_socket.h - sockets in folders whose paths exceed a socket address */
#ifndef STOREBOOT_HOST_LIB_UNIX_SOCKET_H
#define STOREBOOT_HOST_LIB_UNIX_SOCKET_H

/*
 * A socket address holds a path of at most 107 bytes (unix(7)). The folder's path may be longer, so
 * the address names the folder through a descriptor. name: a short file name in the folder. flags:
 * added to socket(2)'s type, besides SOCK_STREAM and SOCK_CLOEXEC. Each function returns the
 * socket, or -errno.
 */
int unix_socket_listen(const char *folder, const char *name, int flags, int backlog);
int unix_socket_connect(const char *folder, const char *name, int flags);

#endif
