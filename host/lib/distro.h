/* SPDX-License-Identifier: MIT */
/* distro.h - the host's distribution, and its command to install a package */
#ifndef STOREBOOT_HOST_LIB_DISTRO_H
#define STOREBOOT_HOST_LIB_DISTRO_H

#include <stddef.h>

enum distro {
	DISTRO_DEBIAN,
	DISTRO_ALPINE,
	DISTRO_FEDORA,
	DISTRO_ARCH,
	DISTRO_NIXOS,
	DISTRO_OTHER
};

/* The distribution in the text of /etc/os-release (os-release(5)), by ID or ID_LIKE. A pure
 * function. */
enum distro distro_of(const char *os_release);

/* Writes to dst the command that installs the equivalent of a Debian package on d, with sudo unless
 * as_root. If none is known, dst names Debian's package. Returns dst. A pure function. */
const char *distro_command(enum distro d, int as_root, const char *debian, char *dst, size_t size);

/* Like distro_command, for this host and this user. */
const char *distro_install(const char *debian, char *dst, size_t size);

#endif
