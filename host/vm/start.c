/* SPDX-License-Identifier: MIT */
/*
 * start.c - from QEMU's start to the guest's
 *
 * Theory of operation: QEMU starts paused (-S). Its monitor answers the first command once QEMU has taken all
 * of its arguments, opened all files and ports, and made the machine; the greeting comes before that. Then
 * what stays after the run is made, the console is opened, and the guest begins. Whatever QEMU refuses, it
 * refuses before anything was made.
 */
#include <errno.h>

#include "host/exit.h"
#include "host/vm/vm_state.h"
#include "init/lib/log.h"
#include "init/lib/sys.h"

static void ask(struct vm *vm, const char *command)
{
	serve_tell_qmp(vm, command);
	vm->asked++;
}

static void greet(struct vm *vm)
{
	const struct strv *before = &vm->watch->before;

	vm->hello_sent = true;
	vm->watch->timeline.greeted_us = sys_now_us();
	ask(vm, QMP_HELLO);
	ask(vm, QMP_MEMORY);
	for (size_t i = 0; i < before->n; i++)
		ask(vm, before->v[i]);
}

static int accept_start(struct vm *vm)
{
	if (vm->qmp.error[0])
		return err_exit(&vm->start_error, EXIT_IMAGE, EIO, "QEMU cannot make the disk larger: %s",
				vm->qmp.error);
	return vm->watch->accepted ? vm->watch->accepted(vm->watch->accepted_arg, &vm->start_error) : 0;
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
