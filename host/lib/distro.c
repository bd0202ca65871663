/* SPDX-License-Identifier: MIT */
/* distro.c - the host's distribution, and its command to install a package */
#include "host/lib/distro.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "init/lib/file.h"
#include "init/lib/str.h"

#define OS_RELEASE_MAX 65536

static const struct {
	const char *id, *command; /* nix-shell needs no privilege */
} distros[] = {
	[DISTRO_DEBIAN] = { "debian", "apt-get install" },
	[DISTRO_ALPINE] = { "alpine", "apk add" },
	[DISTRO_FEDORA] = { "fedora", "dnf install" },
	[DISTRO_ARCH] = { "arch", "pacman -S" },
	[DISTRO_NIXOS] = { "nixos", "nix-shell -p" },
};

/* In the order of enum distro; NULL: not packaged. */
static const char *const packages[][DISTRO_OTHER] = {
	{ "qemu-system-x86", "qemu-system-x86_64", "qemu-system-x86-core", "qemu-system-x86",
	  "qemu" },
	{ "qemu-system-arm", "qemu-system-aarch64", "qemu-system-aarch64-core",
	  "qemu-system-aarch64", "qemu" },
	{ "qemu-system-misc", "qemu-system-riscv64", "qemu-system-riscv-core", "qemu-system-riscv",
	  "qemu" },
	{ "qemu-system-gui", "qemu-ui-gtk", "qemu-ui-gtk", "qemu-ui-gtk", "qemu" },
	{ "qemu-utils", "qemu-img", "qemu-img", "qemu-img", "qemu" },
	{ "samba", "samba-server", "samba", "samba", "samba" },
	{ "bubblewrap", "bubblewrap", "bubblewrap", "bubblewrap", "bubblewrap" },
	{ "virtiofsd", "virtiofsd", "virtiofsd", "virtiofsd", "virtiofsd" },
	{ "erofs-utils", "erofs-utils", "erofs-utils", "erofs-utils", "erofs-utils" },
	{ "ovmf", "ovmf", "edk2-ovmf", "edk2-ovmf", "OVMF" },
	{ "qemu-efi-aarch64", "aavmf", "edk2-aarch64", "edk2-aarch64", "OVMF" },
	{ "qemu-efi-riscv64", NULL, "edk2-riscv64", NULL, "OVMF" },
	{ "swtpm", "swtpm", "swtpm", "swtpm", "swtpm" },
	{ "nix-bin", "nix", "nix", "nix", "nix" },
};

/* The value of a line NAME=..., with its quotes. ret_len: its length. */
static const char *value_of(const char *text, const char *name, size_t *ret_len)
{
	while (text) {
		const char *value = str_after(text, name);

		if (value && *value == '=') {
			*ret_len = strcspn(++value, "\n");
			return value;
		}
		text = strchr(text, '\n');
		text = text ? text + 1 : NULL;
	}
	return NULL;
}

static enum distro of_words(const char *s, size_t len)
{
	static const char between[] = " \"'";

	for (size_t at = 0, n; at < len; at += n + 1) {
		n = strcspn(s + at, " \"'\n");
		for (enum distro d = 0; d < DISTRO_OTHER; d++)
			if (n == strlen(distros[d].id) && memcmp(s + at, distros[d].id, n) == 0)
				return d;
		if (!strchr(between, s[at + n]))
			break;
	}
	return DISTRO_OTHER;
}

enum distro distro_of(const char *os_release)
{
	static const char *const names[] = { "ID", "ID_LIKE" };
	enum distro d = DISTRO_OTHER;
	size_t len;

	for (size_t i = 0; i < ARRAY_SIZE(names) && d == DISTRO_OTHER; i++) {
		const char *value = value_of(os_release, names[i], &len);

		if (value)
			d = of_words(value, len);
	}
	return d;
}

const char *distro_command(enum distro d, int as_root, const char *debian, char *dst, size_t size)
{
	const char *package = d == DISTRO_DEBIAN ? debian : NULL;

	for (size_t i = 0; i < ARRAY_SIZE(packages) && d < DISTRO_OTHER && !package; i++)
		if (str_eq(packages[i][DISTRO_DEBIAN], debian))
			package = packages[i][d];
	if (!package)
		snprintf(dst, size, "install what Debian's package %s has", debian);
	else
		snprintf(dst, size, "%s%s %s", as_root || d == DISTRO_NIXOS ? "" : "sudo ",
			 distros[d].command, package);
	return dst;
}

const char *distro_install(const char *debian, char *dst, size_t size)
{
	_cleanup_buf_ struct buf text = { 0 };
	enum distro d = DISTRO_OTHER;

	if (file_read(AT_FDCWD, "/etc/os-release", OS_RELEASE_MAX, &text) == 0 && text.data)
		d = distro_of(text.data);
	return distro_command(d, geteuid() == 0, debian, dst, size);
}
