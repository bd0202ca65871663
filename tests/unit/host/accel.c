/* SPDX-License-Identifier: MIT */
/* accel.c - tests of the accelerator's proof, with the real QEMU under TCG */
#include "host/qemu/accel.h"

#include <limits.h>
#include <stdlib.h>

#include "host/proc.h"
#include "host/qemu/accel_probe.h"
#include "init/lib/str.h"
#include "tests/lib/test.h"

extern const unsigned char accel_probe_sector[], accel_probe_sector_end[];

static char qemu[PATH_MAX];

static void is_a_boot_sector(void)
{
	CHECK_INT(accel_probe_sector_end - accel_probe_sector, 512);
	CHECK_INT(accel_probe_sector[510], 0x55);
	CHECK_INT(accel_probe_sector[511], 0xaa);
}

static void runs_to_its_end(void)
{
	char why[256] = "";

	CHECK_INT(accel_probe(qemu, ACCEL_TCG, why, sizeof(why)), 1);
	CHECK_STR(why, "");
}

/* Programs that are no QEMU: what ends well by accident is no proof. */
static void what_proves_nothing(void)
{
	char why[256];

	CHECK_INT(accel_probe("/bin/true", ACCEL_TCG, why, sizeof(why)), 0);
	CHECK_STR(why, "QEMU: exit status 0");
	CHECK_INT(accel_probe("/bin/false", ACCEL_TCG, why, sizeof(why)), 0);
	CHECK_STR(why, "QEMU: exit status 1");
	CHECK(accel_probe("/no/such/qemu", ACCEL_TCG, why, sizeof(why)) < 0);
	CHECK_HAS(why, "No such file");
}

static void what_is_asked_for_is_taken(void)
{
	char why[256];

	CHECK_INT(accel_choose(ACCEL_KVM, "/no/such/qemu", why, sizeof(why)), ACCEL_KVM);
	CHECK_INT(accel_choose(ACCEL_TCG, "/no/such/qemu", why, sizeof(why)), ACCEL_TCG);
	CHECK_STR(why, "as asked");
}

/* A QEMU that does not run a guest under KVM gives TCG with a reason, whatever this host's KVM is. */
static void auto_falls_back(void)
{
	char why[600];

	setenv("XDG_CACHE_HOME", "/dev/null/folder", 1); /* root could make another */
	CHECK_INT(accel_choose(ACCEL_AUTO, "/bin/false", why, sizeof(why)), ACCEL_TCG);
	CHECK_HAS(why, "/dev/kvm");
}

int main(void)
{
	struct err e = { 0 };

	RUN(is_a_boot_sector);
	RUN(what_proves_nothing);
	RUN(what_is_asked_for_is_taken);
	RUN(auto_falls_back);
	if (proc_find(NULL, "qemu-system-x86_64", "qemu-system-x86", qemu, &e) < 0)
		printf("# %s\n", e.text);
	RUN(runs_to_its_end);
	TEST_END();
}
