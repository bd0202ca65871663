/* SPDX-License-Identifier: MIT */
/*
 * modules.c - the reference for scripts/bench: a PID 1 that only loads the initramfs's modules
 *
 * It loads the modules that /modules/order names, in that order, except those for the needs in the
 * kernel parameter skip=NEED[,NEED...], which the kernel passes on as an environment variable. No
 * stage 1 that uses these modules can cost less with the same kernel. The counter stops at
 * loaded().
 */
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/reboot.h>
#include <sys/syscall.h>
#include <unistd.h>

#define COMPRESSED_FILE 4 /* linux/module.h, MODULE_INIT_COMPRESSED_FILE */

/* The marker. It must be a function of its own, with an address that nothing else runs. */
void loaded(void);

__attribute__((noinline)) void loaded(void)
{
	__asm__ volatile("" ::: "memory");
}

static int flags_of(const char *name)
{
	size_t len = strlen(name);

	return len > 3 && strcmp(name + len - 3, ".ko") == 0 ? 0 : COMPRESSED_FILE;
}

/* Is every need of the comma-separated list in skip? */
static bool skipped(char *needs, const char *skip)
{
	char *need;

	while ((need = strsep(&needs, ",")))
		if (!strstr(skip, need))
			return false;
	return true;
}

/* A line is "NEED FILE [PARAMS]". A driver without hardware fails here, as in storeboot-init. */
static void load(char *line, const char *skip)
{
	char *needs, *name, *params;
	int fd;

	needs = strsep(&line, " ");
	if (skipped(needs, skip))
		return;
	name = strsep(&line, " ");
	params = line ? line : "";
	fd = name ? open(name, O_RDONLY | O_CLOEXEC) : -1;
	if (fd < 0)
		return;
	syscall(SYS_finit_module, fd, params, flags_of(name));
	close(fd);
}

int main(void)
{
	static char line[4096];
	const char *skip = getenv("skip");
	FILE *order;

	if (chdir("/modules") == 0 && (order = fopen("order", "re"))) {
		while (fgets(line, sizeof(line), order)) {
			line[strcspn(line, "\n")] = '\0';
			load(line, skip ? skip : "");
		}
		fclose(order);
	}
	loaded();
	reboot(RB_POWER_OFF);
	return 1;
}
