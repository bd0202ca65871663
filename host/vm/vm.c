/* SPDX-License-Identifier: MIT */
/*
 * vm.c - one QEMU, from its start to its end
 *
 * Theory of operation: one poll(2) waits for everything: signals to the launcher, QEMU's end (a
 * pidfd), the guest's records, events of QEMU's monitor, QEMU's own output, the console, the
 * channel and its command (serve.c), and time (end.c). Only QEMU's end ends the loop. Then the rest
 * of the channels is read: the verdict rests on the last record and the SHUTDOWN event.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host/disk/disk.h"
#include "host/lib/exit.h"
#include "host/share/shared_folder.h"
#include "host/lib/said.h"
#include "host/lib/signals.h"
#include "host/lib/syscall_filter.h"
#include "host/vm/vm_state.h"
#include "init/lib/file.h"
#include "init/lib/log.h"
#include "init/lib/sys.h"

#define SERVER_LOG_MAX ((size_t)1 << 20)

static void close_fd(int *fd)
{
	cleanup_close(fd);
	*fd = -1;
}

static void vm_free(struct vm *vm)
{
	close_fd(&vm->pidfd);
	close_fd(&vm->signal_fd);
	close_fd(&vm->report_fd);
	close_fd(&vm->qmp_fd);
	close_fd(&vm->said_fd);
	close_fd(&vm->watch->servers_fd);
	close_fd(&vm->clock_fd);
	close_fd(&vm->console_fd);
	rescue_free(&vm->rescue);
	channel_free(&vm->channel);
	qmp_free(&vm->qmp);
	buf_free(&vm->said);
	buf_free(&vm->servers_said);
	strv_free(&vm->warnings);
	argv_free(&vm->argv);
}

/* Whether output waits that the terminal must not get now (stty tostop). */
static bool is_held(const struct vm *vm)
{
	return (vm->console->out_len > 0 && terminal_held(STDOUT_FILENO)) ||
	       command_held(&vm->watch->command.command) || command_held(&vm->rescue.shell);
}

/* Returns 0 when QEMU has ended, or -errno. */
static int loop(struct vm *vm)
{
	for (;;) {
		struct pollfd fds[POLLS];

		serve_polls(vm, fds);
		if (poll(fds, POLLS, serve_wait_ms(vm)) < 0) {
			if (errno == EINTR)
				continue;
			return -errno;
		}
		if (terminal_follow(false))
			serve_window(vm);
		/* A signal that ends the run comes first. */
		if (is_held(vm) && !vm->stop && !signals_waiting()) {
			serve_stop(vm, SIGTTOU);
			continue;
		}
		vm_serve(vm, fds);
		if (fds[POLL_SIGNAL].revents)
			vm_serve_signals(vm);
		if (fds[POLL_QEMU].revents)
			return 0;
		serve_deadlines(vm);
	}
}

/* A pair of sockets: ours and QEMU's. */
static int make_channel(int *ret_ours, int *ret_theirs)
{
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		return -errno;
	*ret_ours = ends[0];
	*ret_theirs = ends[1];
	return 0;
}

static int start(struct vm *vm, struct qemu_config *config, struct err *e)
{
	_cleanup_close_ int report = -1, qmp = -1, said = -1, console = -1, ours = -1, port = -1;
	_cleanup_strv_ struct strv env = { 0 };
	sigset_t taken, jobs, jobs_blocked;
	int r = make_channel(&vm->report_fd, &report)	  ?:
			make_channel(&vm->qmp_fd, &qmp)	  ?:
			make_channel(&vm->said_fd, &said) ?:
			make_channel(&ours, &console)	  ?:
							    make_channel(&vm->channel.port, &port);

	if (r < 0)
		return err_sys(e, r, "socketpair");
	vm->channel.listener = take_fd(&vm->watch->control);
	vm->channel.rescue = vm->watch->rescue;
	config->channel_fd = port;
	config->report_fd = report;
	config->qmp_fd = qmp;
	config->console_fd = console;
	qemu_args(config, &vm->argv);
	if (vm->argv.error < 0)
		return err_sys(e, vm->argv.error, "QEMU's arguments");
	signals_of_run(&taken);
	signals_of_jobs(&jobs, &jobs_blocked);
	sigorset(&taken, &taken, &jobs);
	vm->signal_fd = signalfd(-1, &taken, SFD_CLOEXEC | SFD_NONBLOCK);
	if (vm->signal_fd < 0)
		return err_sys(e, errno, "signalfd");
	vm->clock_fd = timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK);
	serve_watch_clock(vm);
	vm->servers.alone = vm->watch->n_servers > 0;
	if (qemu_environment(config, &env) < 0)
		return err_sys(e, ENOMEM, "QEMU's environment");
	vm->pidfd = proc_start(&(struct proc_run){ .argv = vm->argv.words.v,
						   .envp = env.v,
						   .pass = vm->argv.fds,
						   .said = said,
						   .private = true,
						   .confine = config->writes_folders ?
								      syscall_filter_enter :
								      NULL },
			       &vm->pid, e);
	if (vm->pidfd < 0)
		return vm->pidfd;
	vm->watch->timeline.qemu_us = sys_now_us();
	events_add(&vm->watch->events, "qemu", EVENT_N("pid", vm->pid));
	vm->console->log = &vm->watch->log;
	vm->console->said = serve_on_console;
	vm->console->said_arg = vm;
	vm->console_fd = take_fd(&ours);
	return 0;
}

/* QEMU's last line, without its own name. */
static const char *last_said(struct buf *said)
{
	const char *line = said_last(said), *name = strstr(line, ": ");

	return name ? name + 2 : line;
}

/* The file servers' last line. */
static const char *server_said(struct vm *vm, struct buf *log)
{
	const struct watch *watch = vm->watch;

	if (vm->servers.alone)
		return said_last(&vm->servers_said);
	if (watch->server_log && file_read(AT_FDCWD, watch->server_log, SERVER_LOG_MAX, log) == 0)
		return said_last(log);
	return "";
}

/* QEMU's output while it recounts a qcow2 with lazy refcounts that a crash left open, one line per
 * cluster (block/qcow2-refcount.c). The image was checked before (host/disk/qemu_img.c). */
static bool is_repair(const char *line)
{
	static const char *const begins[] = {
		"ERROR cluster ",     "ERROR OFLAG_COPIED ",	 "Leaked cluster ",
		"Repairing cluster ", "Repairing OFLAG_COPIED ", "Rebuilding refcount structure"
	};

	for (size_t i = 0; i < ARRAY_SIZE(begins); i++)
		if (str_after(line, begins[i]))
			return true;
	return false;
}

/* refused: QEMU did not start, and its line is in the verdict. */
static void tell_rest(struct vm *vm, const struct verdict *v, bool refused, const char *server_said)
{
	char *save = NULL, *line;
	bool repaired = false;

	for (size_t i = 0; i < vm->warnings.n; i++)
		log_warning("stage 1: %s", vm->warnings.v[i]);
	/* The verdict has the line of a server that is alone. */
	if (server_said[0] && !vm->servers.alone)
		log_warning("%s", server_said);
	/* If QEMU failed, its last line is in the verdict. */
	if (refused || (v->code ? v->code : v->exit_status) == EXIT_GUEST || vm->said.len == 0)
		return;
	for (line = strtok_r(vm->said.data, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save)) {
		if (!is_repair(line))
			log_warning("QEMU: %s", line);
		repaired = repaired || is_repair(line);
	}
	if (repaired)
		log_info(
			"QEMU has mended the counters of a disk that a crash left open; nothing is lost");
}

/* QEMU exited with 0 and gave no reason. On a machine with silent_off the guest has powered off:
 * every other way to that status has its event. */
static void fill_silence(struct qmp *q, int qemu_status)
{
	if (q->shutdown || !WIFEXITED(qemu_status) || WEXITSTATUS(qemu_status) != 0)
		return;
	q->shutdown = q->by_guest = true;
	snprintf(q->reason, sizeof(q->reason), "guest-shutdown");
}

/* QEMU exited by itself before it was ready: it refused its arguments, or this host. */
static bool is_refused(const struct vm *vm, int qemu_status)
{
	return !vm->accepted && vm->started == 0 && !vm->signal && vm->missed == DEADLINE_NONE &&
	       !vm->qmp.shutdown && WIFEXITED(qemu_status);
}

static const struct refusal *find_refusal(const struct vm *vm, int qemu_status, struct refusal *ret)
{
	const struct qemu_config *c = vm->config;
	const char *opts = c->network.opts;

	refusal_of(vm->said.len > 0 ? vm->said.data : "", (const char *const *)vm->argv.words.v,
		   c->extra.n, opts && opts[0], ret);
	if (WEXITSTATUS(qemu_status) == 0)
		*ret = (struct refusal){
			EXIT_USAGE, "QEMU started no machine, it only printed what QEMU_OPTS or "
				    "--qemu-opts asks for; nothing was made"
		};
	return ret;
}

static void finish(struct vm *vm, const struct arch *arch, struct verdict *ret)
{
	struct refusal refusal;
	struct ending end = { .report = &vm->report,
			      .qmp = &vm->qmp,
			      .limits = &vm->watch->limits,
			      .kernel_needs = vm->watch->kernel_needs };
	_cleanup_buf_ struct buf log = { 0 };

	while (waitpid(vm->pid, &end.qemu_status, 0) < 0 && errno == EINTR)
		;
	vm->watch->timeline.end_us = sys_now_us();
	vm->ended = true;
	serve_rest(vm);
	serve_last_servers(vm);
	if (arch->silent_off && vm->accepted)
		fill_silence(&vm->qmp, end.qemu_status);
	events_add(&vm->watch->events, "qemu-ended", EVENT_N("status", end.qemu_status),
		   EVENT_T("reason", vm->qmp.reason), EVENT_F("by_guest", vm->qmp.by_guest));
	rescue_free(&vm->rescue); /* the console restores the terminal's modes */
	console_close(vm->console);
	serve_end(vm);
	end.signal = vm->signal;
	end.out_error = vm->console->out_error ? vm->console->out_error :
						 vm->watch->command.command.out_error;
	end.missed = vm->missed;
	end.stopped = vm->stopped;
	end.servers = &vm->servers;
	end.server_said = server_said(vm, &log);
	end.quit = vm->quit;
	if (is_refused(vm, end.qemu_status))
		end.refused = find_refusal(vm, end.qemu_status, &refusal);
	end.qemu_said = last_said(&vm->said);
	end.io_error = vm->io_error;
	end.console = vm->console->tail;
	end.command = vm->watch->command.asked ? &vm->watch->command.command : NULL;
	end.channel_gone = vm->channel.away[0] ? vm->channel.away : vm->channel.gone;
	verdict_of(&end, ret);
	tell_rest(vm, ret, end.refused && WEXITSTATUS(end.qemu_status) != 0, end.server_said);
}

static int serve_to_end(struct vm *vm, struct verdict *ret, struct err *e)
{
	int r = proc_others_add(vm->others, vm->pid);

	if (r == 0)
		r = loop(vm);
	if (r < 0)
		kill(vm->pid, SIGKILL);
	finish(vm, vm->config->arch, ret);
	if (r == 0 && vm->started < 0) {
		*e = vm->start_error;
		return vm->started;
	}
	return r < 0 ? err_sys(e, r, "poll") : 0;
}

int vm_run(struct qemu_config *config, struct console *console, struct proc_others *others,
	   struct watch *watch, struct verdict *ret, struct err *e)
{
	_cleanup_(vm_free) struct vm vm = { .console = console,
					    .others = others,
					    .watch = watch,
					    .config = config,
					    .pidfd = -1,
					    .signal_fd = -1,
					    .report_fd = -1,
					    .qmp_fd = -1,
					    .said_fd = -1,
					    .clock_fd = -1,
					    .console_fd = -1,
					    .channel = CHANNEL_INIT,
					    .rescue = RESCUE_INIT };
	sigset_t jobs, blocked, before;
	int r;

	signals_of_jobs(&jobs, &blocked);
	sigprocmask(SIG_BLOCK, &blocked, &before);
	r = start(&vm, config, e);
	if (r == 0)
		r = serve_to_end(&vm, ret, e);
	sigprocmask(SIG_SETMASK, &before, NULL);
	return r;
}
