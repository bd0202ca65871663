/* SPDX-License-Identifier: MIT */
/* initrd_cmd.c - `storeboot initrd`: building an initramfs without a run */
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

static const char *const *list_or_null(const struct strv *s)
{
	return s->n > 0 ? (const char *const *)s->v : NULL;
}

/* True for any initramfs, not only one made by this program. */
static bool is_initramfs(int fd)
{
	_cleanup_buf_ struct buf b = { 0 };

	return file_read_fd(fd, INITRD_MAX, &b) == 0 &&
	       initrd_check(b.data ? b.data : "", b.len) == 0;
}

/* Required without --need: the run is not known yet, and most runs need these. */
static const char *const most_runs[] = { "root", "net", NULL };

static int build(void *values, _unused_ const struct opt_args *args, struct err *e)
{
	const struct values *v = values;
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
	_cleanup_(output_close) struct output out = OUTPUT_INIT;
	_cleanup_buf_ struct buf b = { 0 };
	int r;

	if (!v->output)
		return err_exit(e, EXIT_USAGE, EINVAL,
				"initrd: -o FILE is missing; see storeboot initrd --help");
	if (str_eq(v->output, "-") && isatty(STDOUT_FILENO))
		return err_exit(e, EXIT_USAGE, EINVAL,
				"initrd: will not write an archive to a terminal");
	r = output_open(v->output, "the initramfs", is_initramfs, &out, e);
	if (r < 0)
		return r;
	progress_set("making the initramfs");
	r = initrd_build(&o, &b, e);
	progress_end();
	return r < 0 ? r : output_finish(&out, &b, e);
}

#define ROW(kind, field, ...) OPT(kind, struct values, field, __VA_ARGS__)

static const struct opt opts[] = {
	ROW(STRING, output, "output", "FILE", "file to write; -: stdout", .letter = 'o'),
	ROW(STRING, kernel, "kernel", "FILE", "kernel that the modules must match"),
	ROW(STRING, modules, "modules", "DIR", "folder with [usr/]lib/modules/VERSION"),
	ROW(STRING, version, "kernel-version", "VERSION",
	    "version of modules (default: the kernel's)"),
	ROW(LIST, needs, "need", "NAME", "modules for NAME only, such as disk or cifs"),
	ROW(LIST, extra, "module", "NAME", "another module with all dependencies"),
	ROW(STRING, init_program, "init", "FILE", "program for /init (default: storeboot-init)"),
	ROW(CHOICE, compression, "compress", NULL, "compression", .choices = compress_names),
	{ 0 }
};

const struct opt_command initrd_command = {
	.name = "initrd",
	.brief = "build an initramfs alone; look into any (ls, cat, verify, diff)",
	.synopsis = "-o FILE [OPTION]...",
	.about =
		"Builds the initramfs: storeboot-init and the kernel modules that it needs. The\n"
		"same input gives the same bytes. Without --modules there are no modules, for a\n"
		"kernel that has all of them built in. `storeboot initrd ls|cat|verify|diff FILE`\n"
		"looks into any initramfs.",
	.examples = "  storeboot initrd -o initrd --kernel bzImage --modules out\n"
		    "  storeboot initrd ls initrd --long",
	.opts = opts,
	.words = "ls cat verify diff",
	.run = build,
	.failed = EXIT_BAD_INPUT,
};

int cmd_initrd(int argc, char **argv)
{
	struct values v = { 0 };

	if (argc > 1 && initrd_view_is(argv[1]))
		return initrd_view(argc - 1, argv + 1);
	return opt_run(&initrd_command, argc, argv, &v);
}
