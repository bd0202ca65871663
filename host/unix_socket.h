/* SPDX-License-Identifier: MIT */
/* unix_socket.h - sockets in folders whose paths may be longer than an address */
#ifndef STOREBOOT_HOST_UNIX_SOCKET_H
#define STOREBOOT_HOST_UNIX_SOCKET_H

/*
 * An address has room for a path of 107 bytes (unix(7)), and a folder's own may be longer: it goes by its
 * descriptor. name: short, of a file in the folder. flags: of socket(2)'s type, beside SOCK_STREAM and SOCK_CLOEXEC.
 * Each returns the socket, or -errno.
 */
int unix_socket_listen(const char *folder, const char *name, int flags, int backlog);
int unix_socket_connect(const char *folder, const char *name, int flags);

#endif
