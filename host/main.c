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
#include "host/lib/harmless.h"
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

static int usage(FILE *to)
{
	fprintf(to, "Usage: storeboot COMMAND [ARGUMENT]...\n\n"
		    "Boots a system from the host's /nix/store in QEMU, without copying it.\n\n"
		    "Commands:\n");
	COMMAND_EACH(c)
	fprintf(to, "  %-10s %s\n", c->name, c->brief);
	fprintf(to, "\nExamples:\n"
		    "  storeboot run /run/current-system --append fstab=no\n"
		    "  storeboot help run\n"
		    "\nstoreboot(1) explains all commands and options.\n");
	return to == stdout ? EXIT_OK : EXIT_USAGE;
}

static int help(_unused_ void *values, const struct opt_args *args, struct err *e)
{
	if (args->args.n == 0)
		return usage(stdout);
	COMMAND_EACH(c)
	if (str_eq(c->name, args->args.v[0])) {
		opt_help(c);
		return EXIT_OK;
	}
	return err_exit(e, EXIT_USAGE, EINVAL, "unknown command %s; see storeboot --help",
			args->args.v[0]);
}

static const struct opt_command help_command = {
	.name = "help",
	.brief = "show the options of a command",
	.synopsis = "[COMMAND]",
	.about = "Shows what `storeboot COMMAND --help` shows. Without a COMMAND it lists them.",
	.examples = "  storeboot help run\n"
		    "  storeboot help run | grep disk",
	.words =
		"run list exec connect console log stop balloon doctor initrd reginfo completion help",
	.max_args = 1,
	.run = help,
};

static int cmd_help(int argc, char **argv)
{
	return opt_run(&help_command, argc, argv, NULL);
}

/* Internal commands: the launcher's file server, and QEMU's relay for --guest-forward. */
static const struct opt_command share_server = { .name = "share-server" },
				relay = { .name = "relay" };

const struct command commands[] = {
	{ &run_command, cmd_run },
	{ &list_command, cmd_list },
	{ &exec_command, cmd_exec },
	{ &connect_command, cmd_connect },
	{ &console_command, cmd_console },
	{ &log_command, cmd_log },
	{ &stop_command, cmd_stop },
	{ &balloon_command, cmd_balloon },
	{ &doctor_command, cmd_doctor },
	{ &initrd_command, cmd_initrd },
	{ &reginfo_command, cmd_reginfo },
	{ &completion_command, cmd_completion },
	{ &help_command, cmd_help },
	{ &share_server, cmd_share_server },
	{ &relay, cmd_relay },
	{ NULL, NULL },
};

/*
 * If the caller closed one of descriptors 0 to 2, the next file opened would take its number, and
 * the guest's console could overwrite the disk image. So /dev/null takes it, opened such that use
 * fails: stdin cannot be read, the others cannot be written.
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
	if (str_eq(argv[1], "--help") || str_eq(argv[1], "-h"))
		return usage(stdout);
	if (str_eq(argv[1], "--version")) {
		printf("storeboot %s\n", STOREBOOT_VERSION);
		return EXIT_OK;
	}
	for (const struct command *c = commands; c->is; c++)
		if (str_eq(c->is->name, argv[1])) {
			/* An internal command hands on what it got. */
			if (c->is->brief)
				proc_keep_descriptors();
			return c->run(argc - 1, argv + 1);
		}
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
	/* If the caller ignores SIGCHLD, the kernel would reap our children before we can. */
	signal(SIGCHLD, SIG_DFL);
	log_clean(harmless_line);
	/* A file that reaches RLIMIT_FSIZE is an error with a message (EFBIG), also in QEMU. */
	signal(SIGXFSZ, SIG_IGN);
	status = run(argc, argv);
	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	log_error("cannot write to stdout: %s", strerror(errno));
	return status ? status : EXIT_BAD_INPUT;
}
