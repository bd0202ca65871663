/* SPDX-License-Identifier: MIT */
/* balloon.c - `storeboot balloon`: how much of its memory a running VM keeps */
#include <errno.h>
#include <poll.h>
#include <sys/socket.h>

#include "host/lib/exit.h"
#include "host/lib/opt.h"
#include "host/vms/remote.h"
#include "host/vms/target.h"
#include "init/lib/frame.h"

/* Reads the launcher's answer to the end of the connection, at most. Returns 0, or -errno with e.
 */
static int read_answer(struct target *t, struct err *e)
{
	_cleanup_buf_ struct buf in = { 0 };
	char data[256], why[FRAME_TEXT_MAX + 1] = "the launcher closed the connection";
	struct frame f;
	ssize_t n = 1;
	int r = 0;

	while (r == 0 && n > 0) {
		struct pollfd p = { t->sock, POLLIN, 0 };

		if (frame_take(in.data, in.len, &f) > 0) {
			if (f.kind == FRAME_BALLOON)
				return 0;
			frame_text(&f, why, sizeof(why));
			break;
		}
		r = target_look(t, e); /* a stopped launcher answers nobody */
		if (r < 0 || poll(&p, 1, TARGET_LOOK_MS) <= 0)
			continue;
		n = recv(t->sock, data, sizeof(data), 0);
		if (n > 0)
			r = buf_add(&in, data, (size_t)n) < 0 ? err_sys(e, ENOMEM, "balloon") : 0;
	}
	return r < 0 ? r : err_exit(e, EXIT_MISSING, EBUSY, "%s: %s", t->name, why);
}

static int run(void *values _unused_, const struct opt_args *args, struct err *e)
{
	_cleanup_(target_free) struct target t = TARGET_INIT;
	_cleanup_buf_ struct buf frame = { 0 };
	uint64_t bytes;
	int r;

	if (opt_size(args->args.v[1], &bytes) < 0 || bytes < 1 << 20)
		return err_exit(e, EXIT_USAGE, EINVAL, "balloon: %s: want a size such as 256M",
				args->args.v[1]);
	r = target_find(args->args.v[0], &t, e);
	if (r == 0)
		r = target_connect(&t, e);
	if (r < 0)
		return r;
	r = frame_put_numbers(&frame, FRAME_BALLOON, 0, 8, 1, &bytes);
	if (r == 0 && send(t.sock, frame.data, frame.len, MSG_NOSIGNAL) < 0)
		r = -errno;
	return r < 0 ? err_sys(e, r, "%s: the launcher cannot be told", t.name) :
		       read_answer(&t, e);
}

static const struct opt opts[] = { { 0 } };

const struct opt_command balloon_command = {
	.name = "balloon",
	.brief = "change how much of its memory a running VM keeps",
	.synopsis = "NAME SIZE",
	.about = "Leaves SIZE of its memory to the VM NAME (see `storeboot list`); the host gets\n"
		 "the rest. A VM that runs out of memory takes it back. With the size of\n"
		 "--memory the VM has all of it again. A bare number counts MiB.",
	.examples = "  storeboot balloon demo 256M\n"
		    "  storeboot balloon demo 1G",
	.opts = opts,
	.min_args = 2,
	.max_args = 2,
	.takes_vm = true,
	.run = run,
	.failed = EXIT_MISSING,
};

int cmd_balloon(int argc, char **argv)
{
	return opt_run(&balloon_command, argc, argv, NULL);
}
