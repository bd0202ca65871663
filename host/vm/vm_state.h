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

/* Indices of the polled descriptors. */
enum {
	POLL_SIGNAL,
	POLL_QEMU,
	POLL_REPORT,
	POLL_QMP,
	POLL_SAID,
	POLL_SERVERS,
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
	int pidfd, signal_fd, report_fd, qmp_fd, said_fd, clock_fd; /* -1: none, or closed */
	struct channel channel;
	struct rescue rescue;
	struct report report;
	struct qmp qmp;
	struct buf said;	 /* the end of QEMU's own stdout and stderr */
	struct buf servers_said; /* and of those of the servers beside it */
	struct strv warnings;	 /* of stage 1; printed when the console is ours again */
	char io_error[1024];	 /* the first disk that the host could not write or read */
	size_t io_told;		 /* of qmp.io_errors, how many are reported */
	struct argv argv;
	bool ended; /* QEMU has ended */
	bool hello_sent;
	unsigned int agents_gone; /* how many ends of an agent were reported */
	unsigned int asked; /* commands that the monitor must answer before the guest may run */
	bool accepted;	    /* QEMU has accepted its arguments; the guest may run */
	int started;	    /* -errno if watch->accepted failed, with start_error */
	struct err start_error;
	int console_fd;	      /* our end of the console until it is opened; else -1 */
	bool attended;	      /* stage 1 gave a shell to a person at the console */
	int signal;	      /* the first signal that the launcher got */
	bool forwarded;	      /* the command got a signal that ends a run */
	enum deadline missed; /* the deadline that was missed */
	uint64_t away_us;     /* for this long the terminal had stopped the run */
	struct servers servers;
	bool relays_full;     /* told: a connection of --guest-forward was refused */
	bool quit;	      /* signal stands for Ctrl-a x */
	bool stopped;	      /* storeboot stop was the first reason to end the run */
	enum stop_stage stop; /* the current stage of ending it */
	uint64_t stop_at;     /* when the next stage begins */
	uint64_t stage2_at;   /* when stage 2 was reached; 0: not yet */
	/* How many of the channel's and the monitor's are handled. */
	unsigned int hellos, resumed, resets;
	bool command_told;    /* its end was handled */
	uint64_t agent_until; /* the command's end was handled */
	bool agent_left;      /* it had announced its end */
};

/* serve.c: fills in fds for poll(2); handles its results. */
void serve_polls(const struct vm *vm, struct pollfd *fds);
void vm_serve(struct vm *vm, const struct pollfd *fds);
/* start.c: greets the monitor, and lets the guest begin when QEMU is ready. */
void serve_start(struct vm *vm);
/* After QEMU's end: reads the rest of its channels. */
void serve_rest(struct vm *vm);
/* After the console's end: tells exec, console and stop that the VM has ended, for at most 1 s. */
void serve_end(struct vm *vm);
/* The terminal's size has changed. */
void serve_window(struct vm *vm);
/* Starts watching the host's clock. */
void serve_watch_clock(struct vm *vm);
/* Takes output of the guest's console; arg: the vm. */
void serve_on_console(const char *data, size_t len, void *arg);
/* Sends a command to QEMU's monitor, and kills a QEMU that takes none. Returns false if QEMU has
 * closed the monitor: it exits by itself. */
bool serve_tell_qmp(struct vm *vm, const char *command);

/* end.c: the timeout for poll(2), in ms; handles what is due. */
int serve_wait_ms(const struct vm *vm);
void serve_deadlines(struct vm *vm);
void vm_serve_signals(struct vm *vm);
/* Stops this process for the terminal, by SIGTSTP or SIGTTOU; the guest is paused meanwhile. */
void serve_stop(struct vm *vm, int signal);
/* After QEMU's end: notes the ends of the last file servers. */
void serve_last_servers(struct vm *vm);
/* Ends the guest: by a clean power-off; with clean file systems; at once. */
void stop_clean(struct vm *vm);
void stop_off(struct vm *vm);
void stop_now(struct vm *vm);

/* agent.c: QEMU reports that the guest has closed the agent's port, or that the machine was reset,
 * and the next boot brings the next agent; handles agent_until. */
void agent_closed(struct vm *vm);
void agent_reset(struct vm *vm);
void agent_deadline(struct vm *vm);

#endif
