/* SPDX-License-Identifier: MIT */
/*
 * vm.c - one QEMU, from its start to its end
 *
 * Theory of operation: one poll(2) over everything that can happen: a signal to the launcher, QEMU's
 * end (a pidfd), a record of the guest, an event of QEMU's monitor, a word of QEMU itself, and the
 * console. QEMU's end alone ends the loop; a signal, or a phase that takes too long, asks QEMU to quit,
 * and a second signal or QUIT_GRACE_US later kills it. What is left in the channels is read after
 * QEMU's end: the last record and the SHUTDOWN event are what the verdict rests on.
 */
#include "host/run/vm.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host/disk/disk.h"
#include "host/disk/io_error.h"
#include "host/exit.h"
#include "host/run/tell.h"
#include "init/lib/file.h"
#include "init/lib/log.h"
#include "init/lib/str.h"
#include "init/lib/sys.h"

#define QUIT_GRACE_US 2000000
#define SAID_MAX 4096

enum { POLL_SIGNAL, POLL_QEMU, POLL_REPORT, POLL_QMP, POLL_SAID, POLL_CONSOLE };
#define POLLS (POLL_CONSOLE + CONSOLE_POLLS)

struct vm {
	struct console *console;
	struct proc_others *others;
	struct watch *watch;
	const struct qemu_config *config;
	pid_t pid;
	int pidfd, signal_fd, report_fd, qmp_fd, said_fd; /* -1: none, or at its end */
	struct report report;
	struct qmp qmp;
	struct buf said;	 /* QEMU's own stdout and stderr, the end of it */
	struct strv warnings;	 /* of stage 1; told when the console is ours again */
	char io_error[1024];	 /* the first disk that the host could not write or read */
	size_t io_told;		 /* of qmp.io_errors */
	bool hello_sent;
	bool attended;		 /* stage 1 gave a shell to the person at the console */
	int signal;		 /* the first signal that the launcher got */
	enum deadline missed;	 /* what took too long */
	bool quit;		 /* it stands for Ctrl-a x */
	uint64_t kill_at;	 /* 0: QEMU was not asked to end */
};

void vm_signals(sigset_t *ret)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGCHLD };
	struct sigaction hangup;

	sigemptyset(ret);
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
		sigaddset(ret, signals[i]);
	/* What nohup(1) ignores stays ignored. SIGINT does not: a script's shell ignores it for every job
	 * in the background, and who sends it to one means it. */
	if (sigaction(SIGHUP, NULL, &hangup) == 0 && hangup.sa_handler == SIG_IGN)
		sigdelset(ret, SIGHUP);
}

int vm_signal_waiting(void)
{
	sigset_t pending, ours;

	vm_signals(&ours);
	sigdelset(&ours, SIGCHLD);
	sigpending(&pending);
	for (int n = 1; n < NSIG; n++)
		if (sigismember(&pending, n) == 1 && sigismember(&ours, n) == 1)
			return n;
	return 0;
}

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
	qmp_free(&vm->qmp);
	buf_free(&vm->said);
	strv_free(&vm->warnings);
}

static void on_record(const struct record *rec, void *arg)
{
	struct vm *vm = arg;

	tell_progress(rec);
	events_record(&vm->watch->events, rec);
	timeline_record(&vm->watch->timeline, rec, sys_now_us());
	/* Stage 1 stops in these for a shell, if it was asked to (boot.debug1, boot.shell_on_fail). */
	if (rec->kind == RECORD_FAIL || (rec->kind == RECORD_BEGIN && str_eq(rec->name, "debug1")))
		vm->attended = vm->console->interactive;
	if (rec->kind == RECORD_WARN && strv_addf(&vm->warnings, "%s: %s", rec->name, rec->text) < 0)
		log_warning("%s: %s", rec->name, rec->text);
}

/* Reads what there is without waiting. Returns its length; 0 when there is no more for now; closes
 * the descriptor at its end. */
static size_t read_some(int *fd, char *data, size_t size)
{
	ssize_t n;

	if (*fd < 0)
		return 0;
	n = recv(*fd, data, size, MSG_DONTWAIT);
	if (n > 0)
		return (size_t)n;
	if (n == 0 || (errno != EAGAIN && errno != EINTR))
		close_fd(fd);
	return 0;
}

static void serve_report(struct vm *vm)
{
	char data[4096];
	size_t n;

	while ((n = read_some(&vm->report_fd, data, sizeof(data))) > 0)
		report_feed(&vm->report, data, n, on_record, vm);
}

static void send_qmp(struct vm *vm, const char *command)
{
	/* The monitor's socket is empty at these moments; were it not, the deadline kills QEMU. */
	if (vm->qmp_fd >= 0 &&
	    send(vm->qmp_fd, command, strlen(command), MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
		log_trace("QEMU's monitor: %s", strerror(errno));
}

/* At once, while the guest runs: room can be made, and no other line says why its programs fail. The
 * terminal is in raw mode, the guest's cursor anywhere. */
static void tell_io_error(struct vm *vm, const struct qmp_io_error *q)
{
	const struct io_error e = { q->node, q->operation, q->reason, q->no_space };
	bool raw = vm->console->interactive;
	char text[sizeof(vm->io_error)];

	io_error_text(vm->config->disks, vm->config->n_disks, &e, text, sizeof(text));
	events_add(&vm->watch->events, "io-error", EVENT_T("disk", q->node),
		   EVENT_T("operation", q->operation), EVENT_T("reason", q->reason),
		   EVENT_T("text", text));
	if (!vm->io_error[0])
		memcpy(vm->io_error, text, sizeof(text));
	if (raw && write(STDERR_FILENO, "\r\n", 2) < 0)
		return;
	log_warning("%s; the guest sees I/O errors%s", text, raw ? "\r" : "");
}

static void serve_qmp(struct vm *vm)
{
	char data[4096];
	size_t n;

	while ((n = read_some(&vm->qmp_fd, data, sizeof(data))) > 0)
		if (qmp_feed(&vm->qmp, data, n) < 0)
			log_warning("QEMU's monitor speaks no QMP");
	while (vm->io_told < vm->qmp.n_io_errors)
		tell_io_error(vm, &vm->qmp.io_errors[vm->io_told++]);
	if (vm->qmp.greeted && !vm->hello_sent) {
		send_qmp(vm, QMP_HELLO);
		vm->hello_sent = true;
	}
}

static void serve_said(struct vm *vm)
{
	char data[1024];
	size_t n;

	while ((n = read_some(&vm->said_fd, data, sizeof(data))) > 0) {
		if (buf_add(&vm->said, data, n) < 0)
			return;
		if (vm->said.len > SAID_MAX) {
			size_t drop = vm->said.len - SAID_MAX;

			memmove(vm->said.data, vm->said.data + drop, SAID_MAX + 1);
			vm->said.len = SAID_MAX;
		}
	}
}

/* Asks QEMU to end; asked again, kills it. */
static void end_qemu(struct vm *vm)
{
	if (vm->kill_at || !vm->hello_sent)
		kill(vm->pid, SIGKILL);
	else
		send_qmp(vm, QMP_QUIT);
	/* Also after a kill: a process that waits for its disk ends later, and is waited for. */
	vm->kill_at = sys_now_us() + QUIT_GRACE_US;
}

static void serve_signals(struct vm *vm)
{
	struct signalfd_siginfo info;

	while (read(vm->signal_fd, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		if (info.ssi_signo == SIGCHLD) {
			proc_reap(vm->others);
			continue;
		}
		events_add(&vm->watch->events, "signal", EVENT_N("signal", info.ssi_signo));
		if (!vm->signal)
			vm->signal = (int)info.ssi_signo;
		end_qemu(vm);
	}
}

/* Ctrl-a x ends the run as SIGINT does; so does a stdout that cannot be written, for its own reason. */
static void serve_console(struct vm *vm, const struct pollfd *fds)
{
	struct console *c = vm->console;

	console_serve(c, fds);
	if (vm->signal || vm->kill_at || !(c->quit || c->out_error))
		return;
	vm->quit = c->quit;
	if (c->quit)
		vm->signal = SIGINT;
	end_qemu(vm);
}

static int until_ms(uint64_t at)
{
	uint64_t now = sys_now_us();

	if (now >= at)
		return 0;
	return at - now > (uint64_t)INT_MAX * 1000 ? INT_MAX : (int)((at - now + 999) / 1000);
}

/* What the loop has to do by itself, and when. */
static enum deadline next_deadline(const struct vm *vm, uint64_t *ret_us)
{
	return deadline_next(&vm->watch->limits, vm->watch->timeline.qemu_us,
			     vm->report.stage2 || vm->attended, ret_us);
}

static int wait_ms(const struct vm *vm)
{
	uint64_t at;

	if (vm->kill_at)
		return until_ms(vm->kill_at);
	return next_deadline(vm, &at) == DEADLINE_NONE ? -1 : until_ms(at);
}

static void serve_clock(struct vm *vm)
{
	uint64_t now = sys_now_us(), at;
	enum deadline next;

	if (vm->kill_at) {
		if (now >= vm->kill_at)
			end_qemu(vm);
		return;
	}
	next = next_deadline(vm, &at);
	if (next == DEADLINE_NONE || now < at)
		return;
	vm->missed = next;
	events_add(&vm->watch->events, "timeout",
		   EVENT_T("phase", next == DEADLINE_STAGE1 ? "stage1" : "run"));
	end_qemu(vm);
}

/* Returns 0 when QEMU has ended, or -errno. */
static int loop(struct vm *vm)
{
	for (;;) {
		struct pollfd fds[POLLS] = {
			[POLL_SIGNAL] = { vm->signal_fd, POLLIN, 0 },
			[POLL_QEMU] = { vm->pidfd, POLLIN, 0 },
			[POLL_REPORT] = { vm->report_fd, POLLIN, 0 },
			[POLL_QMP] = { vm->qmp_fd, POLLIN, 0 },
			[POLL_SAID] = { vm->said_fd, POLLIN, 0 },
		};

		console_polls(vm->console, fds + POLL_CONSOLE);
		if (poll(fds, POLLS, wait_ms(vm)) < 0 && errno != EINTR)
			return -errno;
		serve_report(vm);
		serve_qmp(vm);
		serve_said(vm);
		serve_console(vm, fds + POLL_CONSOLE);
		if (fds[POLL_SIGNAL].revents)
			serve_signals(vm);
		if (fds[POLL_QEMU].revents)
			return 0;
		serve_clock(vm);
	}
}

/* A pair of sockets: ours and QEMU's. */
static int channel(int *ret_ours, int *ret_theirs)
{
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) < 0)
		return -errno;
	*ret_ours = ends[0];
	*ret_theirs = ends[1];
	return 0;
}

/* What QEMU inherits: its channels and the open images. ret ends with -1. */
static void pass_fds(const struct qemu_config *c, int *ret)
{
	size_t n = 0;

	ret[n++] = c->console_fd;
	ret[n++] = c->report_fd;
	ret[n++] = c->qmp_fd;
	for (size_t i = 0; i < c->n_disks; i++) {
		if (c->disks[i].fd >= 0)
			ret[n++] = c->disks[i].fd;
		if (c->disks[i].layer_fd >= 0)
			ret[n++] = c->disks[i].layer_fd;
	}
	ret[n] = -1;
}

static int start(struct vm *vm, struct qemu_config *config, struct err *e)
{
	_cleanup_close_ int report = -1, qmp = -1, said = -1, console = -1, ours = -1;
	_cleanup_strv_ struct strv argv = { 0 };
	int pass[4 + 2 * DISKS_MAX];
	sigset_t signals;
	int r = channel(&vm->report_fd, &report);

	if (r == 0)
		r = channel(&vm->qmp_fd, &qmp);
	if (r == 0)
		r = channel(&vm->said_fd, &said);
	if (r == 0)
		r = channel(&ours, &console);
	if (r < 0)
		return err_sys(e, r, "socketpair");
	config->report_fd = report;
	config->qmp_fd = qmp;
	config->console_fd = console;
	r = qemu_args(config, &argv);
	if (r < 0)
		return err_sys(e, r, "QEMU's arguments");
	vm_signals(&signals);
	vm->signal_fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
	if (vm->signal_fd < 0)
		return err_sys(e, errno, "signalfd");
	pass_fds(config, pass);
	vm->pidfd = proc_start(argv.v, pass, said, &vm->pid, e);
	if (vm->pidfd < 0)
		return vm->pidfd;
	vm->watch->timeline.qemu_us = sys_now_us();
	events_add(&vm->watch->events, "qemu", EVENT_N("pid", vm->pid));
	vm->console->log = &vm->watch->log;
	console_open(vm->console, take_fd(&ours));
	return 0;
}

/* The last line of what QEMU said, without its own name. */
static const char *last_said(struct buf *said)
{
	char *line, *name;

	while (said->len > 0 && strchr("\r\n", said->data[said->len - 1]))
		said->data[--said->len] = '\0';
	if (said->len == 0)
		return "";
	line = strrchr(said->data, '\n');
	line = line ? line + 1 : said->data;
	name = strstr(line, ": ");
	return name ? name + 2 : line;
}

static void tell_rest(struct vm *vm, const struct verdict *v)
{
	char *save = NULL, *line;

	for (size_t i = 0; i < vm->warnings.n; i++)
		log_warning("stage 1: %s", vm->warnings.v[i]);
	/* Where QEMU failed its last line is in the verdict. */
	if (v->exit_status == EXIT_GUEST || vm->said.len == 0)
		return;
	for (line = strtok_r(vm->said.data, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		log_warning("QEMU: %s", line);
}

/* QEMU ended well, and did not say why: on such a machine the guest powered off. Every other way to
 * that exit status has its event. */
static void fill_silence(struct qmp *q, int qemu_status)
{
	if (q->shutdown || !WIFEXITED(qemu_status) || WEXITSTATUS(qemu_status) != 0)
		return;
	q->shutdown = q->by_guest = true;
	snprintf(q->reason, sizeof(q->reason), "guest-shutdown");
}

static void finish(struct vm *vm, const struct arch *arch, struct verdict *ret)
{
	struct ending end = { .report = &vm->report, .qmp = &vm->qmp, .limits = &vm->watch->limits };

	while (waitpid(vm->pid, &end.qemu_status, 0) < 0 && errno == EINTR)
		;
	vm->watch->timeline.end_us = sys_now_us();
	serve_report(vm);
	serve_qmp(vm);
	serve_said(vm);
	if (arch->silent_off)
		fill_silence(&vm->qmp, end.qemu_status);
	events_add(&vm->watch->events, "qemu-ended", EVENT_N("status", end.qemu_status),
		   EVENT_T("reason", vm->qmp.reason), EVENT_F("by_guest", vm->qmp.by_guest));
	console_close(vm->console);
	end.signal = vm->signal;
	end.out_error = vm->console->out_error;
	end.missed = vm->missed;
	end.quit = vm->quit;
	end.qemu_said = last_said(&vm->said);
	end.io_error = vm->io_error;
	end.console = vm->console->tail;
	verdict_of(&end, ret);
	tell_rest(vm, ret);
}

int vm_run(struct qemu_config *config, struct console *console, struct proc_others *others,
	   struct watch *watch, struct verdict *ret, struct err *e)
{
	_cleanup_(vm_free) struct vm vm = { .console = console, .others = others, .watch = watch,
					    .config = config, .pidfd = -1, .signal_fd = -1,
					    .report_fd = -1,
					    .qmp_fd = -1, .said_fd = -1 };
	int r = start(&vm, config, e);

	if (r < 0)
		return r;
	r = proc_others_add(others, vm.pid);
	if (r == 0)
		r = loop(&vm);
	if (r < 0)
		kill(vm.pid, SIGKILL);
	finish(&vm, config->arch, ret);
	return r < 0 ? err_sys(e, r, "poll") : 0;
}
