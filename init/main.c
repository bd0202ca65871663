/* SPDX-License-Identifier: MIT */
/* main.c - storeboot-init, PID 1 of the initramfs (stage 1): runs the table of steps */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "init/fail.h"
#include "init/guard.h"
#include "init/lib/log.h"
#include "init/lib/str.h"
#include "init/steps.h"

static const char about[] = "storeboot-init is stage 1 of a system that boots from the host's Nix "
			    "store: the kernel runs it\n"
			    "as PID 1 of the initramfs that `storeboot initrd` and `storeboot run` "
			    "make. It takes its orders\n"
			    "from the kernel command line; storeboot-init(8) lists the words.\n";

/* For a user who runs it by hand. */
static int explain(int argc, char **argv)
{
	if (argc == 2 && (str_eq(argv[1], "--help") || str_eq(argv[1], "-h"))) {
		fputs("Usage: storeboot-init --help | --version\n\n", stdout);
		fputs(about, stdout);
		return 0;
	}
	if (argc == 2 && str_eq(argv[1], "--version")) {
		puts("storeboot-init " STOREBOOT_VERSION);
		return 0;
	}
	log_error("storeboot-init is the kernel's to run, as PID 1 of an initramfs; see "
		  "storeboot-init --help");
	return 1;
}

/* Refuses to run as PID 1 of a container, to leave its files unchanged. */
static int check_place(struct err *e)
{
	_cleanup_close_ int root = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return root < 0 ? err_sys(e, errno, "cannot open /") : guard_initramfs(root, e);
}

int main(int argc, char **argv)
{
	static struct boot b = { .report = { .fd = -1 }, .step = "console" };
	size_t at;

	b.argv = argv;
	if (getpid() != 1)
		return explain(argc, argv);
	if (check_place(&b.err) < 0) {
		log_error("%s", b.err.text);
		return 1;
	}
	/* The last step returns only on an error. */
	for (at = 0; runner_run(&b, steps, n_steps, &at) < 0 && boot_fail(&b) == 0;)
		;
	return 1;
}
