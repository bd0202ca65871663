/* SPDX-License-Identifier: MIT */
/* vm_state.h - one run of QEMU: what vm.c, serve.c and end.c share */
#ifndef STOREBOOT_HOST_VM_STATE_H
#define STOREBOOT_HOST_VM_STATE_H

#include <poll.h>

#include "host/vm/channel.h"
#include "host/vm/rescue.h"
#include "host/vm/stop.h"
#include "host/vm/vm.h"
#include "init/lib/str.h"

/* Where each descriptor stands among those that are waited for. */
enum {
	POLL_SIGNAL,
	POLL_QEMU,
	POLL_REPORT,
	POLL_QMP,
	POLL_SAID,
	POLL_CLOCK,
	POLL_CONSOLE,
	POLL_COMMAND = POLL_CONSOLE + CONSOLE_POLLS,
	POLL_RESCUE = POLL_COMMAND + COMMAND_POLLS,
	POLL_CHANNEL = POLL_RESCUE + RESCUE_POLLS,
	POLLS = POLL_CHANNEL + CHANNEL_POLLS,
};

struct vm {
	struct console *console;
	struct proc_others *others;
	struct watch *watch;
	const struct qemu_config *config;
	pid_t pid;
	int pidfd, signal_fd, report_fd, qmp_fd, said_fd, clock_fd; /* -1: none, or at its end */
	struct channel channel;
	struct rescue rescue;
	struct report report;
	struct qmp qmp;
	struct buf said;      /* QEMU's own stdout and stderr, the end of it */
	struct strv warnings; /* of stage 1; told when the console is ours again */
	char io_error[1024];  /* the first disk that the host could not write or read */
	size_t io_told;	      /* of qmp.io_errors */
	struct argv argv;     /* QEMU's arguments */
	bool ended;	      /* QEMU has */
	bool hello_sent;
	unsigned int asked; /* the monitor's commands that are answered before the guest may run */
	bool accepted;	    /* QEMU has taken its arguments; the guest may run */
	int started; /* -errno where what a run keeps could not be made then, as start_error says */
	struct err start_error;
	int console_fd;	      /* our end of the console until it is opened; -1 */
	bool attended;	      /* stage 1 gave a shell to the person at the console */
	int signal;	      /* the first signal that the launcher got */
	bool forwarded;	      /* one of those that end a run went to the command */
	enum deadline missed; /* what took too long */
	uint64_t away_us;     /* for so long the run was stopped by the terminal */
	struct servers servers;
	bool quit;		      /* it stands for Ctrl-a x */
	bool stopped;		      /* storeboot stop was the first reason to end it */
	enum stop_stage stop;	      /* how it is being ended */
	uint64_t stop_at;	      /* when the next stage comes */
	uint64_t stage2_at;	      /* when stage 2 was reached; 0: not yet */
	unsigned int hellos, resumed; /* of the channel's and the monitor's, those handled */
	bool command_told;	      /* the command's end */
	uint64_t agent_until; /* the agent is gone: so long the machine may take to end; 0: it is
				 not */
	bool agent_left;      /* it said before that it would go */
};

/* serve.c: says what to wait for; moves what there is. */
void serve_polls(const struct vm *vm, struct pollfd *fds);
void vm_serve(struct vm *vm, const struct pollfd *fds);
/* start.c: greets the monitor, and lets the guest begin when QEMU is ready. */
void serve_start(struct vm *vm);
/* QEMU has ended: reads what is left in its channels. */
void serve_rest(struct vm *vm);
/* After the console's end: tells exec, console and stop that the VM has ended, if they read it in
 * time. */
void serve_end(struct vm *vm);
/* The terminal has another size. */
void serve_window(struct vm *vm);
/* Begins to watch the host's clock. */
void serve_watch_clock(struct vm *vm);
/* The guest's console said something; arg: the vm. */
void serve_on_console(const char *data, size_t len, void *arg);
void serve_tell_qmp(struct vm *vm, const char *command);

/* end.c: how long to wait, as poll(2) takes it; what is to be done by then. */
int serve_wait_ms(const struct vm *vm);
void serve_deadlines(struct vm *vm);
void vm_serve_signals(struct vm *vm);
/* Stops this process as the terminal asks, by SIGTSTP or SIGTTOU; the guest stands still meanwhile.
 */
void serve_stop(struct vm *vm, int signal);
/* When QEMU has ended: how the file servers took it. */
void serve_last_servers(struct vm *vm);
/* Ends the guest: by a clean power-off in its own time; with clean file systems; at once. */
void stop_clean(struct vm *vm);
void stop_off(struct vm *vm);
void stop_now(struct vm *vm);

/* agent.c: QEMU says that the guest has closed the agent's port; what is to be done by agent_until.
 */
void agent_closed(struct vm *vm);
void agent_deadline(struct vm *vm);

#endif
