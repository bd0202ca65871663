/* SPDX-License-Identifier: MIT */
/* distro.h - which distribution this is, and the command that installs something on it */
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

/* From the text of /etc/os-release (os-release(5)): ID, or one of ID_LIKE. A pure function. */
enum distro distro_of(const char *os_release);

/* The command that installs what Debian's package of that name is: on d, and as the superuser or by
 * sudo. Returns dst; where none is known it names Debian's package. A pure function. */
const char *distro_command(enum distro d, int as_root, const char *debian, char *dst, size_t size);

/* The same for this host and this user. */
const char *distro_install(const char *debian, char *dst, size_t size);

#endif
