/* SPDX-License-Identifier: MIT */
/* unix_socket.h - sockets in folders whose paths may be longer than an address */
#ifndef STOREBOOT_HOST_LIB_UNIX_SOCKET_H
#define STOREBOOT_HOST_LIB_UNIX_SOCKET_H

/*
 * An address holds a path of at most 107 bytes (unix(7)), and the folder's path may be longer, so
 * the address names the folder by its descriptor. name: a short name of a file in the folder.
 * flags: for socket(2)'s type, beside SOCK_STREAM and SOCK_CLOEXEC. Each function returns the
 * socket, or -errno.
 */
int unix_socket_listen(const char *folder, const char *name, int flags, int backlog);
int unix_socket_connect(const char *folder, const char *name, int flags);

#endif
