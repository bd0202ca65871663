/* SPDX-License-Identifier: MIT */
/* attach.c - `storeboot console` and `storeboot log`: the console of a running VM */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "host/lib/exit.h"
#include "host/lib/keeper.h"
#include "host/lib/opt.h"
#include "host/vms/remote.h"
#include "host/vms/target.h"
#include "host/terminal/terminal.h"
#include "host/lib/signals.h"
#include "init/lib/file.h"
#include "init/lib/frame.h"
#include "init/lib/log.h"

struct attached {
	int sock;
	enum frame_attach what;
	struct terminal terminal;
	bool filtered; /* the VM's setting */
	struct escapes escapes;
	struct buf in, out;
	bool over;
	bool left;     /* the user left */
	bool answered; /* the launcher has answered */
	bool older;    /* it does not know what was asked for */
	bool told;     /* it gave a reason for closing the connection: */
	int status;    /* with this exit status */
	char why[FRAME_TEXT_MAX + 1];
	int error; /* errno of a failed write to stdout */
};

static void add(struct attached *a, int r)
{
	a->over = a->over || r < 0;
}

static void send_size(struct attached *a)
{
	unsigned short rows, columns;

	if (a->terminal.wanted && terminal_size(&rows, &columns) == 0)
		add(a, frame_put_numbers(&a->out, FRAME_CONSOLE, 0, 2, 2,
					 (const uint64_t[]){ rows, columns }));
}

static void read_keys(struct attached *a)
{
	char keys[256];
	ssize_t n = read(STDIN_FILENO, keys, sizeof(keys));
	size_t len;

	if (n <= 0) {
		if (errno == EIO && n < 0 && terminal_away())
			return;
		a->left = n == 0 || (errno != EAGAIN && errno != EINTR);
		a->over = a->over || a->left;
		return;
	}
	len = terminal_keys(&a->terminal, keys, (size_t)n);
	if (len > 0)
		add(a, frame_put(&a->out, FRAME_IN, 1, keys, len));
	a->left = a->terminal.quit;
	a->over = a->over || a->left;
}

/* Returns 0, or -errno if stdout cannot be written. */
static int take_frame(struct attached *a, const struct frame *f)
{
	a->answered = true;
	if (f->kind == FRAME_ATTACH && frame_number(f, 0, 4) != a->what)
		a->over = a->older = true;
	if (f->kind == FRAME_GONE) {
		a->told = true;
		a->status = (int)(frame_number(f, 0, 4) & 0xff);
		frame_text(f, a->why, sizeof(a->why));
	}
	if (f->kind != FRAME_OUT)
		return 0;
	return terminal_write(STDOUT_FILENO, a->filtered, &a->escapes, (const char *)f->data,
			      f->len);
}

static void read_sock(struct attached *a)
{
	char data[16384];
	ssize_t n = recv(a->sock, data, sizeof(data), MSG_DONTWAIT);
	struct frame f;
	size_t at = 0;
	int len = 0, r = 0;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n > 0)
		add(a, buf_add(&a->in, data, (size_t)n));
	while (n > 0 && r == 0 && (len = frame_take(a->in.data + at, a->in.len - at, &f)) > 0) {
		r = take_frame(a, &f);
		at += (size_t)len;
	}
	frame_drop(&a->in, at);
	a->error = -r;
	a->over = a->over || n <= 0 || len < 0 || r < 0;
}

/* Handles SIGWINCH, SIGTSTP and SIGCONT. */
static void take_signal(struct attached *a, int signal)
{
	if (signal == SIGTSTP)
		terminal_stop(signal);
	if (signal == SIGWINCH || terminal_follow(true))
		send_size(a);
}

/* Returns 0, or -errno with e if the launcher is stopped. */
static int serve(struct attached *a, const struct target *t, int signals, struct err *e)
{
	struct signalfd_siginfo info;
	int r = 0;

	while (r == 0 && !a->over) {
		struct pollfd fds[] = {
			{ a->sock, (short)(POLLIN | (a->out.len > 0 ? POLLOUT : 0)), 0 },
			{ a->terminal.wanted && terminal_readable() ? STDIN_FILENO : -1, POLLIN,
			  0 },
			{ signals, POLLIN, 0 },
		};
		ssize_t n;

		if (poll(fds, ARRAY_SIZE(fds),
			 terminal_wait_ms(a->answered ? -1 : TARGET_LOOK_MS)) < 0)
			continue;
		if (terminal_follow(false))
			send_size(a);
		if (fds[0].revents && terminal_held(STDOUT_FILENO)) {
			terminal_stop(SIGTTOU);
			continue;
		}
		if (fds[0].revents & ~POLLOUT)
			read_sock(a);
		if (fds[1].revents)
			read_keys(a);
		if (fds[2].revents && read(signals, &info, sizeof(info)) == (ssize_t)sizeof(info))
			take_signal(a, (int)info.ssi_signo);
		n = a->out.len > 0 ?
			    send(a->sock, a->out.data, a->out.len, MSG_DONTWAIT | MSG_NOSIGNAL) :
			    0;
		if (n > 0)
			frame_drop(&a->out, (size_t)n);
		if (!a->answered && !a->over)
			r = target_look(t, e);
	}
	return r;
}

/* Reports the end, once the terminal has its own modes again. */
static int tell_end(const struct attached *a, const struct target *t, struct err *e)
{
	if (a->older)
		return err_exit(e, EXIT_MISSING, ENOTSUP,
				"%s: its launcher is of an older storeboot, which keeps no log",
				t->name);
	if (a->error)
		return err_sys(e, a->error, "cannot write to stdout");
	if (a->told && a->status != EXIT_OK)
		return err_exit(e, a->status, EBUSY, "%s: %s", t->name, a->why);
	if (!a->told && !a->left)
		return err_exit(
			e, EXIT_GUEST, EPIPE,
			"%s: its launcher, pid %d, closed the connection without a reason: it was "
			"killed",
			t->name, (int)t->vm.pid);
	if (a->terminal.there)
		log_info("%s", a->left ? "left; the VM goes on" : a->why);
	return 0;
}

static void attached_free(struct attached *a)
{
	terminal_restore(&a->terminal);
	cleanup_close(&a->sock);
	buf_free(&a->in);
	buf_free(&a->out);
}

/* SIGTERM and the like kill us as usual; the keeper restores the terminal. */
static int attach(const char *name, enum frame_attach what, struct err *e)
{
	const uint64_t number = what;
	_cleanup_(keeper_stop) struct keeper keeper = KEEPER_INIT;
	_cleanup_(attached_free) struct attached a = { .sock = -1, .what = what };
	_cleanup_(target_free) struct target target = TARGET_INIT;
	_cleanup_close_ int signals = -1;
	const struct keeper_task task = { NULL, NULL, STDIN_FILENO, terminal_keep };
	sigset_t taken, blocked;
	int r = target_find(name, &target, e);

	if (r == 0)
		r = target_connect(&target, e);
	if (r < 0)
		return r;
	a.sock = take_fd(&target.sock);
	a.filtered = target.vm.filtered;
	signals_of_jobs(&taken, &blocked);
	sigaddset(&taken, SIGWINCH);
	sigaddset(&blocked, SIGWINCH);
	sigprocmask(SIG_BLOCK, &blocked, NULL);
	signals = signalfd(-1, &taken, SFD_CLOEXEC | SFD_NONBLOCK);
	if (what == FRAME_FROM_NOW)
		terminal_look(&a.terminal);
	if (a.terminal.there) {
		r = keeper_start(&keeper, &task, e);
		if (r < 0)
			return r;
		log_info("on the console of %s; Ctrl-a x leaves", name);
		terminal_raw(&a.terminal);
	}
	add(&a, frame_put_numbers(&a.out, FRAME_ATTACH, 0, 4, 1, &number));
	send_size(&a);
	r = serve(&a, &target, signals, e);
	terminal_restore(&a.terminal);
	return r < 0 ? r : tell_end(&a, &target, e);
}

static int run(_unused_ void *values, const struct opt_args *args, struct err *e)
{
	return attach(args->args.v[0], FRAME_FROM_NOW, e);
}

const struct opt_command console_command = {
	.name = "console",
	.brief = "attach to the console of a running VM",
	.synopsis = "NAME",
	.about = "Attaches this terminal to the console of the VM NAME (see `storeboot list`).\n"
		 "Others may be attached at the same time. Ctrl-a x detaches; the VM goes on.\n"
		 "Without a terminal the console's output is only shown.",
	.examples = "  storeboot console demo\n"
		    "  storeboot console demo </dev/null | tee console.log",
	.min_args = 1,
	.max_args = 1,
	.takes_vm = true,
	.run = run,
	.failed = EXIT_MISSING,
};

int cmd_console(int argc, char **argv)
{
	return opt_run(&console_command, argc, argv, NULL);
}

struct log_values {
	bool follow;
};

static const struct opt log_opts[] = { OPT(FLAG, struct log_values, follow, "follow", NULL,
					   "go on with new output until the VM ends",
					   .letter = 'f'),
				       { 0 } };

static int show_log(void *values, const struct opt_args *args, struct err *e)
{
	const struct log_values *v = values;

	return attach(args->args.v[0], v->follow ? FRAME_FROM_KEPT : FRAME_SO_FAR, e);
}

const struct opt_command log_command = {
	.name = "log",
	.brief = "show the console output of a running VM so far",
	.synopsis = "NAME [OPTION]",
	.about = "Prints the last 64 KiB that the VM NAME (see `storeboot list`) has written to\n"
		 "its console. `storeboot run --console-log` keeps more in a file.",
	.examples = "  storeboot log demo | less\n"
		    "  storeboot log demo --follow",
	.opts = log_opts,
	.min_args = 1,
	.max_args = 1,
	.takes_vm = true,
	.run = show_log,
	.failed = EXIT_MISSING,
};

int cmd_log(int argc, char **argv)
{
	struct log_values v = { 0 };

	return opt_run(&log_command, argc, argv, &v);
}
