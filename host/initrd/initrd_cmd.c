/* SPDX-License-Identifier: MIT */
/* initrd_cmd.c - `storeboot initrd`: the initramfs alone */
#include <errno.h>

#include "host/lib/exit.h"
#include "host/initrd/initrd.h"
#include "host/initrd/initrd_check.h"
#include "host/initrd/initrd_view.h"
#include "host/lib/opt.h"
#include "host/lib/output.h"
#include "host/lib/progress.h"
#include "init/lib/file.h"
#include "init/lib/log.h"

#define INITRD_MAX ((size_t)1 << 30)

struct values {
	const char *output;
	const char *kernel;
	const char *modules;
	const char *version;
	const char *init_program;
	struct strv needs;
	struct strv extra;
	int compression;
};

#define AT(field) offsetof(struct values, field)

static const struct opt opts[] = {
	{ "output", 'o', OPT_STRING, AT(output), "FILE", "where to write it; - is stdout", NULL },
	{ "kernel", 0, OPT_STRING, AT(kernel), "FILE",
	  "the kernel it is for: chooses the modules and checks them", NULL },
	{ "modules", 0, OPT_STRING, AT(modules), "DIR",
	  "folder with lib/modules/VERSION or usr/lib/modules/VERSION", NULL },
	{ "kernel-version", 0, OPT_STRING, AT(version), "VERSION",
	  "which kernel's modules (uname -r); default: the kernel's own", NULL },
	{ "need", 0, OPT_LIST, AT(needs), "NAME",
	  "only what NAME needs: disk, root, net, cifs, 9p, virtiofs, image, overlay, panic, scsi, ide, mmio",
	  NULL },
	{ "module", 0, OPT_LIST, AT(extra), "NAME", "one more module, and what it depends on",
	  NULL },
	{ "init", 0, OPT_STRING, AT(init_program), "FILE",
	  "the program that becomes /init (default: storeboot-init)", NULL },
	{ "compress", 0, OPT_CHOICE, AT(compression), "HOW",
	  "auto (what the kernel can read), none, gzip, xz or zstd", compress_names },
};

const struct opt_command initrd_command = {
	.name = "initrd",
	.synopsis = "-o FILE [OPTION]...",
	.about = "Builds the initramfs: storeboot-init and the modules that it needs.\n"
		 "The same input gives the same bytes. Without --modules it holds none, for a\n"
		 "kernel that has all of them built in. storeboot initrd ls|cat|verify|diff FILE looks into\n"
		 "any initramfs.",
	.opts = opts,
	.n_opts = ARRAY_SIZE(opts),
};

static const char *const *list_or_null(const struct strv *s)
{
	return s->n > 0 ? (const char *const *)s->v : NULL;
}

/* Any initramfs: it need not be one that was made here. */
static bool is_initramfs(int fd)
{
	_cleanup_buf_ struct buf b = { 0 };

	return file_read_fd(fd, INITRD_MAX, &b) == 0 && initrd_check(b.data ? b.data : "", b.len) == 0;
}

/* Which run it is for is not known: what most runs need must be there, unless --need says what. */
static const char *const most_runs[] = { "root", "net", NULL };

static int build(const struct values *v, struct err *e)
{
	const struct initrd_options o = {
		.kernel = v->kernel,
		.modules = v->modules,
		.version = v->version,
		.init_program = v->init_program,
		.needs = list_or_null(&v->needs),
		.more_needs = v->modules && v->needs.n == 0 ? most_runs : NULL,
		.extra_modules = list_or_null(&v->extra),
		.compression = (enum compression)v->compression,
	};
	_cleanup_buf_ struct buf b = { 0 };
	int r;

	if (!v->output)
		return err_exit(e, EXIT_USAGE, EINVAL,
				"initrd: -o FILE is missing; usage: storeboot initrd %s",
				initrd_command.synopsis);
	if (str_eq(v->output, "-") && isatty(STDOUT_FILENO))
		return err_exit(e, EXIT_USAGE, EINVAL,
				"initrd: will not write an archive to a terminal");
	progress_set("making the initramfs");
	r = initrd_build(&o, &b, e);
	progress_end();
	return r < 0 ? r : output_write(v->output, &b, "the initramfs", is_initramfs, e);
}

int cmd_initrd(int argc, char **argv)
{
	_cleanup_(opt_args_free) struct opt_args args = { 0 };
	struct values v = { 0 };
	struct err e = { 0 };
	int r;

	if (argc > 1 && initrd_view_is(argv[1]))
		return initrd_view(argc - 1, argv + 1);
	r = opt_parse(&initrd_command, argc, argv, &v, &args, &e);

	if (r == 0 && args.help)
		opt_help(&initrd_command, stdout);
	else if (r == 0)
		r = build(&v, &e);
	strv_free(&v.needs);
	strv_free(&v.extra);
	if (r == 0)
		return EXIT_OK;
	log_error("%s", e.text);
	return e.exit_status ? e.exit_status : EXIT_BAD_INPUT;
}
