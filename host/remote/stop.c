/* SPDX-License-Identifier: MIT */
/* stop.c - `storeboot stop`: ends a VM that runs */
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "host/exit.h"
#include "host/opt.h"
#include "host/remote/control.h"
#include "host/remote/remote.h"
#include "host/vms.h"
#include "init/lib/file.h"
#include "init/lib/frame.h"
#include "init/lib/log.h"

struct values {
	bool now;
};

static const struct opt opts[] = {
	{ "now", 0, OPT_FLAG, offsetof(struct values, now), NULL,
	  "do not ask the guest: make its file systems clean and switch it off", NULL },
};

const struct opt_command stop_command = {
	.name = "stop",
	.synopsis = "NAME [--now]",
	.about = "Ends the VM NAME of `storeboot list` and waits until it is gone: its init is asked for a\n"
		 "clean power-off; what does not end within its run's --stop-timeout is switched off.",
	.opts = opts,
	.n_opts = ARRAY_SIZE(opts),
	.max_args = 1,
};

static int stop(const char *name, bool now, struct err *e)
{
	const uint64_t how = now;
	_cleanup_buf_ struct buf frame = { 0 };
	_cleanup_close_ int sock = -1;
	char folder[PATH_MAX], byte;
	ssize_t n;
	int r = vms_find(name, folder, e);

	if (r < 0)
		return r;
	sock = control_connect(folder, e);
	if (sock < 0)
		return sock;
	r = frame_put_numbers(&frame, FRAME_STOP, 0, 4, 1, &how);
	if (r == 0)
		r = file_write_all(sock, frame.data, frame.len);
	/* The launcher's end is the end of the connection. */
	while (r == 0 && (n = read(sock, &byte, 1)) != 0)
		if (n < 0 && errno != EINTR && errno != ECONNRESET)
			r = -errno;
		else if (n < 0 && errno == ECONNRESET)
			break;
	return r < 0 ? err_sys(e, r, "%s: the VM does not listen", name) : 0;
}

int cmd_stop(int argc, char **argv)
{
	struct values v = { 0 };
	struct opt_args args = { 0 };
	struct err e = { 0 };
	int r = opt_parse(&stop_command, argc, argv, &v, &args, &e);

	if (r == 0 && args.help) {
		opt_help(&stop_command, stdout);
	} else if (r == 0) {
		r = args.args.n == 1 ?
			    stop(args.args.v[0], v.now, &e) :
			    err_exit(&e, EXIT_USAGE, EINVAL, "stop: want the NAME of a VM; see storeboot list");
	}
	if (r < 0)
		log_error("%s", e.text);
	opt_args_free(&args);
	return r == 0 ? EXIT_OK : e.exit_status ? e.exit_status : EXIT_MISSING;
}
