/* SPDX-License-Identifier: MIT */
/* verdict.c - tests of how a run's end is judged */
#include "host/vm/verdict.h"

#include <errno.h>
#include <signal.h>

#include "host/lib/exit.h"
#include "tests/lib/test.h"

#define EXITED(status) ((status) << 8) /* as wait(2) has it */

struct row {
	const char *name;
	int signal, qemu_status, out_error;
	const char *said, *console, *io_error;
	bool quit, stopped, stage2, failed, shutdown, by_guest, panicked, pvpanic;
	const char *reason, *step, *now;
	enum deadline missed;
	struct servers servers;
	unsigned int memory, needs; /* MiB */
	int num;		    /* of the step that failed */
	const struct refusal *refused;
	int want;
	const char *line;
};

static const struct refusal refused = { EXIT_IN_USE, "QEMU did not start: why" };

/* clang-format off */
static const struct row rows[] = {
	{ .name = "power-off", .stage2 = true, .shutdown = true, .by_guest = true,
	  .reason = "guest-shutdown", .want = EXIT_OK, .line = "" },
	{ .name = "reboot", .stage2 = true, .shutdown = true, .by_guest = true,
	  .reason = "guest-reset", .want = EXIT_OK, .line = "the guest asked for a reboot" },
	{ .name = "stage 1 failed", .failed = true, .step = "disk", .shutdown = true, .by_guest = true,
	  .reason = "guest-shutdown", .want = EXIT_STAGE1,
	  .line = "stage 1 failed at step disk: why" },
	{ .name = "share failed, panic asked for", .failed = true, .step = "share", .shutdown = true,
	  .by_guest = true, .reason = "guest-reset", .console = "Kernel panic - not syncing: x",
	  .want = EXIT_SHARE, .line = "stage 1 failed at step share: why" },
	{ .name = "no word", .shutdown = true, .by_guest = true, .reason = "guest-shutdown",
	  .want = EXIT_GUEST, .line = "the guest ended (guest-shutdown) before stage 1 said a word" },
	{ .name = "silent end in stage 1", .step = "net", .shutdown = true, .by_guest = true,
	  .reason = "guest-shutdown", .want = EXIT_GUEST,
	  .line = "the guest ended (guest-shutdown) in stage 1, after step net" },
	{ .name = "panic", .stage2 = true, .shutdown = true, .by_guest = true,
	  .reason = "guest-reset", .want = EXIT_GUEST,
	  .console = "[ 1.0] Kernel panic - not syncing: Attempted to kill init!\r\n[ 1.1] more",
	  .line = "the guest's kernel panicked: Kernel panic - not syncing: Attempted to kill init!" },
	{ .name = "the words of a panic in a file", .stage2 = true, .shutdown = true, .by_guest = true,
	  .reason = "guest-shutdown", .want = EXIT_OK, .console = "Kernel panic - not syncing: x",
	  .line = "" },
	{ .name = "an old log's panic, then a reboot of a kernel that tells QEMU of a panic", .stage2 = true,
	  .pvpanic = true, .shutdown = true, .by_guest = true, .reason = "guest-reset", .want = EXIT_OK,
	  .console = "Kernel panic - not syncing: x\n", .line = "the guest asked for a reboot" },
	{ .name = "an old log's panic, then a reboot of a kernel that cannot", .stage2 = true,
	  .shutdown = true, .by_guest = true, .reason = "guest-reset", .want = EXIT_OK,
	  .console = "[ 1.0] Kernel panic - not syncing: x\n[ 9.0] reboot: Restarting system\n",
	  .line = "the guest asked for a reboot" },
	{ .name = "a panic after a restart that is in an old log", .stage2 = true, .shutdown = true,
	  .by_guest = true, .reason = "guest-reset", .want = EXIT_GUEST,
	  .console = "[ 9.0] reboot: Restarting system\n[ 1.0] Kernel panic - not syncing: x\n",
	  .line = "the guest's kernel panicked: Kernel panic - not syncing: x" },
	{ .name = "an old log's panic, then nothing", .stage2 = true, .pvpanic = true,
	  .missed = DEADLINE_RUN, .shutdown = true, .reason = "host-qmp-quit", .want = EXIT_GUEST,
	  .console = "Kernel panic - not syncing: x\n",
	  .line = "the run did not end within 90 s; stage 2 was reached" },
	{ .name = "QEMU refused, and virtiofsd ended with it", .refused = &refused,
	  .qemu_status = EXITED(1), .said = "x", .servers = { .alone = true, .failed = 1 },
	  .want = EXIT_IN_USE, .line = "QEMU did not start: why" },
	{ .name = "QEMU ended as virtiofsd had failed", .refused = &refused, .qemu_status = EXITED(1),
	  .said = "x", .servers = { .alone = true, .failed = 1, .status = EXITED(1) },
	  .want = EXIT_SHARE,
	  .line = "the share is gone: its server, virtiofsd, ended (exit status 1): x" },
	/* --- too little memory, in each way that it shows itself --- */
	{ .name = "not a word of a kernel that has no space to unpack itself", .memory = 64, .needs = 80,
	  .shutdown = true, .by_guest = true, .reason = "guest-reset", .want = EXIT_GUEST,
	  .line = "the guest ended (guest-reset) before stage 1 said a word; it had 64 MiB of memory, and its "
		  "kernel alone needs 80: give it more with --memory" },
	{ .name = "little memory for a kernel whose need is not known", .memory = 64,
	  .shutdown = true, .by_guest = true, .reason = "guest-reset", .want = EXIT_GUEST,
	  .line = "the guest ended (guest-reset) before stage 1 said a word; it had only 64 MiB of memory, which "
		  "may be too little: give it more with --memory" },
	{ .name = "a panic for want of memory", .memory = 96, .needs = 80, .shutdown = true,
	  .by_guest = true, .reason = "guest-reset", .want = EXIT_GUEST,
	  .console = "[ 1.0] Kernel panic - not syncing: System is deadlocked on memory\n",
	  .line = "the guest's kernel panicked: Kernel panic - not syncing: System is deadlocked on memory; "
		  "it had 96 MiB of memory: give it more with --memory" },
	{ .name = "a panic for an initramfs that found no space", .memory = 512, .needs = 80, .shutdown = true,
	  .by_guest = true, .reason = "guest-reset", .want = EXIT_GUEST,
	  .console = "Initramfs unpacking failed: write error\nKernel panic - not syncing: VFS: no root\n",
	  .line = "the guest's kernel panicked: Kernel panic - not syncing: VFS: no root; it ran out of "
		  "memory (\"Initramfs unpacking failed: write error\"); it had 512 MiB of memory: give it "
		  "more with --memory" },
	{ .name = "a step for want of memory", .failed = true, .step = "modules", .num = ENOMEM,
	  .memory = 96, .needs = 80, .want = EXIT_STAGE1,
	  .line = "stage 1 failed at step modules: why; it ran out of memory (\"Cannot allocate memory\"); "
		  "it had 96 MiB of memory: give it more with --memory" },
	{ .name = "a file server's want of memory is not the guest's", .failed = true, .step = "share",
	  .num = ENOMEM, .memory = 96, .needs = 80, .want = EXIT_SHARE,
	  .line = "stage 1 failed at step share: why" },
	{ .name = "a guest that crawls", .stage2 = true, .missed = DEADLINE_RUN, .memory = 96, .needs = 80,
	  .shutdown = true, .reason = "host-qmp-quit", .want = EXIT_GUEST,
	  .line = "the run did not end within 90 s; stage 2 was reached; it had only 96 MiB of memory, which "
		  "may be too little: give it more with --memory" },
	{ .name = "a guest that has enough", .stage2 = true, .missed = DEADLINE_RUN, .memory = 384,
	  .needs = 80, .shutdown = true, .reason = "host-qmp-quit", .want = EXIT_GUEST,
	  .line = "the run did not end within 90 s; stage 2 was reached" },
	{ .name = "a small guest that is well", .stage2 = true, .memory = 96, .needs = 80, .shutdown = true,
	  .by_guest = true, .reason = "guest-shutdown", .want = EXIT_OK, .line = "" },
	{ .name = "the last panic counts, from its line on", .stage2 = true, .shutdown = true,
	  .by_guest = true, .reason = "guest-reset", .want = EXIT_GUEST,
	  .console = "Kernel panic - not syncing: old\nx\nKernel panic - not syncing: new\n",
	  .line = "the guest's kernel panicked: Kernel panic - not syncing: new" },
	{ .name = "stage 1 hangs", .step = "net", .now = "disk", .missed = DEADLINE_STAGE1,
	  .shutdown = true, .reason = "host-qmp-quit", .want = EXIT_GUEST,
	  .line = "stage 1 did not end within 60 s; the last step that ended was net; now in disk" },
	{ .name = "a hang without a word", .missed = DEADLINE_STAGE1, .qemu_status = SIGKILL,
	  .want = EXIT_GUEST,
	  .line = "stage 1 did not end within 60 s; "
		  "it did not say a word: firmware, kernel or stage 1 hangs" },
	{ .name = "the share is gone", .stage2 = true, .shutdown = true, .reason = "host-qmp-quit",
	  .servers = { .failed = 9, .first_us = 1000000, .last_us = 12000000, .status = EXITED(3) },
	  .want = EXIT_SHARE,
	  .line = "the share is gone: 9 file servers failed one after the other within 11 s: "
		  "exit status 3" },
	{ .name = "the share is lost, and the guest goes on to its end", .stage2 = true, .shutdown = true,
	  .by_guest = true, .reason = "guest-shutdown",
	  .servers = { .failed = 1, .first_us = 1000000, .last_us = 1000000, .status = SIGKILL },
	  .want = EXIT_SHARE,
	  .line = "the share was gone when the guest ended: its file server failed "
		  "(killed by signal 9 (Killed)), and no other came up" },
	{ .name = "the share is lost, and somebody ends QEMU", .stage2 = true, .shutdown = true,
	  .reason = "host-signal", .servers = { .failed = 1, .status = SIGKILL }, .want = EXIT_GUEST,
	  .line = "QEMU was ended (host-signal); the guest had not powered off" },
	{ .name = "virtiofsd is killed", .shutdown = true, .reason = "host-qmp-quit",
	  .servers = { .alone = true, .failed = 1, .status = SIGKILL }, .want = EXIT_SHARE,
	  .line = "the share is gone: its server, virtiofsd, ended (killed by signal 9 (Killed))" },
	{ .name = "virtiofsd ends with its guest", .stage2 = true, .shutdown = true, .by_guest = true,
	  .reason = "guest-shutdown", .servers = { .alone = true, .failed = 1 }, .want = EXIT_OK, .line = "" },
	{ .name = "virtiofsd is killed, and the guest goes on to its end", .stage2 = true, .shutdown = true,
	  .by_guest = true, .reason = "guest-shutdown",
	  .servers = { .alone = true, .failed = 1, .status = SIGKILL }, .want = EXIT_SHARE,
	  .line = "the share is gone: its server, virtiofsd, ended (killed by signal 9 (Killed))" },
	{ .name = "virtiofsd gives up", .shutdown = true, .reason = "host-qmp-quit", .said = "no capability",
	  .servers = { .alone = true, .failed = 1, .status = EXITED(1) }, .want = EXIT_SHARE,
	  .line = "the share is gone: its server, virtiofsd, ended (exit status 1): no capability" },
	{ .name = "a panicked guest stands still", .stage2 = true, .missed = DEADLINE_RUN,
	  .shutdown = true, .reason = "host-qmp-quit", .want = EXIT_GUEST,
	  .console = "Kernel panic - not syncing: x",
	  .line = "the guest's kernel panicked: Kernel panic - not syncing: x" },
	{ .name = "stage 2 does not end", .stage2 = true, .missed = DEADLINE_RUN, .shutdown = true,
	  .reason = "host-qmp-quit", .want = EXIT_GUEST,
	  .line = "the run did not end within 90 s; stage 2 was reached" },
	{ .name = "ended by itself as the time was up", .stage2 = true, .missed = DEADLINE_RUN,
	  .shutdown = true, .by_guest = true, .reason = "guest-shutdown", .want = EXIT_OK,
	  .line = "" },
	{ .name = "panic by its event", .stage2 = true, .panicked = true, .want = EXIT_GUEST,
	  .line = "the guest's kernel panicked: Kernel panic - not syncing" },
	{ .name = "QEMU killed", .stage2 = true, .qemu_status = SIGKILL, .want = EXIT_GUEST,
	  .line = "QEMU ended: killed by signal 9 (Killed)" },
	{ .name = "QEMU refused", .qemu_status = EXITED(1), .said = "no such option",
	  .want = EXIT_GUEST, .line = "QEMU ended: exit status 1: no such option" },
	{ .name = "QEMU ended without an event", .stage2 = true, .want = EXIT_GUEST,
	  .line = "QEMU ended: exit status 0" },
	{ .name = "QEMU ended by others", .stage2 = true, .shutdown = true, .reason = "host-signal",
	  .want = EXIT_GUEST,
	  .line = "QEMU was ended (host-signal); the guest had not powered off" },
	{ .name = "signal", .signal = SIGINT, .stage2 = true, .shutdown = true,
	  .reason = "host-qmp-quit", .want = EXIT_SIGNAL + SIGINT,
	  .line = "ended by signal 2 (Interrupt)" },
	{ .name = "escape key", .signal = SIGINT, .quit = true, .stage2 = true, .shutdown = true,
	  .reason = "host-qmp-quit", .want = EXIT_SIGNAL + SIGINT, .line = "ended by Ctrl-a x" },
	{ .name = "storeboot stop, a clean power-off", .stopped = true, .stage2 = true, .shutdown = true,
	  .by_guest = true, .reason = "guest-shutdown", .want = EXIT_OK, .line = "" },
	{ .name = "storeboot stop, and the guest does not power off", .stopped = true, .stage2 = true,
	  .qemu_status = SIGKILL, .want = EXIT_SIGNAL + SIGTERM,
	  .line = "ended by storeboot stop; the guest had not powered off" },
	{ .name = "storeboot stop before QEMU's monitor is there", .stopped = true, .qemu_status = SIGKILL,
	  .want = EXIT_SIGNAL + SIGTERM, .line = "ended by storeboot stop, before stage 2" },
	{ .name = "storeboot stop before stage 1", .stopped = true, .shutdown = true,
	  .reason = "host-qmp-quit", .want = EXIT_SIGNAL + SIGTERM,
	  .line = "ended by storeboot stop, before stage 2" },
	{ .name = "storeboot stop in stage 1", .stopped = true, .step = "net", .shutdown = true,
	  .by_guest = true, .reason = "guest-shutdown", .want = EXIT_SIGNAL + SIGTERM,
	  .line = "ended by storeboot stop, before stage 2" },
	{ .name = "storeboot stop where stage 1 failed", .stopped = true, .failed = true, .step = "disk",
	  .shutdown = true, .by_guest = true, .reason = "guest-shutdown", .want = EXIT_STAGE1,
	  .line = "stage 1 failed at step disk: why" },
	{ .name = "storeboot stop of a guest that panicked", .stopped = true, .panicked = true,
	  .stage2 = true, .shutdown = true, .reason = "host-qmp-quit", .want = EXIT_GUEST,
	  .line = "the guest's kernel panicked: Kernel panic - not syncing" },
	{ .name = "full stdout", .out_error = ENOSPC, .stage2 = true, .shutdown = true,
	  .reason = "host-qmp-quit", .want = EXIT_MISSING,
	  .line = "cannot write what the guest says to stdout: No space left on device" },
	{ .name = "stdout that nobody reads", .out_error = EPIPE, .stage2 = true, .shutdown = true,
	  .reason = "host-qmp-quit", .want = EXIT_SIGNAL + SIGPIPE,
	  .line = "ended by signal 13 (Broken pipe)" },
	{ .name = "lost writes", .stage2 = true, .shutdown = true, .by_guest = true,
	  .reason = "guest-shutdown", .io_error = "the host cannot write x", .want = EXIT_GUEST,
	  .line = "the guest ended by itself, but saw I/O errors: the host cannot write x" },
	{ .name = "a format that found no room", .failed = true, .step = "disk", .shutdown = true,
	  .by_guest = true, .reason = "guest-shutdown", .io_error = "the host cannot write x",
	  .want = EXIT_STAGE1, .line = "stage 1 failed at step disk: why" },
};
/* clang-format on */

static void judge(const struct row *row)
{
	struct report report = { .stage2 = row->stage2,
				 .failed = row->failed,
				 .pvpanic = row->pvpanic,
				 .fail = { .num = row->num },
				 .records = row->step || row->stage2 };
	struct qmp qmp = { .shutdown = row->shutdown,
			   .by_guest = row->by_guest,
			   .panicked = row->panicked,
			   .memory = (uint64_t)row->memory << 20 };
	const struct limits limits = { .stage1 = 60, .run = 90 };
	const struct ending end = { .signal = row->signal,
				    .quit = row->quit,
				    .stopped = row->stopped,
				    .out_error = row->out_error,
				    .missed = row->missed,
				    .limits = &limits,
				    .servers = &row->servers,
				    .qemu_status = row->qemu_status,
				    .qemu_said = row->said ? row->said : "",
				    .server_said = row->said ? row->said : "",
				    .console = row->console ? row->console : "",
				    .io_error = row->io_error ? row->io_error : "",
				    .kernel_needs = (uint64_t)row->needs << 20,
				    .refused = row->refused,
				    .report = &report,
				    .qmp = &qmp };
	struct verdict v = { 0 };

	snprintf(report.fail.name, sizeof(report.fail.name), "%s", row->step ? row->step : "");
	snprintf(report.last_step, sizeof(report.last_step), "%s", row->step ? row->step : "");
	snprintf(report.now_step, sizeof(report.now_step), "%s", row->now ? row->now : "");
	snprintf(report.fail.text, sizeof(report.fail.text), "why");
	snprintf(qmp.reason, sizeof(qmp.reason), "%s", row->reason ? row->reason : "");
	verdict_of(&end, &v);
	CHECK_INT(v.exit_status, row->want);
	CHECK_STR(v.line, row->line);
	CHECK_INT(v.failed, row->want >= EXIT_USAGE && row->want < EXIT_SIGNAL);
	if (!test_ok)
		printf("# in: %s\n", row->name);
}

static void every_end(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		judge(&rows[i]);
}

/* What verdict_of takes along of this console output. */
static const char *console_of(const char *console, int qemu_status)
{
	static struct verdict v;
	const struct report report = { .stage2 = true };
	const struct qmp qmp = { .shutdown = true, .by_guest = true, .reason = "guest-shutdown" };
	const struct ending end = { .qemu_status = qemu_status,
				    .qemu_said = "",
				    .server_said = "",
				    .console = console,
				    .io_error = "",
				    .report = &report,
				    .qmp = &qmp };

	v = (struct verdict){ 0 };
	verdict_of(&end, &v);
	return v.console;
}

static void last_console_lines(void)
{
	char many[8192];

	CHECK_STR(console_of("all is well\n", 0), "");
	CHECK_STR(console_of("", SIGKILL), "");
	CHECK_STR(console_of("\n\r\n", SIGKILL), "");
	CHECK_STR(console_of("one\r\n\r\ntwo", SIGKILL), "one\ntwo");
	CHECK_STR(console_of("a\nb\n\nc\nd\ne\nf\ng\nh\r\ni\n", SIGKILL), "b\nc\nd\ne\nf\ng\nh\ni");
	/* Other bytes are left to log_line, which knows UTF-8. */
	CHECK_STR(console_of("\033[2Jx\xff\ty\n", SIGKILL), "?[2Jx\xff?y");
	memset(many, 'x', sizeof(many));
	memcpy(many + sizeof(many) - 5, "\nend", 5);
	CHECK_STR(console_of(many, SIGKILL), "end");
	many[sizeof(many) - 5] = 'x';
	CHECK_STR(console_of(many, SIGKILL), ""); /* a line without an end */
}

/* With a COMMAND its status is the run's, and what kept it from one is 125 with the code in the
 * line. */
static void with_a_command(void)
{
	static const struct {
		struct command command;
		bool stage2, failed, by_guest, io_error, stopped;
		int signal, want, code;
		bool no_agent;
		const char *gone, *line;
		struct servers servers;
	} rows_[] = {
		{ .command = { .state = COMMAND_ENDED },
		  .stage2 = true,
		  .by_guest = true,
		  .line = "" },
		{ .command = { .state = COMMAND_ENDED, .status = 71 },
		  .stage2 = true,
		  .want = 71,
		  .line = "" },
		{ .command = { .state = COMMAND_ENDED, .status = 137, .signal = SIGKILL },
		  .want = 137,
		  .line = "the command was killed by signal 9 (Killed)" },
		{ .command = { .state = COMMAND_ENDED, .status = 130, .signal = SIGINT },
		  .signal = SIGINT,
		  .want = 130,
		  .line = "the command was killed by signal 2 (Interrupt)" },
		{ .command = { .state = COMMAND_REFUSED,
			       .status = 127,
			       .why = "cannot execute x: why" },
		  .want = 127,
		  .line = "cannot execute x: why" },
		{ .command = { .state = COMMAND_ENDED },
		  .by_guest = true,
		  .stage2 = true,
		  .io_error = true,
		  .want = EXIT_COMMAND,
		  .code = EXIT_GUEST,
		  .line = "the guest ended by itself, but saw I/O errors: no room (code 71)" },
		{ .command = { .state = COMMAND_RUNS },
		  .signal = SIGTERM,
		  .stage2 = true,
		  .want = 143,
		  .line = "ended by signal 15 (Terminated)" },
		{ .command = { .state = COMMAND_NONE },
		  .failed = true,
		  .want = EXIT_COMMAND,
		  .code = EXIT_STAGE1,
		  .line = "stage 1 failed at step disk: why (code 70)" },
		{ .command = { .state = COMMAND_NONE },
		  .stage2 = true,
		  .by_guest = true,
		  .want = EXIT_COMMAND,
		  .code = EXIT_GUEST,
		  .line = "the guest ended (guest-shutdown) before the command began (code 71)" },
		{ .command = { .state = COMMAND_LOST },
		  .stage2 = true,
		  .by_guest = true,
		  .want = EXIT_COMMAND,
		  .code = EXIT_GUEST,
		  .line = "the guest ended (guest-shutdown) before the command had ended (code 71)" },
		{ .command = { .state = COMMAND_LOST },
		  .stage2 = true,
		  .by_guest = true,
		  .stopped = true,
		  .want = 143,
		  .line = "ended by storeboot stop; the command had not ended" },
		{ .command = { .state = COMMAND_NONE },
		  .stopped = true,
		  .want = 143,
		  .line = "ended by storeboot stop, before stage 2" },
		{ .command = { .state = COMMAND_NONE },
		  .stage2 = true,
		  .no_agent = true,
		  .want = EXIT_COMMAND,
		  .code = EXIT_GUEST,
		  .line = "no way in (code 71)" },
		{ .command = { .state = COMMAND_NONE },
		  .stage2 = true,
		  .gone = "no frame",
		  .want = EXIT_COMMAND,
		  .code = EXIT_GUEST,
		  .line = "the command could not begin: no frame (code 71)" },
		{ .command = { .state = COMMAND_LOST, .why = "lost" },
		  .stage2 = true,
		  .gone = "no frame",
		  .want = EXIT_COMMAND,
		  .code = EXIT_GUEST,
		  .line = "the command's end is not known: no frame (code 71)" },
		{ .command = { .state = COMMAND_LOST, .why = "lost" },
		  .stage2 = true,
		  .want = EXIT_COMMAND,
		  .code = EXIT_GUEST,
		  .line = "the command's end is not known: lost (code 71)" },
		/* A share that was lost when it ended: it may have failed for that; a success is
		   one. */
		{ .command = { .state = COMMAND_ENDED, .status = 1 },
		  .stage2 = true,
		  .by_guest = true,
		  .servers = { .failed = 1, .status = EXITED(3) },
		  .want = EXIT_COMMAND,
		  .code = EXIT_SHARE,
		  .line = "the share was gone when the command ended: its file server failed (exit status 3), "
			  "and no other came up (code 68)" },
		{ .command = { .state = COMMAND_ENDED, .status = 1 },
		  .stage2 = true, /* QEMU was ended */
		  .servers = { .failed = 1, .status = EXITED(3) },
		  .want = EXIT_COMMAND,
		  .code = EXIT_SHARE,
		  .line = "the share was gone when the command ended: its file server failed (exit status 3), "
			  "and no other came up (code 68)" },
		{ .command = { .state = COMMAND_REFUSED,
			       .status = 126,
			       .why = "cannot execute x: I/O error" },
		  .stage2 = true,
		  .servers = { .failed = 1, .status = EXITED(3) },
		  .want = EXIT_COMMAND,
		  .code = EXIT_SHARE,
		  .line = "the share was gone when the command ended: its file server failed (exit status 3), "
			  "and no other came up (code 68)" },
		{ .command = { .state = COMMAND_ENDED, .status = 137, .signal = SIGKILL },
		  .stage2 = true,
		  .servers = { .failed = 9,
			       .first_us = 1000000,
			       .last_us = 12000000,
			       .status = EXITED(3) },
		  .want = EXIT_COMMAND,
		  .code = EXIT_SHARE,
		  .line = "the share is gone: 9 file servers failed one after the other within 11 s: "
			  "exit status 3 (code 68)" },
		{ .command = { .state = COMMAND_ENDED, .status = 137, .signal = SIGKILL },
		  .stage2 = true,
		  .servers = { .alone = true, .failed = 1, .status = SIGKILL },
		  .want = EXIT_COMMAND,
		  .code = EXIT_SHARE,
		  .line = "the share is gone: its server, virtiofsd, ended (killed by signal 9 (Killed)) "
			  "(code 68)" },
		{ .command = { .state = COMMAND_ENDED },
		  .stage2 = true,
		  .by_guest = true,
		  .servers = { .failed = 1, .status = EXITED(3) },
		  .line = "" },
		{ .command = { .state = COMMAND_ENDED, .status = 130, .signal = SIGINT },
		  .stage2 = true,
		  .servers = { .failed = 1, .status = EXITED(3) },
		  .signal = SIGINT,
		  .want = 130,
		  .line = "ended by signal 2 (Interrupt)" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows_); i++) {
		const struct report report = { .stage2 = rows_[i].stage2,
					       .failed = rows_[i].failed,
					       .records = 1,
					       .fail = { .name = "disk", .text = "why" },
					       .no_agent = rows_[i].no_agent,
					       .no_agent_text = "no way in" };
		const struct qmp qmp = { .shutdown = true,
					 .by_guest = rows_[i].by_guest,
					 .reason = "guest-shutdown" };
		const struct limits limits = { 0 };
		const struct ending end = { .command = &rows_[i].command,
					    .report = &report,
					    .qmp = &qmp,
					    .limits = &limits,
					    .signal = rows_[i].signal,
					    .stopped = rows_[i].stopped,
					    .console = "x\n",
					    .servers = &rows_[i].servers,
					    .io_error = rows_[i].io_error ? "no room" : "",
					    .qemu_said = "",
					    .server_said = "",
					    .channel_gone = rows_[i].gone ? rows_[i].gone : "" };
		struct verdict v = { 0 };

		verdict_of(&end, &v);
		CHECK_INT(v.exit_status, rows_[i].want);
		CHECK_INT(v.code, rows_[i].code);
		CHECK_STR(v.line, rows_[i].line);
	}
}

int main(void)
{
	RUN(with_a_command);
	RUN(last_console_lines);
	RUN(every_end);
	TEST_END();
}
