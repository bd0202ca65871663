/* SPDX-License-Identifier: MIT */
/*
 * start.c - from QEMU's start to the guest's
 *
 * Theory of operation: QEMU starts paused (-S). Its monitor sends a greeting, but answers the first
 * command only when QEMU has accepted its arguments, opened all files and ports, and made the
 * machine. Then the launcher makes what stays after the run, opens the console, and lets the guest
 * begin. So a run that QEMU refuses has made nothing.
 */
#include "host/vm/vm_state.h"
#include "init/lib/sys.h"

static void greet(struct vm *vm)
{
	vm->hello_sent = true;
	vm->watch->timeline.greeted_us = sys_now_us();
	serve_tell_qmp(vm, QMP_HELLO);
	serve_tell_qmp(vm, QMP_MEMORY);
	vm->asked = 2;
}

static int accept_start(struct vm *vm)
{
	vm->watch->memory = vm->qmp.memory;
	return vm->watch->accepted ?
		       vm->watch->accepted(vm->watch->accepted_arg, &vm->start_error) :
		       0;
}

void serve_start(struct vm *vm)
{
	if (vm->qmp.greeted && !vm->hello_sent)
		greet(vm);
	if (vm->accepted || vm->ended || vm->stop || !vm->asked || vm->qmp.replies < vm->asked)
		return;
	vm->started = accept_start(vm);
	if (vm->started < 0) {
		stop_now(vm);
		return;
	}
	vm->accepted = true;
	console_open(vm->console, take_fd(&vm->console_fd));
	if (!qemu_stays_paused(vm->config)) {
		serve_tell_qmp(vm, QMP_CONT);
		vm->resumed++; /* not a pause that the guest's clock missed */
	}
}
