/* SPDX-License-Identifier: MIT */
/*
 * start.c - from QEMU's start to the guest's
 *
 * Theory of operation: QEMU starts paused (-S). Its monitor answers the first command once QEMU has
 * taken all of its arguments, opened all files and ports, and made the machine; the greeting comes
 * before that. Then what stays after the run is made, the console is opened, and the guest begins.
 * Whatever QEMU refuses, it refuses before anything was made.
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
		vm->resumed++; /* no pause that the guest's clock has missed */
	}
}
