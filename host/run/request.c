/* SPDX-License-Identifier: MIT */
/* request.c - what the words of the command line and of the environment say by themselves */
#include "host/run/request.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "host/lib/exit.h"
#include "host/qemu/display.h"
#include "host/run/shared_dirs.h"
#include "host/lib/words.h"

/* The COMMAND behind "--", whole, before anything is made for it. */
static int read_command(struct plan *p, struct err *e)
{
	struct guest_command *g = &p->watch.command;
	const struct command_options o = { .argv = p->args.rest,
					   .env = (const char *const *)p->v.env.v,
					   .folder = p->v.cwd,
					   .tty = p->v.tty };

	if (!p->args.rest)
		return 0;
	if (!p->args.rest[0])
		return err_exit(e, EXIT_USAGE, EINVAL, "run: there is no COMMAND after --");
	g->asked = true;
	g->tty = p->v.tty;
	g->when = p->v.ready;
	return command_request(&o, &g->request, e);
}

static int read_network(struct plan *p, struct err *e)
{
	struct network *n = &p->qemu.network;
	int r = 0;

	n->open = p->v.network;
	n->opts = getenv("QEMU_NET_OPTS");
	n->user = getuid();
	for (size_t i = 0; r == 0 && i < p->v.forwards.n; i++)
		r = network_forward(n, p->v.forwards.v[i], e);
	for (size_t i = 0; r == 0 && i < p->v.guest_forwards.n; i++)
		r = network_guest_forward(n, p->v.guest_forwards.v[i], e);
	for (size_t i = 0; r == 0 && i < p->v.vlans.n; i++)
		r = network_vlan(n, p->v.vlans.v[i], e);
	return r;
}

static int split_qemu_opts(struct plan *p, const char *from, const char *words, struct err *e)
{
	int r = words ? words_split(words, &p->qemu.extra) : 0;

	return r < 0 ? err_exit(e, EXIT_USAGE, -r, "%s: a quote is not closed in: %s", from, words) : 0;
}

/* The environment's stand last, and win. */
static int read_qemu_opts(struct plan *p, struct err *e)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < p->v.qemu_opts.n; i++)
		r = split_qemu_opts(p, "run: --qemu-opts", p->v.qemu_opts.v[i], e);
	return r < 0 ? r : split_qemu_opts(p, "QEMU_OPTS", getenv("QEMU_OPTS"), e);
}

/* WIDTHxHEIGHT, each of at most four digits. */
static int read_resolution(const char *said, struct plan *p, struct err *e)
{
	int n = -1;

	if (!said)
		return 0;
	if (!said[strspn(said, "0123456789x")] &&
	    sscanf(said, "%4u%*1[x]%4u%n", &p->qemu.width, &p->qemu.height, &n) == 2 && n > 0 && !said[n] &&
	    p->qemu.width > 0 && p->qemu.height > 0)
		return 0;
	return err_exit(e, EXIT_USAGE, EINVAL, "run: --resolution %s: want WIDTHxHEIGHT, as 1024x768", said);
}

static int read_devices(struct plan *p, struct err *e)
{
	int r = read_resolution(p->v.resolution, p, e);

	p->qemu.graphics = p->v.graphics != GRAPHICS_OFF;
	for (size_t i = 0; r == 0 && i < p->v.credentials.n; i++)
		r = credential_add(&p->qemu.credentials, p->v.credentials.v[i], e);
	return r;
}

int request_read(struct plan *p, struct err *e)
{
	int r;

	if (p->args.args.n > 0)
		p->v.system.system = p->args.args.v[0];
	p->v.system.no_init = p->v.no_stage2;
	p->qemu.memory = p->v.memory;
	p->qemu.cores = p->v.cores;
	p->watch.limits = (struct limits){ .stage1 = p->v.timeout_stage1,
					   .stage2 = p->v.timeout_stage2,
					   .run = p->v.timeout };
	p->watch.stop_timeout = p->v.stop_timeout;
	p->watch.rescue = p->v.rescue;
	p->watch.log.max = p->v.console_log_size;
	r = run_values_check(&p->v, p->args.rest, e);
	if (r == 0)
		r = read_command(p, e);
	if (r == 0)
		r = read_network(p, e);
	if (r == 0)
		r = read_devices(p, e);
	if (r == 0 && run_values_unprinted(&p->v, &p->unprinted) < 0)
		r = err_sys(e, ENOMEM, "--print-qemu");
	if (r == 0)
		r = exchange_folders(p->v.host_certs, &p->v.folders, p->exchange, e);
	return r < 0 ? r : read_qemu_opts(p, e);
}
