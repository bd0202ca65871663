/* SPDX-License-Identifier: MIT */
/* console_cmd.c - `storeboot console`: this terminal on the console of a VM that runs */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "host/exit.h"
#include "host/keeper.h"
#include "host/opt.h"
#include "host/remote/control.h"
#include "host/remote/remote.h"
#include "host/remote/terminal.h"
#include "host/vms.h"
#include "init/lib/file.h"
#include "init/lib/frame.h"
#include "init/lib/log.h"

const struct opt_command console_command = {
	.name = "console",
	.synopsis = "NAME",
	.about = "Puts this terminal on the console of the VM NAME of `storeboot list`, beside whoever else\n"
		 "is there. Ctrl-a x leaves; the VM goes on. Without a terminal it only shows what the guest\n"
		 "says.",
	.max_args = 1,
};

struct attached {
	int sock;
	struct terminal terminal;
	struct buf in, out;
	bool over;
	int error; /* errno of a failed write to stdout */
};

static void add(struct attached *a, int r)
{
	a->over = a->over || r < 0;
}

static void send_size(struct attached *a)
{
	unsigned short rows, columns;

	if (a->terminal.raw && terminal_size(&rows, &columns) == 0)
		add(a, frame_put_numbers(&a->out, FRAME_CONSOLE, 0, 2, 2,
					 (const uint64_t[]){ rows, columns }));
}

static void read_keys(struct attached *a)
{
	char keys[256];
	ssize_t n = read(STDIN_FILENO, keys, sizeof(keys));
	size_t len;

	if (n <= 0) {
		a->over = a->over || n == 0 || (errno != EAGAIN && errno != EINTR);
		return;
	}
	len = terminal_keys(&a->terminal, keys, (size_t)n);
	if (len > 0)
		add(a, frame_put(&a->out, FRAME_IN, 1, keys, len));
	a->over = a->over || a->terminal.quit;
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
		if (f.kind == FRAME_OUT)
			r = file_write_all(STDOUT_FILENO, f.data, f.len);
		at += (size_t)len;
	}
	frame_drop(&a->in, at);
	a->error = -r;
	a->over = a->over || n <= 0 || len < 0 || r < 0;
}

static void serve(struct attached *a, int signals)
{
	struct signalfd_siginfo info;

	while (!a->over) {
		struct pollfd fds[] = {
			{ a->sock, (short)(POLLIN | (a->out.len > 0 ? POLLOUT : 0)), 0 },
			{ a->terminal.raw ? STDIN_FILENO : -1, POLLIN, 0 },
			{ signals, POLLIN, 0 },
		};
		ssize_t n;

		if (poll(fds, ARRAY_SIZE(fds), -1) < 0)
			continue;
		if (fds[0].revents & ~POLLOUT)
			read_sock(a);
		if (fds[1].revents)
			read_keys(a);
		if (fds[2].revents && read(signals, &info, sizeof(info)) == (ssize_t)sizeof(info))
			send_size(a);
		n = a->out.len > 0 ? send(a->sock, a->out.data, a->out.len, MSG_DONTWAIT | MSG_NOSIGNAL) : 0;
		if (n > 0)
			frame_drop(&a->out, (size_t)n);
	}
}

static void attached_free(struct attached *a)
{
	terminal_restore(&a->terminal);
	cleanup_close(&a->sock);
	buf_free(&a->in);
	buf_free(&a->out);
}

/* SIGTERM and the like end us as they do any program; the keeper puts the terminal right. */
static int attach(const char *name, struct err *e)
{
	_cleanup_(keeper_stop) struct keeper keeper = KEEPER_INIT;
	_cleanup_(attached_free) struct attached a = { .sock = -1 };
	_cleanup_close_ int signals = -1;
	const struct keeper_task task = { NULL, NULL, STDIN_FILENO, &a.terminal.modes };
	char folder[PATH_MAX];
	sigset_t window;
	int r = vms_find(name, folder, e);

	if (r == 0)
		r = a.sock = control_connect(folder, e);
	if (r < 0)
		return r;
	sigemptyset(&window);
	sigaddset(&window, SIGWINCH);
	sigprocmask(SIG_BLOCK, &window, NULL);
	signals = signalfd(-1, &window, SFD_CLOEXEC | SFD_NONBLOCK);
	terminal_look(&a.terminal);
	if (a.terminal.there) {
		r = keeper_start(&keeper, &task, e);
		if (r < 0)
			return r;
		log_info("on the console of %s; Ctrl-a x leaves", name);
		terminal_raw(&a.terminal);
	}
	add(&a, frame_put(&a.out, FRAME_ATTACH, 0, NULL, 0));
	send_size(&a);
	serve(&a, signals);
	terminal_restore(&a.terminal);
	if (a.error)
		return err_sys(e, a.error, "cannot write to stdout");
	if (a.terminal.there)
		log_info("%s", a.terminal.quit ? "left; the VM goes on" : "the VM has ended");
	return 0;
}

int cmd_console(int argc, char **argv)
{
	struct opt_args args = { 0 };
	struct err e = { 0 };
	int r = opt_parse(&console_command, argc, argv, NULL, &args, &e);

	if (r == 0 && args.help) {
		opt_help(&console_command, stdout);
	} else if (r == 0) {
		r = args.args.n == 1 ? attach(args.args.v[0], &e) :
				       err_exit(&e, EXIT_USAGE, EINVAL,
						"console: want the NAME of a VM; see storeboot list");
	}
	if (r < 0)
		log_error("%s", e.text);
	opt_args_free(&args);
	return r == 0 ? EXIT_OK : e.exit_status ? e.exit_status : EXIT_MISSING;
}
