/* SPDX-License-Identifier: MIT */
/* connect.c - `storeboot connect`: stdin and stdout are a TCP connection into the guest */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "host/lib/exit.h"
#include "host/lib/opt.h"
#include "host/terminal/command.h"
#include "host/vms/remote.h"
#include "host/vms/target.h"
#include "init/lib/log.h"
#include "init/lib/str.h"

#define NOBODY 127 /* the agent's status if nobody listens (init/agent/session.c) */

static int take_port(const char *text, unsigned short *ret, struct err *e)
{
	char *end;
	unsigned long port = strtoul(text, &end, 10);

	if (text[0] < '0' || text[0] > '9' || *end || port < 1 || port > 65535)
		return err_exit(e, EXIT_USAGE, EINVAL, "connect: %s: want a port, 1 to 65535",
				text);
	*ret = (unsigned short)port;
	return 0;
}

/* Returns 0, or -errno with e if the launcher is stopped. */
static int serve(struct command *c, const struct target *t, struct err *e)
{
	int r = 0;

	while (r == 0 && !command_done(c)) {
		struct pollfd fds[COMMAND_POLLS];

		command_polls(c, fds);
		if (poll(fds, ARRAY_SIZE(fds),
			 terminal_wait_ms(c->answered ? -1 : TARGET_LOOK_MS)) < 0)
			continue;
		command_serve(c, fds);
		if (!c->answered)
			r = target_look(t, e);
	}
	return r;
}

/* Returns the exit status, or -errno with e. */
static int outcome(const struct command *c, const struct target *t, unsigned short port,
		   struct err *e)
{
	if (c->state == COMMAND_ENDED)
		return EXIT_OK;
	if (c->state == COMMAND_LEFT && c->out_error == EPIPE)
		return EXIT_SIGNAL + SIGPIPE;
	if (c->state == COMMAND_LEFT)
		return err_exit(e, EXIT_BAD_INPUT, c->out_error, "cannot write to stdout: %s",
				strerror(c->out_error));
	if (c->state == COMMAND_REFUSED && c->status == NOBODY)
		return err_exit(e, EXIT_GUEST, ECONNREFUSED,
				"%s: nobody listens on port %u of the guest's loopback", t->name,
				port);
	if (c->state == COMMAND_REFUSED)
		return err_exit(e, c->status < EXIT_COMMAND ? c->status : EXIT_GUEST, ECONNREFUSED,
				"%s: port %u: %s", t->name, port, c->why);
	return err_exit(e, EXIT_GUEST, ECONNRESET, "%s: port %u: the connection was cut: %s",
			t->name, port, c->why);
}

static int run(_unused_ void *values, const struct opt_args *args, struct err *e)
{
	struct command_options o = { 0 };
	_cleanup_(command_close) struct command c = COMMAND_INIT;
	_cleanup_buf_ struct buf request = { 0 };
	_cleanup_(target_free) struct target target = TARGET_INIT;
	int r = take_port(args->args.v[1], &o.port, e);

	if (r == 0)
		r = command_request(&o, &request, e);
	if (r == 0)
		r = target_find(args->args.v[0], &target, e);
	if (r == 0)
		r = target_connect(&target, e);
	if (r < 0)
		return r;
	signal(SIGPIPE, SIG_IGN);
	c.connection = true;
	c.filtered = target.vm.filtered;
	if (command_start(&c, take_fd(&target.sock), &request, false) < 0)
		return err_sys(e, ENOMEM, "connect");
	r = serve(&c, &target, e);
	return r < 0 ? r : outcome(&c, &target, o.port, e);
}

const struct opt_command connect_command = {
	.name = "connect",
	.brief = "connect stdin and stdout to a TCP port of a running VM",
	.synopsis = "NAME PORT",
	.about =
		"Makes stdin and stdout a TCP connection to PORT on the loopback interface of the\n"
		"VM NAME (see `storeboot list`). The VM needs no network. Ends when both sides\n"
		"have ended their direction.",
	.examples = "  ssh -o ProxyCommand='storeboot connect demo 22' root@demo\n"
		    "  printf 'GET / HTTP/1.0\\r\\n\\r\\n' | storeboot connect demo 80",
	.min_args = 2,
	.max_args = 2,
	.takes_vm = true,
	.run = run,
	.failed = EXIT_MISSING,
};

int cmd_connect(int argc, char **argv)
{
	return opt_run(&connect_command, argc, argv, NULL);
}
