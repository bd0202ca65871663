/* SPDX-License-Identifier: MIT */
/* exec.c - `storeboot exec`: a command in a running VM */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "host/lib/exit.h"
#include "host/lib/keeper.h"
#include "host/lib/opt.h"
#include "host/terminal/command.h"
#include "host/vms/remote.h"
#include "host/vms/target.h"
#include "host/lib/signals.h"
#include "init/lib/file.h"
#include "init/lib/log.h"

struct values {
	bool tty;
	struct strv env;
	const char *cwd;
};

static const struct opt opts[] = {
	OPT(FLAG, struct values, tty, "tty", NULL, "give COMMAND this terminal", .letter = 't'),
	OPT(LIST, struct values, env, "env", "NAME[=VALUE]",
	    "variable for COMMAND; without VALUE, the host's", .letter = 'e'),
	OPT(STRING, struct values, cwd, "cwd", "DIR",
	    "working directory of COMMAND (default: /root)"),
	{ 0 }
};

const struct opt_command exec_command = {
	.name = "exec",
	.brief = "run a command in a running VM",
	.synopsis = "NAME [OPTION]... [-- COMMAND...]",
	.about = "Runs COMMAND in the VM NAME (see `storeboot list`) with this standard input,\n"
		 "output and error, and exits with COMMAND's status. Without a COMMAND it runs a\n"
		 "shell on this terminal.",
	.examples = "  storeboot exec demo\n"
		    "  storeboot exec demo --env LANG -- systemctl status",
	.opts = opts,
	.min_args = 1,
	.max_args = 1,
	.takes_vm = true,
	.takes_rest = true,
};

/* The signals for a command, and SIGWINCH; some also end us. */
static int take_signals(sigset_t *ret)
{
	static const int signals[] = {
		SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1, SIGUSR2, SIGWINCH
	};
	sigset_t jobs, blocked;
	int fd;

	sigemptyset(ret);
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
		sigaddset(ret, signals[i]);
	signals_spare_hangup(ret);
	signals_of_jobs(&jobs, &blocked);
	sigorset(ret, ret, &jobs);
	sigorset(&blocked, &blocked, ret);
	sigprocmask(SIG_BLOCK, &blocked, NULL);
	signal(SIGPIPE, SIG_IGN);
	fd = signalfd(-1, ret, SFD_CLOEXEC | SFD_NONBLOCK);
	return fd < 0 ? -errno : fd;
}

/* Meanwhile the guest's command runs until its output has used up its credit. */
static void stop_here(struct command *c, int signal)
{
	terminal_stop(signal);
	if (terminal_follow(true))
		command_signal(c, SIGWINCH);
}

/* Handles job control and SIGWINCH. Returns whether the signal was one of these. */
static bool is_terminals(struct command *c, int signal)
{
	if (signal == SIGTSTP)
		stop_here(c, signal);
	else if (signal == SIGWINCH || (signal == SIGCONT && terminal_follow(true)))
		command_signal(c, SIGWINCH);
	return signal == SIGTSTP || signal == SIGCONT || signal == SIGWINCH;
}

/* A signal that ends programs is for us if the guest has not begun the command, or if it is the
 * second. Returns it, or 0. */
static int serve_signals(struct command *c, int fd, int *first)
{
	struct signalfd_siginfo info;

	while (read(fd, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		int n = (int)info.ssi_signo;
		bool ends = n != SIGUSR1 && n != SIGUSR2;

		if (is_terminals(c, n))
			continue;
		if (ends && (*first || !c->answered))
			return n;
		if (ends)
			*first = n;
		command_signal(c, n);
	}
	return 0;
}

/* Returns 0, or -errno with e if the launcher is stopped. ret_left: the signal that ended us. */
static int serve(struct command *c, const struct target *t, int signals, int *ret_left,
		 struct err *e)
{
	int first = 0, r = 0;

	while (r == 0 && !command_done(c) && !*ret_left) {
		struct pollfd fds[COMMAND_POLLS + 1];

		command_polls(c, fds);
		fds[COMMAND_POLLS] = (struct pollfd){ signals, POLLIN, 0 };
		if (poll(fds, ARRAY_SIZE(fds),
			 terminal_wait_ms(c->answered ? -1 : TARGET_LOOK_MS)) < 0)
			continue;
		if (terminal_follow(false))
			command_signal(c, SIGWINCH);
		/* A signal that ends the command comes first. */
		if (command_held(c) && !signals_waiting()) {
			stop_here(c, SIGTTOU);
			continue;
		}
		command_serve(c, fds);
		if (fds[COMMAND_POLLS].revents)
			*ret_left = serve_signals(c, signals, &first);
		if (!c->answered)
			r = target_look(t, e);
	}
	return r;
}

static int status_of(const struct command *c, int left)
{
	if (left)
		return EXIT_SIGNAL + left;
	switch (c->state) {
	case COMMAND_ENDED:
		if (c->signal)
			log_error("the command was killed by signal %d (%s)", c->signal,
				  strsignal(c->signal));
		return c->status;
	case COMMAND_REFUSED:
		log_error("%s", c->why);
		return c->status;
	case COMMAND_LEFT:
		if (c->terminal.quit)
			return EXIT_SIGNAL + SIGINT;
		if (c->out_error == EPIPE)
			return EXIT_SIGNAL + SIGPIPE;
		log_error("cannot write what the command says: %s", strerror(c->out_error));
		return EXIT_COMMAND;
	default:
		log_error("the command's end is not known: %s (code %d)", c->why, EXIT_GUEST);
		return EXIT_COMMAND;
	}
}

static int run(const struct values *v, const struct opt_args *args, bool tty, struct err *e)
{
	const struct command_options o = { .argv = args->rest,
					   .env = (const char *const *)v->env.v,
					   .folder = v->cwd,
					   .tty = tty };
	_cleanup_(command_close) struct command c = COMMAND_INIT;
	_cleanup_(keeper_stop) struct keeper keeper = KEEPER_INIT;
	_cleanup_buf_ struct buf request = { 0 };
	_cleanup_(target_free) struct target target = TARGET_INIT;
	_cleanup_close_ int signals = -1;
	struct terminal now;
	const struct keeper_task task = { NULL, NULL, STDIN_FILENO, terminal_keep };
	sigset_t set;
	int left = 0, r = command_request(&o, &request, e);

	if (r == 0)
		r = target_find(args->args.v[0], &target, e);
	if (r == 0)
		r = target_connect(&target, e);
	if (r < 0)
		return r;
	terminal_look(&now);
	r = tty ? keeper_start(&keeper, &task, e) : 0;
	if (r < 0)
		return r;
	c.filtered = target.vm.filtered;
	signals = take_signals(&set);
	if (signals < 0 || command_start(&c, take_fd(&target.sock), &request, tty) < 0)
		return err_sys(e, ENOMEM, "exec");
	r = serve(&c, &target, signals, &left, e);
	command_close(&c);
	return r < 0 ? r : status_of(&c, left);
}

int cmd_exec(int argc, char **argv)
{
	_cleanup_(opt_args_free) struct opt_args args = { 0 };
	struct values v = { 0 };
	struct err e = { 0 };
	int r = opt_parse(&exec_command, argc, argv, &v, &args, &e);

	if (r == 0 && args.help) {
		opt_help(&exec_command);
		return EXIT_OK;
	}
	if (r == 0 && args.rest && !args.rest[0])
		r = err_exit(&e, EXIT_USAGE, EINVAL, "exec: there is no COMMAND after --");
	if (r == 0)
		r = run(&v, &args, v.tty || !args.rest, &e);
	if (r >= 0)
		return r;
	log_error("%s (code %d)", e.text, e.exit_status ? e.exit_status : EXIT_MISSING);
	return EXIT_COMMAND;
}
