/* SPDX-License-Identifier: MIT */
/*
 * end.c - what ends a run: signals, deadlines, and the stages of ending it
 *
 * Theory of operation: only QEMU's end ends a run. A reason to end it starts the stages of stop.c,
 * each with its own time limit; a further reason goes on to a harsher stage. SIGTERM and SIGHUP
 * leave the guest time for a clean power-off; SIGINT, Ctrl-a x and a missed deadline do not.
 */
#include <errno.h>
#include <limits.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "host/qemu/relay.h"
#include "host/lib/signals.h"
#include "host/vm/vm_state.h"
#include "init/lib/log.h"
#include "init/lib/spawn.h"
#include "init/lib/sys.h"

/* A QEMU that ends by itself may still have to write its images. */
#define LEAVE_US 15000000
/* How long a server may take to end after QEMU. */
#define LAST_SERVERS_US 1000000

/* Ends the guest by the first possible stage after `from`. */
static void stop_from(struct vm *vm, enum stop_stage from)
{
	const struct stop_means means = { .agent = vm->channel.here,
					  .stage2 = vm->report.stage2,
					  .monitor = vm->hello_sent,
					  .grace_s = vm->watch->stop_timeout };
	uint64_t us;

	vm->stop = stop_next(from, &means, &us);
	vm->stop_at = sys_now_us() + us;
	switch (vm->stop) {
	case STOP_AGENT:
		channel_tell(&vm->channel, FRAME_POWEROFF, 1, 0, NULL);
		break;
	case STOP_BUTTON:
		serve_tell_qmp(vm, QMP_POWERDOWN);
		break;
	case STOP_OFF:
		channel_tell(&vm->channel, FRAME_OFF, 1, 0, NULL);
		break;
	case STOP_QUIT:
		if (!serve_tell_qmp(vm, QMP_QUIT) || vm->qmp.shutdown)
			vm->stop_at += LEAVE_US;
		break;
	default:
		kill(vm->pid, SIGKILL);
		break;
	}
}

/* Asks for a clean power-off; if that was done before, ends the guest at once. */
void stop_clean(struct vm *vm)
{
	stop_from(vm, vm->stop == STOP_NO ? STOP_NO : vm->stop < STOP_OFF ? STOP_OFF : vm->stop);
}

void stop_off(struct vm *vm)
{
	if (vm->stop < STOP_OFF)
		stop_from(vm, STOP_BUTTON);
}

void stop_now(struct vm *vm)
{
	stop_from(vm, vm->stop < STOP_OFF ? STOP_OFF : vm->stop);
}

/* Forwards a signal to the command only if the guest has begun it; of those that end a run, only
 * the first. */
static void take_signal(struct vm *vm, const struct signal_use *use)
{
	struct command *command = &vm->watch->command.command;

	events_add(&vm->watch->events, "signal", EVENT_N("signal", use->signal));
	if (command->state == COMMAND_RUNS && command->answered && vm->watch->command.asked &&
	    !vm->signal && !(use->ends && vm->forwarded)) {
		command_signal(command, use->signal);
		vm->forwarded = vm->forwarded || use->ends;
		return;
	}
	if (!use->ends)
		return;
	if (!vm->signal)
		vm->signal = use->signal;
	if (use->clean && vm->stop == STOP_NO)
		stop_clean(vm);
	else
		stop_now(vm);
}

/* Servers beside QEMU are known by pid. Those that QEMU starts for each connection are adopted as
 * orphans. So are relays, and any other orphan if this is the first process of a container. */
static bool is_server(const struct vm *vm, pid_t pid, int status)
{
	const struct watch *w = vm->watch;

	for (size_t i = 0; i < w->n_servers; i++)
		if (w->server_pids[i] == pid)
			return true;
	return w->n_servers == 0 && vm->config->share_command &&
	       !(WIFEXITED(status) && WEXITSTATUS(status) >= RELAY_ENDED &&
		 WEXITSTATUS(status) <= RELAY_LAST);
}

/* While the guest is being ended, mostly because its command has ended, a failed server says
 * nothing about the time before. But if the share was lost by then, further failures show whether
 * it is lost for good. */
static void note_server(pid_t pid, int status, void *arg)
{
	struct vm *vm = arg;
	struct servers *s = &vm->servers;
	bool tells = vm->stop == STOP_NO || (servers_lost(s) && !servers_gone(s));

	if (tells && pid != vm->watch->tpm_pid && is_server(vm, pid, status))
		servers_ended(s, status, sys_now_us());
}

/* Stage 1 reports a failed server itself, except one beside QEMU: it would wait for it forever. */
static void on_server_end(pid_t pid, int status, void *arg)
{
	struct vm *vm = arg;
	char how[64];

	if (pid == vm->watch->tpm_pid) {
		if (status != 0 && vm->stop == STOP_NO)
			log_warning(
				"the TPM's server, swtpm, ended (%s): the guest's TPM answers no more",
				spawn_status_text(status, how, sizeof(how)));
		return;
	}
	if (WIFEXITED(status) && WEXITSTATUS(status) == RELAY_FULL && !vm->relays_full) {
		vm->relays_full = true;
		log_warning("--guest-forward: the guest has %d connections, which is the limit; "
			    "further ones are refused",
			    RELAYS_MAX);
	}
	if (!vm->report.stage2 && !vm->servers.alone)
		return;
	note_server(pid, status, vm);
	/* Without its programs stage 2 cannot shut down cleanly. */
	if (servers_gone(&vm->servers))
		stop_off(vm);
}

/* A kernel may fail reads from a lost share at once (Linux 6.12). The guest may then power off, or
 * its command end, before enough servers have failed for the share to count as gone. */
void serve_last_servers(struct vm *vm)
{
	const struct timespec pause = { 0, 10000000 };
	uint64_t until = sys_now_us() + LAST_SERVERS_US;

	if (vm->servers.alone || !vm->report.stage2)
		return;
	do
		proc_reap(vm->others, note_server, vm);
	while (servers_lost(&vm->servers) && sys_now_us() < until && nanosleep(&pause, NULL) == 0);
}

/* A machine that somebody else has paused stays paused. */
static bool can_pause(const struct vm *vm)
{
	bool never_ran = qemu_stays_paused(vm->config) && vm->qmp.resumed == 0;

	return vm->accepted && !vm->qmp.paused && !never_ran;
}

/* The guest stands still meanwhile, so its deadlines move. */
void serve_stop(struct vm *vm, int signal)
{
	bool paused = can_pause(vm);
	uint64_t since = sys_now_us(), away;

	if (paused)
		serve_tell_qmp(vm, QMP_PAUSE);
	terminal_stop(signal);
	if (paused)
		serve_tell_qmp(vm, QMP_CONT);
	away = sys_now_us() - since;
	vm->away_us += away;
	vm->stop_at += vm->stop ? away : 0;
	vm->agent_until += vm->agent_until ? away : 0;
	vm->stage2_at += vm->stage2_at ? away : 0;
	if (terminal_follow(true))
		serve_window(vm);
}

static void serve_signal(struct vm *vm, int signal)
{
	switch (signal) {
	case SIGCHLD:
		proc_reap(vm->others, on_server_end, vm);
		break;
	case SIGTSTP:
		serve_stop(vm, signal);
		break;
	case SIGCONT:
	case SIGWINCH:
		if (signal == SIGWINCH || terminal_follow(true))
			serve_window(vm);
		break;
	default:
		take_signal(vm, signals_use(signal));
		break;
	}
}

void vm_serve_signals(struct vm *vm)
{
	struct signalfd_siginfo info;

	while (read(vm->signal_fd, &info, sizeof(info)) == (ssize_t)sizeof(info))
		serve_signal(vm, (int)info.ssi_signo);
}

static int until_ms(uint64_t at)
{
	uint64_t now = sys_now_us();

	if (now >= at)
		return 0;
	return at - now > (uint64_t)INT_MAX * 1000 ? INT_MAX : (int)((at - now + 999) / 1000);
}

/* The next deadline of a phase, and its time. */
static enum deadline next_deadline(const struct vm *vm, uint64_t *ret_us)
{
	const struct guest_command *g = &vm->watch->command;
	bool over = vm->report.stage2 || vm->attended;
	uint64_t began = vm->watch->timeline.qemu_us + vm->away_us;
	const struct phases p = {
		.run = began,
		.stage1 = over ? 0 : began,
		.stage2 = g->asked && g->command.state == COMMAND_NONE ? vm->stage2_at : 0,
	};

	return deadline_next(&vm->watch->limits, &p, ret_us);
}

static int sooner(int ms, uint64_t at)
{
	int other = until_ms(at);

	return ms < 0 || other < ms ? other : ms;
}

int serve_wait_ms(const struct vm *vm)
{
	uint64_t at;
	int ms = -1;

	if (vm->agent_until)
		ms = sooner(ms, vm->agent_until);
	if (vm->stop)
		return terminal_wait_ms(sooner(ms, vm->stop_at));
	return terminal_wait_ms(next_deadline(vm, &at) == DEADLINE_NONE ? ms : sooner(ms, at));
}

void serve_deadlines(struct vm *vm)
{
	static const char *const phases[] = {
		[DEADLINE_STAGE1] = "stage1", [DEADLINE_STAGE2] = "stage2", [DEADLINE_RUN] = "run"
	};
	uint64_t now = sys_now_us(), at;
	enum deadline next;

	agent_deadline(vm);
	if (vm->stop) {
		if (now >= vm->stop_at)
			stop_from(vm, vm->stop);
		return;
	}
	next = next_deadline(vm, &at);
	if (next == DEADLINE_NONE || now < at)
		return;
	vm->missed = next;
	events_add(&vm->watch->events, "timeout", EVENT_T("phase", phases[next]));
	stop_now(vm);
}
