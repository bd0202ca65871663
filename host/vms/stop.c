/* SPDX-License-Identifier: MIT */
/* stop.c - `storeboot stop`: ends a running VM */
#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "host/lib/exit.h"
#include "host/lib/opt.h"
#include "host/vms/remote.h"
#include "host/vms/target.h"
#include "init/lib/frame.h"
#include "init/lib/log.h"

#define WAIT_MS 50
#define UNANSWERED_MS 5000

struct values {
	bool now;
};

struct stopping {
	struct target target;
	struct buf in;
	bool over;		      /* the launcher has closed the connection */
	bool answered;		      /* it has answered */
	char why[FRAME_TEXT_MAX + 1]; /* why it does not stop the VM, or "" */
};

static void stopping_free(struct stopping *s)
{
	target_free(&s->target);
	buf_free(&s->in);
}

static int ask(const struct target *t, bool now, struct err *e)
{
	const uint64_t how = now;
	_cleanup_buf_ struct buf frame = { 0 };
	int r = frame_put_numbers(&frame, FRAME_STOP, 0, 4, 1, &how);

	/* A new connection has space for it, or is closed already, with a reason to read. */
	if (r == 0 && send(t->sock, frame.data, frame.len, MSG_NOSIGNAL) < 0 && errno != EPIPE &&
	    errno != ECONNRESET)
		r = -errno;
	return r < 0 ? err_sys(e, r, "%s: the launcher cannot be told", t->name) : 0;
}

static void take_frame(struct stopping *s, const struct frame *f)
{
	if (f->kind == FRAME_STOP)
		s->answered = true;
	/* After an answer FRAME_GONE only closes the connection: the lock shows the VM's end. */
	if (f->kind == FRAME_GONE && !s->answered)
		frame_text(f, s->why, sizeof(s->why));
}

static void read_sock(struct stopping *s)
{
	char data[256];
	ssize_t n = recv(s->target.sock, data, sizeof(data), MSG_DONTWAIT);
	struct frame f;
	int len;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	s->over = n <= 0 || buf_add(&s->in, data, (size_t)n) < 0;
	while ((len = frame_take(s->in.data, s->in.len, &f)) > 0) {
		take_frame(s, &f);
		frame_drop(&s->in, (size_t)len);
	}
	s->over = s->over || len < 0;
}

/* The launcher's end closes the connection and drops its lock, in either order. */
static bool is_gone(const struct stopping *s)
{
	return s->over && !target_lives(&s->target);
}

static int wait_for_end(struct stopping *s, struct err *e)
{
	int r = 0;

	for (unsigned int ms = 0; r == 0 && !is_gone(s); ms += WAIT_MS) {
		struct pollfd p = { s->over ? -1 : s->target.sock, POLLIN, 0 };

		if (poll(&p, 1, WAIT_MS) > 0)
			read_sock(s);
		if (s->why[0])
			return err_exit(e, EXIT_IN_USE, EBUSY, "%s: %s; the VM runs on",
					s->target.name, s->why);
		if (s->over && !s->answered && target_lives(&s->target) && ms > UNANSWERED_MS)
			return err_exit(e, EXIT_MISSING, EPIPE,
					"%s: its launcher, pid %d, closed the connection without "
					"an answer; "
					"the VM runs on",
					s->target.name, (int)s->target.vm.pid);
		if (ms == UNANSWERED_MS && !s->answered && !s->over)
			log_info("%s: its launcher, pid %d, has not answered yet; waiting for it",
				 s->target.name, (int)s->target.vm.pid);
		r = target_look(&s->target, e);
	}
	return r;
}

static int stop(const char *name, bool now, struct err *e)
{
	_cleanup_(stopping_free) struct stopping s = { .target = TARGET_INIT };
	int r = target_find(name, &s.target, e);

	if (r < 0)
		return r;
	r = target_connect(&s.target, e);
	if (r == 0)
		r = ask(&s.target, now, e);
	if (r == 0)
		r = wait_for_end(&s, e);
	/* A VM that ended meanwhile is stopped, too. */
	return r < 0 && !target_lives(&s.target) ? 0 : r;
}

static int run(void *values, const struct opt_args *args, struct err *e)
{
	return stop(args->args.v[0], ((const struct values *)values)->now, e);
}

static const struct opt opts[] = { OPT(FLAG, struct values, now, "now", NULL,
				       "make the file systems clean and switch off"),
				   { 0 } };

const struct opt_command stop_command = {
	.name = "stop",
	.brief = "stop a running VM",
	.synopsis = "NAME [--now]",
	.about = "Asks the init of the VM NAME (see `storeboot list`) for a clean power-off, and\n"
		 "waits until the VM is gone. A VM that takes longer than the --stop-timeout of\n"
		 "its run is switched off.",
	.examples = "  storeboot stop demo\n"
		    "  storeboot stop demo --now",
	.opts = opts,
	.min_args = 1,
	.max_args = 1,
	.takes_vm = true,
	.run = run,
	.failed = EXIT_MISSING,
};

int cmd_stop(int argc, char **argv)
{
	struct values v = { 0 };

	return opt_run(&stop_command, argc, argv, &v);
}
