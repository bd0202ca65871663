/* SPDX-License-Identifier: MIT */
/* serve.c - handles input from QEMU and the guest during a run */
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "host/disk/io_error.h"
#include "host/lib/progress.h"
#include "host/vm/tell.h"
#include "host/vm/vm_state.h"
#include "init/lib/log.h"
#include "init/lib/sys.h"

#define SAID_MAX 4096
#define SAID_READS 1024 /* of 1 KiB, at once; more than a socket holds */
#define COMMAND_GRACE_US 5000000
#define PROGRAMS_GRACE_US 1000000
#define WARNINGS_MAX 100 /* of stage 1, which never has more; the rest is dropped */

static void close_fd(int *fd)
{
	cleanup_close(fd);
	*fd = -1;
}

static void on_record(const struct record *rec, void *arg)
{
	struct vm *vm = arg;

	tell_progress(rec);
	events_record(&vm->watch->events, rec);
	timeline_record(&vm->watch->timeline, rec, sys_now_us());
	/* Stage 1 may open a shell here, if it was asked to (boot.debug1, boot.shell_on_fail). */
	if (rec->kind == RECORD_FAIL || (rec->kind == RECORD_BEGIN && str_eq(rec->name, "debug1")))
		vm->attended = vm->console->interactive;
	if (rec->kind == RECORD_STAGE2 || rec->kind == RECORD_FAIL)
		vm->stage2_at = rec->kind == RECORD_STAGE2 ? sys_now_us() : 0;
	/* If the agent is needed, the verdict reports this. */
	if (rec->kind == RECORD_WARN && str_eq(rec->name, RECORD_AGENT))
		return;
	if (rec->kind == RECORD_WARN && vm->warnings.n < WARNINGS_MAX &&
	    strv_addf(&vm->warnings, "%s: %s", rec->name, rec->text) < 0)
		log_warning("%s: %s", rec->name, rec->text);
}

/* Reads without waiting. Returns the length, or 0 if there is nothing now; closes the descriptor at
 * its end. */
static size_t read_some(int *fd, char *data, size_t size)
{
	ssize_t n;

	if (*fd < 0)
		return 0;
	n = recv(*fd, data, size, MSG_DONTWAIT);
	if (n > 0)
		return (size_t)n;
	if (n == 0 || (errno != EAGAIN && errno != EINTR))
		close_fd(fd);
	return 0;
}

static void serve_report(struct vm *vm)
{
	char data[4096];
	size_t n;

	while ((n = read_some(&vm->report_fd, data, sizeof(data))) > 0)
		report_feed(&vm->report, data, n, on_record, vm);
}

bool serve_tell_qmp(struct vm *vm, const char *command)
{
	if (vm->qmp_fd < 0)
		return false;
	if (send(vm->qmp_fd, command, strlen(command), MSG_DONTWAIT | MSG_NOSIGNAL) >= 0)
		return true;
	/* QEMU is about to exit. Its events may not be read yet. */
	if (errno == EPIPE || errno == ECONNRESET)
		return false;
	/* The socket is empty at these moments. Without the command the run might never end. */
	log_warning("QEMU takes no command any more (%s) and is killed", strerror(errno));
	kill(vm->pid, SIGKILL);
	return true;
}

/* Handles the monitor's events that concern the channel. */
static void serve_monitor_news(struct vm *vm)
{
	if (vm->qmp.port_closed)
		agent_closed(vm);
	vm->qmp.port_closed = false;
	if (vm->resumed < vm->qmp.resumed)
		channel_tell_clock(&vm->channel);
	vm->resumed = vm->qmp.resumed;
	if (vm->resets == vm->qmp.resets)
		return;
	vm->resets = vm->qmp.resets;
	agent_reset(vm);
	serve_report(vm); /* QEMU has sent the old guest's bytes before the event */
	report_reopen(&vm->report);
}

/* Report it while the guest runs: space can be made, and nothing else explains its errors. */
static void tell_io_error(struct vm *vm, const struct qmp_io_error *q)
{
	const struct io_error e = { q->node, q->operation, q->reason, q->no_space };
	char text[sizeof(vm->io_error)];

	io_error_text(vm->config->disks, vm->config->n_disks, &e, text, sizeof(text));
	events_add(&vm->watch->events, "io-error", EVENT_T("disk", q->node),
		   EVENT_T("operation", q->operation), EVENT_T("reason", q->reason),
		   EVENT_T("text", text));
	if (!vm->io_error[0])
		memcpy(vm->io_error, text, sizeof(text));
	log_warning("%s; the guest sees I/O errors", text);
}

static void serve_qmp(struct vm *vm)
{
	char data[4096];
	size_t n;

	while ((n = read_some(&vm->qmp_fd, data, sizeof(data))) > 0)
		if (qmp_feed(&vm->qmp, data, n) < 0)
			log_warning("QEMU's monitor speaks no QMP");
	while (vm->io_told < vm->qmp.n_io_errors)
		tell_io_error(vm, &vm->qmp.io_errors[vm->io_told++]);
	serve_start(vm);
	serve_monitor_news(vm);
}

/* Keeps the end of a program's output. */
static void serve_said(int *fd, struct buf *said)
{
	char data[1024];
	size_t n;

	/* A program that never stops must not hold up the rest. */
	for (int i = 0; i < SAID_READS && (n = read_some(fd, data, sizeof(data))) > 0; i++) {
		if (buf_add(said, data, n) < 0)
			return;
		if (said->len > SAID_MAX) {
			size_t drop = said->len - SAID_MAX;

			memmove(said->data, said->data + drop, SAID_MAX + 1);
			said->len = SAID_MAX;
		}
	}
}

static void serve_all_said(struct vm *vm)
{
	serve_said(&vm->said_fd, &vm->said);
	serve_said(&vm->watch->servers_fd, &vm->servers_said);
}

void serve_window(struct vm *vm)
{
	unsigned short rows, columns;

	command_signal(&vm->watch->command.command, SIGWINCH);
	rescue_window(&vm->rescue);
	if (vm->console->interactive && terminal_size(&rows, &columns) == 0)
		channel_tell(&vm->channel, FRAME_CONSOLE, 2, 2,
			     (const uint64_t[]){ rows, columns });
}

/* Ctrl-a x ends the run like SIGINT. A stdout that cannot be written ends it too, for its own
 * reason. */
static void serve_console(struct vm *vm, const struct pollfd *fds)
{
	struct console *c = vm->console;

	console_serve(c, fds);
	if (vm->signal || vm->stop || !(c->terminal.quit || c->out_error))
		return;
	vm->quit = c->terminal.quit;
	if (vm->quit)
		vm->signal = SIGINT;
	stop_now(vm);
}

void serve_on_console(const char *data, size_t len, void *arg)
{
	struct vm *vm = arg;

	channel_console(&vm->channel, data, len);
}

/* The guest's clock stops while the host sleeps or QEMU is paused, and the host's clock may be set.
 * The timer never fires: each change of the clock cancels it, and the kernel counts a resume as one
 * (timerfd_create(2), TFD_TIMER_CANCEL_ON_SET). */
void serve_watch_clock(struct vm *vm)
{
	const struct itimerspec never = { .it_value = { .tv_sec = INT64_MAX / 1000000000 } };

	if (vm->clock_fd >= 0 &&
	    timerfd_settime(vm->clock_fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &never,
			    NULL) < 0)
		close_fd(&vm->clock_fd);
}

static void serve_host_clock(struct vm *vm)
{
	uint64_t times;

	if (read(vm->clock_fd, &times, sizeof(times)) < 0 && errno != ECANCELED)
		return;
	channel_tell_clock(&vm->channel);
	serve_watch_clock(vm);
}

static void begin_command(struct vm *vm)
{
	struct guest_command *g = &vm->watch->command;
	int r = guest_command_start(g, &vm->channel, &g->request, g->tty);

	progress_end();
	events_add(&vm->watch->events, "command", EVENT_F("tty", g->tty));
	if (r < 0) {
		g->command.state = COMMAND_LOST;
		snprintf(g->command.why, sizeof(g->command.why), "%s", strerror(-r));
	}
}

static void end_command(struct vm *vm)
{
	struct command *c = &vm->watch->command.command;

	vm->command_told = true;
	events_add(&vm->watch->events, "command-ended", EVENT_F("ran", c->state == COMMAND_ENDED),
		   EVENT_N("status", c->status), EVENT_N("signal", c->signal),
		   EVENT_T("text", c->why));
	command_close(c); /* the guest hangs up a command that still runs */
	if (c->terminal.quit && !vm->signal) {
		vm->quit = true;
		vm->signal = SIGINT;
	}
	if (vm->stop == STOP_NO && c->terminal.quit)
		stop_now(vm);
	else if (vm->stop == STOP_NO && vm->watch->kept && c->state != COMMAND_LOST)
		stop_clean(vm);
	else if (vm->stop == STOP_NO)
		stop_off(vm); /* what its services would save is lost anyway */
}

static void serve_hello(struct vm *vm)
{
	static const char *const places[] = { "stage2", "systemd", "command", "rescue" };
	const struct channel *c = &vm->channel;

	vm->hellos = c->hellos;
	vm->agent_until = 0;
	events_add(&vm->watch->events, "agent",
		   EVENT_T("place", places[c->place % ARRAY_SIZE(places)]));
	serve_window(vm);
	if (c->place != FRAME_AT_RESCUE)
		return;
	serve_report(vm); /* the failure was sent before */
	if (vm->report.closed) {
		channel_hopeless(&vm->channel,
				 "the guest begins a rescue session, and stage 1 has not failed");
		return;
	}
	vm->attended = true; /* by the user of --rescue */
	rescue_begin(&vm->rescue, &vm->channel, vm->console, vm->report.fail.text);
}

static void serve_balloon(struct vm *vm, uint64_t bytes)
{
	char command[128];

	snprintf(command, sizeof(command), QMP_BALLOON, (unsigned long long)bytes);
	serve_tell_qmp(vm, command);
}

static void serve_channel(struct vm *vm, const struct pollfd *fds)
{
	struct channel *c = &vm->channel;
	struct guest_command *g = &vm->watch->command;

	c->memory = vm->config->balloon == BALLOON_OFF ? 0 : vm->watch->memory;
	command_serve(&g->command, fds + POLL_COMMAND);
	rescue_serve(&vm->rescue, c, vm->console, fds + POLL_RESCUE);
	channel_serve(c, fds + POLL_CHANNEL);
	if (vm->hellos < c->hellos)
		serve_hello(vm);
	if (c->typed.len > 0)
		frame_drop(&c->typed, console_type(vm->console, c->typed.data, c->typed.len));
	vm->stopped = vm->stopped || (c->stop && vm->stop == STOP_NO);
	if (c->stop && vm->stop == STOP_NO)
		stop_clean(vm);
	if (c->stop_now)
		stop_off(vm);
	c->stop = c->stop_now = false;
	if (c->balloon > 0)
		serve_balloon(vm, c->balloon);
	c->balloon = 0;
	if (guest_command_due(g, c) && vm->stop == STOP_NO)
		begin_command(vm);
	if (c->execed)
		vm->report.token = 0; /* the exec of stage 2 has not failed */
	if (vm->report.no_agent)
		channel_hopeless(c, vm->report.no_agent_text);
	if (g->asked && g->command.state == COMMAND_NONE && c->gone[0] && vm->stop == STOP_NO)
		stop_now(vm);
	if (command_done(&g->command) && !vm->command_told)
		end_command(vm);
}

void serve_polls(const struct vm *vm, struct pollfd *fds)
{
	fds[POLL_SIGNAL] = (struct pollfd){ vm->signal_fd, POLLIN, 0 };
	fds[POLL_QEMU] = (struct pollfd){ vm->pidfd, POLLIN, 0 };
	fds[POLL_REPORT] = (struct pollfd){ vm->report_fd, POLLIN, 0 };
	fds[POLL_QMP] = (struct pollfd){ vm->qmp_fd, POLLIN, 0 };
	fds[POLL_SAID] = (struct pollfd){ vm->said_fd, POLLIN, 0 };
	fds[POLL_SERVERS] = (struct pollfd){ vm->watch->servers_fd, POLLIN, 0 };
	fds[POLL_CLOCK] = (struct pollfd){ vm->clock_fd, POLLIN, 0 };
	console_polls(vm->console, fds + POLL_CONSOLE);
	command_polls(&vm->watch->command.command, fds + POLL_COMMAND);
	rescue_polls(&vm->rescue, fds + POLL_RESCUE);
	channel_polls(&vm->channel, fds + POLL_CHANNEL);
}

void vm_serve(struct vm *vm, const struct pollfd *fds)
{
	serve_report(vm);
	serve_qmp(vm);
	serve_all_said(vm);
	serve_console(vm, fds + POLL_CONSOLE);
	serve_channel(vm, fds);
	if (fds[POLL_CLOCK].revents)
		serve_host_clock(vm);
}

/* Writes the rest of the command's output, for at most 5 s. */
static void finish_command(struct vm *vm)
{
	struct command *c = &vm->watch->command.command;
	uint64_t deadline = sys_now_us() + COMMAND_GRACE_US;

	while (c->state != COMMAND_NONE && !vm->command_told && !command_done(c) &&
	       sys_now_us() < deadline) {
		struct pollfd fds[POLLS] = { 0 };

		for (size_t i = POLL_RESCUE; i < POLL_CHANNEL; i++)
			fds[i].fd = -1;
		command_polls(c, fds + POLL_COMMAND);
		channel_polls(&vm->channel, fds + POLL_CHANNEL);
		if (poll(fds + POLL_COMMAND, POLLS - POLL_COMMAND, 50) < 0)
			continue;
		command_serve(c, fds + POLL_COMMAND);
		channel_serve(&vm->channel, fds + POLL_CHANNEL);
	}
	if (c->state != COMMAND_NONE && !vm->command_told) {
		if (c->state == COMMAND_ENDED && !command_done(c))
			c->out_error = ETIMEDOUT; /* nobody reads it */
		end_command(vm);
	}
}

void serve_end(struct vm *vm)
{
	uint64_t deadline = sys_now_us() + PROGRAMS_GRACE_US;
	char why[128];

	snprintf(why, sizeof(why), "the VM has ended%s%s%s", vm->qmp.shutdown ? " (" : "",
		 vm->qmp.shutdown ? vm->qmp.reason : "", vm->qmp.shutdown ? ")" : "");
	channel_ended(&vm->channel, why);
	while (channel_busy(&vm->channel) && sys_now_us() < deadline) {
		struct pollfd fds[CHANNEL_POLLS];

		channel_polls(&vm->channel, fds);
		if (poll(fds, ARRAY_SIZE(fds), 50) > 0)
			channel_serve(&vm->channel, fds);
	}
}

void serve_rest(struct vm *vm)
{
	serve_report(vm);
	serve_qmp(vm);
	serve_all_said(vm);
	finish_command(vm);
}
