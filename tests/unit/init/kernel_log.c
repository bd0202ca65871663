/* SPDX-License-Identifier: MIT */
/* kernel_log.c - tests of the kernel's phases */
#include "init/kernel_log.h"

#include "tests/lib/test.h"

static struct kernel_phases p;

static void take(const char *record)
{
	kernel_phases_take(&p, record, strlen(record));
}

static void the_log_of_6_1(void)
{
	p = (struct kernel_phases){ 0 };
	take("5,0,0,-;Linux version 6.1.0\n");
	take("6,180,512340,-;Trying to unpack rootfs image as initramfs...\n");
	take("6,221,901000,-;Freeing initrd memory: 1432K\n");
	take("6,300,1200300,-,caller=T1;Freeing unused kernel image (initmem) memory: 2796K\n SUBSYSTEM=x\n");
	take("6,305,1201000,-;Run /init as init process\n");
	take("6,399,9999999,-;Freeing initrd memory: the first one counts\n");
	CHECK_INT(p.end_us[0], 512340);
	CHECK_INT(p.end_us[1], 901000);
	CHECK_INT(p.end_us[2], 1200300);
	CHECK_INT(p.end_us[3], 1201000);
}

static void what_is_none(void)
{
	p = (struct kernel_phases){ 0 };
	take("");
	take("no record");
	take("6,1,x,-;Run /init as init process\n");
	take("6,1,5,-;Run /ini");
	take("6,1,5,-;say: Run /init as init process\n");
	for (size_t i = 0; i < KERNEL_PHASES; i++)
		CHECK_INT(p.end_us[i], 0);
}

/* What was measured with kvm-clock: the log's clock is ahead of the one that the steps are timed
 * by. */
static void the_phases_are_on_the_steps_clock(void)
{
	the_log_of_6_1();
	kernel_phases_move(&p, 1);
	CHECK_INT(p.end_us[0], 512340); /* no mark was seen */
	take("7,410,1500000,-;" KERNEL_LOG_MARK "\n");
	kernel_phases_move(&p, 1400000);
	CHECK_INT(p.end_us[0], 412340);
	CHECK_INT(p.end_us[1], 801000);
	CHECK_INT(p.end_us[3], 1101000);
	kernel_phases_move(&p, 1600000); /* it can be behind, too */
	CHECK_INT(p.end_us[0], 512340);
	p = (struct kernel_phases){ .end_us = { 100, 0, 1000 }, .mark_us = 2000 };
	kernel_phases_move(&p, 1500);
	CHECK_INT(p.end_us[0], 0);
	CHECK_INT(p.end_us[1], 0);
	CHECK_INT(p.end_us[2], 500);
}

int main(void)
{
	RUN(the_log_of_6_1);
	RUN(what_is_none);
	RUN(the_phases_are_on_the_steps_clock);
	TEST_END();
}
