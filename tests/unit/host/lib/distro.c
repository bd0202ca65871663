/* SPDX-License-Identifier: MIT */
/* distro.c - tests of telling distributions apart, and of the command that installs something */
#include "host/lib/distro.h"

#include "tests/lib/test.h"

static void which_one(void)
{
	static const struct {
		const char *text;
		enum distro want;
	} rows[] = {
		{ "NAME=\"Debian GNU/Linux\"\nID=debian\n", DISTRO_DEBIAN },
		{ "ID=ubuntu\nID_LIKE=debian\n", DISTRO_DEBIAN },
		{ "ID_LIKE=\"rhel centos fedora\"\nID=\"rocky\"\n", DISTRO_FEDORA },
		{ "ID=nixos", DISTRO_NIXOS },
		{ "ID='alpine'\n", DISTRO_ALPINE },
		{ "VERSION_ID=debian\nBUILD_ID=rolling\nID=arch\n", DISTRO_ARCH },
		{ "ID=debianish\n", DISTRO_OTHER },
		{ "ID=\n", DISTRO_OTHER },
		{ "", DISTRO_OTHER },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		CHECK_INT(distro_of(rows[i].text), rows[i].want);
}

static void which_command(void)
{
	static const struct {
		enum distro d;
		int as_root;
		const char *package, *want;
	} rows[] = {
		{ DISTRO_DEBIAN, 1, "qemu-utils", "apt-get install qemu-utils" },
		{ DISTRO_DEBIAN, 0, "no-such", "sudo apt-get install no-such" },
		{ DISTRO_FEDORA, 0, "qemu-utils", "sudo dnf install qemu-img" },
		{ DISTRO_ALPINE, 1, "samba", "apk add samba-server" },
		{ DISTRO_ARCH, 0, "ovmf", "sudo pacman -S edk2-ovmf" },
		{ DISTRO_NIXOS, 0, "ovmf", "nix-shell -p OVMF" },
		{ DISTRO_ALPINE, 1, "qemu-efi-riscv64",
		  "install what Debian's package qemu-efi-riscv64 has" },
		{ DISTRO_OTHER, 1, "samba", "install what Debian's package samba has" },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char text[128];

		CHECK_STR(distro_command(rows[i].d, rows[i].as_root, rows[i].package, text,
					 sizeof(text)),
			  rows[i].want);
	}
}

int main(void)
{
	RUN(which_one);
	RUN(which_command);
	TEST_END();
}
