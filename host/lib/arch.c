/* SPDX-License-Identifier: MIT */
/*
 * arch.c - the guest architectures, and QEMU's machine for each
 *
 * Every option here works with QEMU 5.2 to 11, except pvpanic-pci on the virt boards (since 6.0).
 *
 * q35: its ACPI tables make interrupt routing cheap. On pc the guest spends about 80 million
 * instructions per virtio device to find its interrupt. qemu-system-x86_64 also runs 32-bit
 * kernels, and is installed even if only the QEMU of the host's architecture is.
 *
 * X86_TCG_CPU: five-level paging (la57) makes every TLB miss slower under TCG. erms and fsrm make
 * the kernel and the C library use "rep movsb" to copy and "rep stosb" to clear, which TCG does
 * byte by byte. Without them a guest reads a file from its page cache three times as fast with QEMU
 * 7.2, and seven times with QEMU 10.0.
 *
 * aarch64: max signs return addresses (pauth), which is so slow under TCG that a boot takes four
 * times as long. cortex-a72 implements all of ARMv8.0, which is enough for Linux distributions,
 * except for kernels with 16 KiB pages. gic-version=max: KVM offers only the host's own interrupt
 * controller.
 *
 * The virt boards have one serial port. The second is a PCI card of the same kind (16550A), whose
 * driver (8250_pci) is built into distributions' kernels like that of the first. It takes the first
 * free number: on riscv64 after the board's own 16550A; on aarch64 the board has a PL011, so it is
 * the first.
 *
 * The virt boards have no screen either. VGA does not work there: under KVM, arm64's caches are not
 * coherent with its memory.
 *
 * adapter: a PC's firmware sets VGA to text mode, and x86 kernels write to it without a module.
 * That costs a boot 3 million instructions of 7,200 million. The module that udev would load for
 * it, with its dependencies, costs 390 million. In slot 24 it does not move other cards, whose
 * slots udev uses in names. Other boards have no such cheap screen: virtio-gpu shows nothing until
 * its module is loaded.
 *
 * silent_off: before 8.2 QEMU's hw/misc/sifive_test.c calls exit(0) when the guest powers off.
 *
 * one_bus: q35 has a window for the configuration of 256 buses, and Linux reads the vendor of 32
 * devices on each of them by port I/O, 16,000 exits under KVM (arch/x86/pci/legacy.c,
 * pcibios_fixup_peer_bridges). ACPI finds the devices in any case.
 *
 * cmdline_max: COMMAND_LINE_SIZE less the NUL (arch/x86/include/asm/setup.h,
 * arch/arm64/include/uapi/asm/setup.h; arch/riscv/include/uapi/asm/setup.h, since 6.4).
 */
#include "host/lib/arch.h"

#include <elf.h>
#include <stdio.h>
#include <sys/utsname.h>

#include "init/lib/str.h"

#define X86_TCG_CPU "max,la57=off,erms=off,fsrm=off"

static const struct arch archs[] = {
	{
		.machine = EM_X86_64,
		.name = "x86_64",
		.qemu = "qemu-system-x86_64",
		.package = "qemu-system-x86",
		.board = "q35",
		.tcg_cpu = X86_TCG_CPU,
		.max_cpu = "max",
		.kvm_host = "x86_64",
		.console = "ttyS0",
		.report = "/dev/ttyS1",
		.adapter = "VGA,addr=0x18",
		.adapter_driver = "bochs",
		.screen = "VGA",
		.efi_machine = "pc-q35-1",
		.efi_package = "ovmf",
		.tpm = "tpm-tis",
		.one_bus = "pci=lastbus=0",
		.cmdline_max = 2047,
	},
	{
		.machine = EM_386,
		.name = "i686",
		.qemu = "qemu-system-x86_64",
		.package = "qemu-system-x86",
		.board = "q35",
		.tcg_cpu = X86_TCG_CPU,
		.max_cpu = "max",
		.kvm_host = "x86_64",
		.console = "ttyS0",
		.report = "/dev/ttyS1",
		.adapter = "VGA,addr=0x18",
		.adapter_driver = "bochs",
		.screen = "VGA",
		.tpm = "tpm-tis",
		.one_bus = "pci=lastbus=0",
		.cmdline_max = 2047,
	},
	{
		.machine = EM_AARCH64,
		.name = "aarch64",
		.qemu = "qemu-system-aarch64",
		.package = "qemu-system-arm",
		.board = "virt,gic-version=max",
		.tcg_cpu = "cortex-a72",
		.max_cpu = "max",
		.kvm_host = "aarch64",
		.console = "ttyAMA0",
		.report = "/dev/ttyS0",
		.pci_only = true,
		.screen = "virtio-gpu-pci",
		.screen_module = "virtio-gpu",
		.efi_machine = "virt-1",
		.efi_package = "qemu-efi-aarch64",
		.tpm = "tpm-tis-device",
		.cmdline_max = 2047,
	},
	{
		.machine = EM_RISCV,
		.name = "riscv64",
		.qemu = "qemu-system-riscv64",
		.package = "qemu-system-misc",
		.board = "virt",
		.console = "ttyS0",
		.report = "/dev/ttyS1",
		.pci_only = true,
		.screen = "virtio-gpu-pci",
		.screen_module = "virtio-gpu",
		.silent_off = true,
		.efi_machine = "virt-1",
		.efi_package = "qemu-efi-riscv64",
		.cmdline_max = 1023,
	},
};

const struct arch *arch_find(unsigned int machine)
{
	for (size_t i = 0; i < ARRAY_SIZE(archs); i++)
		if (archs[i].machine == machine)
			return &archs[i];
	return NULL;
}

const char *arch_name(unsigned int machine)
{
	const struct arch *a = arch_find(machine);

	return a ? a->name : "another processor";
}

const char *arch_host(void)
{
	static struct utsname u;

	return uname(&u) < 0 ? "" : u.machine;
}

const struct arch *arch_of_host(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(archs); i++)
		if (str_eq(archs[i].name, arch_host()))
			return &archs[i];
	return &archs[0];
}

bool arch_by_kvm(const struct arch *a)
{
	return a->kvm_host && str_eq(a->kvm_host, arch_host());
}

const char *arch_names(char *dst, size_t size)
{
	size_t n = 0;

	dst[0] = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(archs) && n < size; i++)
		n += (size_t)snprintf(dst + n, size - n, "%s%s", i ? ", " : "", archs[i].name);
	return dst;
}
