/* SPDX-License-Identifier: MIT */
/* arch.c - tests of the table of architectures */
#include "host/lib/arch.h"

#include <elf.h>

#include "init/lib/str.h"
#include "tests/lib/test.h"

static void found_by_elfs_number(void)
{
	CHECK_STR(arch_find(EM_X86_64)->name, "x86_64");
	CHECK_STR(arch_find(EM_386)->name, "i686");
	CHECK_STR(arch_find(EM_AARCH64)->name, "aarch64");
	CHECK_STR(arch_find(EM_RISCV)->name, "riscv64");
	CHECK(!arch_find(EM_PPC64));
	CHECK_STR(arch_name(EM_RISCV), "riscv64");
	CHECK_STR(arch_name(EM_PPC64), "another processor");
}

static void names_fit_or_are_cut(void)
{
	char all[64], few[8];

	CHECK_STR(arch_names(all, sizeof(all)), "x86_64, i686, aarch64, riscv64");
	CHECK_STR(arch_names(few, sizeof(few)), "x86_64,");
}

/* Every row is whole: a QEMU with its package, a board, both serial ports, room for a command line.
 */
static void rows_are_whole(void)
{
	static const unsigned int machines[] = { EM_X86_64, EM_386, EM_AARCH64, EM_RISCV };

	for (size_t i = 0; i < ARRAY_SIZE(machines); i++) {
		const struct arch *a = arch_find(machines[i]);

		CHECK(str_after(a->qemu, "qemu-system-") && str_after(a->package, "qemu-system-"));
		CHECK(a->board && str_after(a->console, "tty") && str_after(a->report, "/dev/tty"));
		CHECK(!str_eq(a->console, a->report + strlen("/dev/")));
		CHECK(a->cmdline_max >= 1023);
		CHECK_INT(a->one_bus != NULL, str_eq(a->board, "q35"));
		CHECK(!a->kvm_host || a->max_cpu);
		CHECK_INT(arch_by_kvm(a), a->kvm_host && str_eq(a->kvm_host, arch_host()));
	}
}

int main(void)
{
	RUN(found_by_elfs_number);
	RUN(names_fit_or_are_cut);
	RUN(rows_are_whole);
	TEST_END();
}
