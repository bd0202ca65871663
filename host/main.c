/* SPDX-License-Identifier: MIT */
/* main.c - storeboot: the table of subcommands */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "host/closure/reginfo.h"
#include "host/commands.h"
#include "host/lib/exit.h"
#include "host/initrd/initrd.h"
#include "host/vms/list.h"
#include "host/lib/proc.h"
#include "host/share/server.h"
#include "host/qemu/relay.h"
#include "host/vms/remote.h"
#include "host/doctor/doctor.h"
#include "host/run/options.h"
#include "host/run/run.h"
#include "init/lib/log.h"
#include "init/lib/str.h"

const struct command commands[] = {
	{ "run", cmd_run, "boot a system from the host's store in QEMU", &run_command, false, NULL },
	{ "list", cmd_list, "the VMs that run", &list_command, false, NULL },
	{ "exec", cmd_exec, "run a command in one of them", &exec_command, true, NULL },
	{ "console", cmd_console, "get on the console of one of them", &console_command, true, NULL },
	{ "stop", cmd_stop, "end one of them", &stop_command, true, NULL },
	{ "doctor", cmd_doctor, "what this host has, lacks, and the command that mends it", &run_command,
	  false, NULL },
	{ "initrd", cmd_initrd, "build the initramfs alone; look into any", &initrd_command, false,
	  "ls cat verify diff" },
	{ "reginfo", cmd_reginfo, "print the registration of a closure", &reginfo_command, false, NULL },
	{ "completion", cmd_completion, "print what a shell completes: bash, zsh or fish",
	  &completion_command, false, "bash zsh fish" },
	{ "share-server", cmd_share_server, NULL, NULL, false, NULL }, /* run's own use */
	{ "relay", cmd_relay, NULL, NULL, false, NULL },		  /* and QEMU's, for it */
	{ NULL, NULL, NULL, NULL, false, NULL },
};

static int usage(FILE *to)
{
	fprintf(to, "Usage: storeboot COMMAND [ARGUMENT]...\n\n"
		    "Boots a system that lives in the host's /nix/store inside QEMU, copying "
		    "nothing.\n\n"
		    "Commands:\n");
	for (const struct command *c = commands; c->name; c++)
		if (c->about)
			fprintf(to, "  %-10s %s\n", c->name, c->about);
	fprintf(to, "\nstoreboot COMMAND --help tells more; storeboot(1) tells all.\n");
	return to == stdout ? EXIT_OK : EXIT_USAGE;
}

/*
 * Where the caller closed one of descriptors 0 to 2, the next file opened would take its place: the
 * guest's console would be written over the disk image. What stands there now fails when it is used
 * as what it is not: stdin cannot be read, the others cannot be written.
 */
static int keep_standard_fds(void)
{
	int fd;

	do
		fd = open("/dev/null", fcntl(STDIN_FILENO, F_GETFD) < 0 ? O_WRONLY : O_RDONLY);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

static int run(int argc, char **argv)
{
	if (argc < 2)
		return usage(stderr);
	if (str_eq(argv[1], "--help") || str_eq(argv[1], "-h") || str_eq(argv[1], "help"))
		return usage(stdout);
	if (str_eq(argv[1], "--version")) {
		printf("storeboot %s\n", STOREBOOT_VERSION);
		return EXIT_OK;
	}
	for (const struct command *c = commands; c->name; c++)
		if (str_eq(c->name, argv[1]))
			return c->run(argc - 1, argv + 1);
	log_error("unknown command %s; see storeboot --help", argv[1]);
	return EXIT_USAGE;
}

int main(int argc, char **argv)
{
	int status, r = keep_standard_fds();

	if (r < 0) {
		log_error("/dev/null: %s", strerror(-r));
		return EXIT_MISSING;
	}
	/* A caller that ignores it would have the kernel reap our children before we can. */
	signal(SIGCHLD, SIG_DFL);
	status = run(argc, argv);
	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	log_error("cannot write to stdout: %s", strerror(errno));
	return status ? status : EXIT_BAD_INPUT;
}
