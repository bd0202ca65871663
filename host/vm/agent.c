/* SPDX-License-Identifier: MIT */
/*
 * agent.c - what the launcher does when the guest's agent is gone
 *
 * Theory of operation: QEMU reports that the guest has closed the agent's port: the agent's process
 * ended, or the device was reset (by kexec; in newer kernels also when the machine ends). The
 * launcher waits a moment, because the machine may be about to end, or the next agent to start. If
 * the agent had announced that the guest ends all processes, the launcher waits as long as for a
 * clean power-off.
 */
#include <stdio.h>
#include <unistd.h>

#include "host/vm/vm_state.h"
#include "init/lib/log.h"
#include "init/lib/sys.h"

#define SECOND ((uint64_t)1000000)
#define VANISHED_S 2

/* Ends that are reported: a guest may start agents without end. */
#define TELL_MAX 10

#define AGENT "the guest's agent (storeboot-agent) is gone: "

void agent_closed(struct vm *vm)
{
	enum channel_close how = channel_closed(&vm->channel);
	unsigned int grace = vm->watch->stop_timeout;
	/* An announced end gets no less time than another, also with --stop-timeout none. */
	unsigned int seconds = how == CHANNEL_LEFT && grace > VANISHED_S ? grace : VANISHED_S;

	if (how == CHANNEL_SAME)
		return;
	vm->agent_left = how == CHANNEL_LEFT;
	vm->agent_until = sys_now_us() + seconds * SECOND;
}

void agent_reset(struct vm *vm)
{
	if (channel_closed(&vm->channel) != CHANNEL_SAME)
		vm->agent_left = false;
	vm->agent_until = 0;
}

static void tell(struct vm *vm, const char *why)
{
	events_add(&vm->watch->events, "agent-gone", EVENT_T("text", why));
	/* A guest that ends, or whose stage 1 failed, has its own message. */
	if (vm->watch->command.asked || vm->stop || vm->qmp.shutdown || vm->report.failed)
		return;
	if (vm->agents_gone == TELL_MAX)
		return;
	vm->agents_gone++;
	log_warning(
		"%s; the guest goes on, but no exec reaches it, and a clean stop presses its power button%s",
		why,
		vm->agents_gone < TELL_MAX ? "" :
					     "; this was reported " CONSTANT_TEXT(
						     TELL_MAX) " times, and is not any more");
}

void agent_deadline(struct vm *vm)
{
	bool command = vm->watch->command.asked && !vm->command_told;
	char why[sizeof(vm->channel.away)];

	if (!vm->agent_until || sys_now_us() < vm->agent_until)
		return;
	vm->agent_until = 0;
	snprintf(why, sizeof(why), AGENT "%s%s",
		 vm->agent_left ? "all processes were asked to end (SIGTERM)" :
				  "it was killed, or the guest rebooted by kexec or a soft reboot",
		 command ? "; the guest is switched off as by a power cut" : "");
	channel_away(&vm->channel, why);
	tell(vm, why);
	/* channel_away ended a running command. One that has not begun cannot begin any more. */
	if (command && vm->watch->command.command.state == COMMAND_NONE && vm->stop == STOP_NO)
		stop_now(vm);
}
