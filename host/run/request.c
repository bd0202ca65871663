/* SPDX-License-Identifier: MIT */
/* request.c - the options and environment variables that can be checked alone */
#include "host/run/request.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/lib/exit.h"
#include "host/qemu/display.h"
#include "host/run/paths.h"
#include "host/run/shared_dirs.h"
#include "host/lib/words.h"

/* Reads the COMMAND after "--" before anything is made for it. */
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

	return r < 0 ? err_exit(e, EXIT_USAGE, -r, "%s: a quote is not closed in: %s", from,
				words) :
		       0;
}

/* Those of the environment come last, and win. QEMU options of the command line are whole words. */
static int read_qemu_opts(struct plan *p, struct err *e)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < p->v.qemu_opts.n; i++)
		r = split_qemu_opts(p, "run: --qemu-opts", p->v.qemu_opts.v[i], e);
	if (r == 0 && p->args.foreign.n > 0 &&
	    strv_add_all(&p->qemu.extra, (const char *const *)p->args.foreign.v) < 0)
		r = err_sys(e, ENOMEM, "QEMU's arguments");
	if (r == 0)
		r = split_qemu_opts(p, "QEMU_OPTS", getenv("QEMU_OPTS"), e);
	qemu_merge(&p->qemu);
	return r;
}

/* WIDTHxHEIGHT, each at most four digits. */
static int read_resolution(const char *said, struct plan *p, struct err *e)
{
	int n = -1;

	if (!said)
		return 0;
	if (!said[strspn(said, "0123456789x")] &&
	    sscanf(said, "%4u%*1[x]%4u%n", &p->qemu.width, &p->qemu.height, &n) == 2 && n > 0 &&
	    !said[n] && p->qemu.width > 0 && p->qemu.height > 0)
		return 0;
	return err_exit(e, EXIT_USAGE, EINVAL,
			"run: --resolution %s: want WIDTHxHEIGHT, as 1024x768", said);
}

static int read_devices(struct plan *p, struct err *e)
{
	int r = read_resolution(p->v.resolution, p, e);

	for (size_t i = 0; r == 0 && i < p->v.credentials.n; i++)
		r = credential_add(&p->qemu.credentials, p->v.credentials.v[i], e);
	return r;
}

int request_read(struct plan *p, struct err *e)
{
	int r;

	p->v.system.no_init = p->v.no_stage2;
	p->watch.limits = (struct limits){ .stage1 = p->v.timeout_stage1,
					   .stage2 = p->v.timeout_stage2,
					   .run = p->v.timeout };
	p->watch.stop_timeout = p->v.stop_timeout;
	p->watch.rescue = p->v.rescue;
	p->watch.log.max = p->v.console_log_size;
	r = run_values_check(p, p->args.rest, e) ?:
		    read_command(p, e)		 ?:
		    read_network(p, e)		 ?:
						   read_devices(p, e);
	if (r == 0 && p->v.host_certs)
		r = exchange_certs(&p->v.folders, e);
	return r < 0 ? r : read_qemu_opts(p, e);
}

/* --- the files that a run writes: no two options may name one ------------- */

#define OUTPUTS 3

struct written {
	const char *option, *path; /* path NULL: not given */
};

/* The name that a new file would get, with its folder's links resolved. */
static int new_name(const char *path, char *ret)
{
	char folder[PATH_MAX], real[PATH_MAX];
	const char *slash = strrchr(path, '/');
	int n = slash ? (int)(slash - path) + 1 : 0;

	if (str_format(folder, sizeof(folder), "%.*s", n ? n : 1, n ? path : ".") < 0 ||
	    !realpath(folder, real))
		return -ENOENT;
	return str_format(ret, PATH_MAX, "%s/%s", real, path + n);
}

/* Only regular files count: two descriptors may well be the same terminal or pipe. */
static bool same_file(const char *a, const char *b)
{
	char name_a[PATH_MAX], name_b[PATH_MAX];
	struct stat x, y;
	const bool there_a = stat(a, &x) == 0, there_b = stat(b, &y) == 0;

	if (there_a && there_b)
		return S_ISREG(x.st_mode) && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
	return !there_a && !there_b && new_name(a, name_a) == 0 && new_name(b, name_b) == 0 &&
	       str_eq(name_a, name_b);
}

static int check_pair(const struct written *a, const struct written *b, struct err *e)
{
	if (!a->path || !b->path || !same_file(a->path, b->path))
		return 0;
	return err_exit(e, EXIT_USAGE, EINVAL,
			"run: %s and %s name the same file, %s; each needs one of its own",
			a->option, b->option, a->path);
}

/* text: PATH[,...]; a malformed one is refused later. */
static int check_disk(const struct written *outputs, const char *text, struct err *e)
{
	_cleanup_free_ struct disk *d = calloc(1, sizeof(*d));
	struct err none = { 0 };
	int r = 0;

	if (!d || disk_parse(text, d, &none) < 0)
		return 0;
	for (size_t i = 0; r == 0 && i < OUTPUTS; i++)
		r = check_pair(&outputs[i], &(struct written){ "--disk", d->path }, e);
	return r;
}

static int check_outputs(const struct run_values *v, struct err *e)
{
	const char *said = v->image ? v->image : getenv("NIX_DISK_IMAGE");
	const char *image = v->root == ROOT_DISK && said && said[0] ? said : NULL;
	const struct written files[OUTPUTS + 1] = {
		{ "--json", v->json },
		{ "--console-log", v->console_log },
		{ "--plot", v->plot },
		{ v->image ? "--image" : "NIX_DISK_IMAGE", image },
	};
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		for (size_t j = i + 1; r == 0 && j < ARRAY_SIZE(files); j++)
			r = check_pair(&files[i], &files[j], e);
	for (size_t i = 0; r == 0 && i < v->disks.n; i++)
		r = check_disk(files, v->disks.v[i], e);
	return r;
}

int request_files(struct plan *p, struct err *e)
{
	if (p->args.args.n > 0)
		p->v.system.system = p->args.args.v[0];
	if (run_values_unprinted(p, &p->unprinted) < 0)
		return err_sys(e, ENOMEM, "--print-qemu");
	return exchange_folders(&p->v.folders, p->exchange, e) ?:
		       check_outputs(&p->v, e)		       ?:
								 paths_check(p, e);
}
