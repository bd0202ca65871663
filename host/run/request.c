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
static int read_command(const struct run_values *v, const struct opt_args *args, struct watch *w,
			struct err *e)
{
	struct guest_command *g = &w->command;
	const struct command_options o = { .argv = args->rest,
					   .env = (const char *const *)v->env.v,
					   .folder = v->cwd,
					   .tty = v->tty };

	if (!args->rest)
		return 0;
	if (!args->rest[0])
		return err_exit(e, EXIT_USAGE, EINVAL, "run: there is no COMMAND behind --");
	g->asked = true;
	g->tty = v->tty;
	g->when = v->ready;
	return command_request(&o, &g->request, e);
}

static int read_network(const struct run_values *v, struct plan *p, struct err *e)
{
	struct network *n = &p->network;
	int r = 0;

	n->open = v->network;
	n->opts = getenv("QEMU_NET_OPTS");
	n->user = getuid();
	for (size_t i = 0; r == 0 && i < v->forwards.n; i++)
		r = network_forward(n, v->forwards.v[i], e);
	for (size_t i = 0; r == 0 && i < v->guest_forwards.n; i++)
		r = network_guest_forward(n, v->guest_forwards.v[i], e);
	for (size_t i = 0; r == 0 && i < v->vlans.n; i++)
		r = network_vlan(n, v->vlans.v[i], e);
	return r;
}

static int split_qemu_opts(struct plan *p, const char *from, const char *words, struct err *e)
{
	int r = words ? words_split(words, &p->qemu_opts) : 0;

	return r < 0 ? err_exit(e, EXIT_USAGE, -r, "%s: a quote is not closed in: %s", from, words) : 0;
}

/* The environment's stand last, and win. */
static int read_qemu_opts(const struct run_values *v, struct plan *p, struct err *e)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < v->qemu_opts.n; i++)
		r = split_qemu_opts(p, "run: --qemu-opts", v->qemu_opts.v[i], e);
	return r < 0 ? r : split_qemu_opts(p, "QEMU_OPTS", getenv("QEMU_OPTS"), e);
}

/* WIDTHxHEIGHT, each of at most four digits. */
static int read_resolution(const char *said, struct plan *p, struct err *e)
{
	int n = -1;

	if (!said)
		return 0;
	if (!said[strspn(said, "0123456789x")] &&
	    sscanf(said, "%4u%*1[x]%4u%n", &p->width, &p->height, &n) == 2 && n > 0 && !said[n] &&
	    p->width > 0 && p->height > 0)
		return 0;
	return err_exit(e, EXIT_USAGE, EINVAL, "run: --resolution %s: want WIDTHxHEIGHT, as 1024x768", said);
}

static int read_devices(const struct run_values *v, struct plan *p, struct err *e)
{
	int r = read_resolution(v->resolution, p, e);

	p->graphics = v->graphics != GRAPHICS_OFF;
	p->agent = v->agent;
	for (size_t i = 0; r == 0 && i < v->credentials.n; i++)
		r = credential_add(&p->credentials, v->credentials.v[i], e);
	return r;
}

static int read_sizes(struct run_values *v, struct plan *p, struct watch *w, struct err *e)
{
	int r = run_size("memory", v->memory, (uint64_t)384 << 20, &p->memory, e);

	if (r == 0)
		r = run_size("disk-size", v->disk_size, 0, &v->disk_bytes, e);
	if (r == 0)
		r = run_size("console-log-size", v->console_log_size, (uint64_t)16 << 20, &w->log.max, e);
	return r;
}

int request_read(struct run_values *v, const struct opt_args *args, struct plan *p, struct watch *w,
		 struct err *e)
{
	int r;

	if (args->args.n > 0)
		v->system.system = args->args.v[0];
	v->system.no_init = v->no_stage2;
	p->cores = v->cores ? v->cores : 1;
	p->filtered = v->escapes;
	p->thrown_away = v->ephemeral;
	p->watch = w;
	w->limits = (struct limits){ .stage1 = v->timeout_stage1,
				     .stage2 = v->timeout_stage2,
				     .run = v->timeout };
	w->stop_timeout = v->stop_timeout;
	r = read_sizes(v, p, w, e);
	if (r == 0)
		r = run_values_check(v, args->rest, e);
	if (r == 0)
		r = read_command(v, args, w, e);
	if (r == 0)
		r = read_network(v, p, e);
	if (r == 0)
		r = read_devices(v, p, e);
	if (r == 0 && run_values_unprinted(v, &p->unprinted) < 0)
		r = err_sys(e, ENOMEM, "--print-qemu");
	if (r == 0)
		r = exchange_folders(v->host_certs, &v->folders, p->exchange, e);
	return r < 0 ? r : read_qemu_opts(v, p, e);
}
