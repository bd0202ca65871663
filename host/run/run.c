/* SPDX-License-Identifier: MIT */
/*
 * run.c - `storeboot run`: boot a system from the host's store
 *
 * Theory of operation: find and check everything first (prepare), which changes nothing but caches;
 * then launch what was found.
 */
#include "host/run/run.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "host/run/accel.h"
#include "host/ask.h"
#include "host/run/cmdline.h"
#include "host/disk/disk.h"
#include "host/exit.h"
#include "host/initrd/initrd.h"
#include "host/initrd/initrd_check.h"
#include "host/run/launch.h"
#include "host/opt.h"
#include "host/closure/registration.h"
#include "host/run/system.h"
#include "host/run/tell.h"
#include "host/words.h"
#include "init/lib/file.h"
#include "init/lib/log.h"

#define MIB ((uint64_t)1 << 20)
/* Seconds. Stage 1 itself waits up to 600 for nix-store; a closure that needs so long is rare. */
#define STAGE1_LIMIT 300
#define INITRD_MAX ((size_t)1 << 30)

struct values {
	struct system_options system;
	const char *memory, *disk_size;
	uint64_t disk_bytes; /* 0: not said */
	unsigned int cores;
	const char *image;
	bool ephemeral, fresh, yes;
	int root; /* enum root */
	struct strv disks;
	bool graphics, serial;
	int accel;
	struct strv append;
	const char *reginfo, *initrd, *stage1;
	const char *qemu, *smbd;
	unsigned int timeout_stage1, timeout;
	const char *json, *plot, *console_log, *console_log_size;
	bool timings;
	bool print_qemu;
};

#define AT(field) offsetof(struct values, field)

static const char *const accel_words[] = { "auto", "kvm", "tcg", NULL }; /* enum accel */

enum root { ROOT_DISK, ROOT_TMPFS };
static const char *const root_words[] = { "disk", "tmpfs", NULL };

static const struct opt opts[] = {
	{ "kernel", 0, OPT_STRING, AT(system.kernel), "FILE", "the kernel (SYSTEM/kernel)", NULL },
	{ "modules", 0, OPT_STRING, AT(system.modules), "DIR",
	  "folder with lib/modules/VERSION (SYSTEM/kernel-modules)", NULL },
	{ "init", 0, OPT_STRING, AT(system.init), "PATH",
	  "stage 2, a path as the guest sees it (SYSTEM/init)", NULL },
	{ "params", 0, OPT_STRING, AT(system.params), "FILE",
	  "words for the kernel's command line (SYSTEM/kernel-params)", NULL },
	{ "append", 0, OPT_LIST, AT(append), "WORDS", "more of them, behind all others", NULL },
	{ "memory", 'm', OPT_STRING, AT(memory), "SIZE", "the guest's memory (384M)", NULL },
	{ "cores", 0, OPT_NUMBER, AT(cores), "N", "its processors (1)", NULL },
	{ "image", 0, OPT_STRING, AT(image), "FILE",
	  "its disk, qcow2; made if it does not exist (./NAME.qcow2)", NULL },
	{ "disk-size", 0, OPT_STRING, AT(disk_size), "SIZE",
	  "its size: of a new disk (512M), or an old one grows to it", NULL },
	{ "ephemeral", 0, OPT_FLAG, AT(ephemeral), NULL,
	  "throw away what the guest writes; the images are only read", NULL },
	{ "fresh", 0, OPT_FLAG, AT(fresh), NULL,
	  "begin with an empty disk; the old image is moved aside", NULL },
	{ "yes", 'y', OPT_FLAG, AT(yes), NULL, "do not ask whether --fresh is meant", NULL },
	{ "root", 0, OPT_CHOICE, AT(root), "WHERE",
	  "disk, or tmpfs: the root lies in the guest's memory (disk)", root_words },
	{ "disk", 0, OPT_LIST, AT(disks), "PATH[,...]",
	  "one more disk: PATH[,size=SIZE][,serial=TEXT][,ro][,raw]", NULL },
	{ "name", 0, OPT_STRING, AT(system.name), "NAME",
	  "the machine's name (the system's host name, or SYSTEM's own)", NULL },
	{ "graphics", 0, OPT_FLAG, AT(graphics), NULL, "a window, with the console in it", NULL },
	{ "serial", 0, OPT_FLAG, AT(serial), NULL, "the console here (the default)", NULL },
	{ "accel", 0, OPT_CHOICE, AT(accel), "HOW",
	  "kvm, tcg, or auto: kvm if it is seen to run a guest (auto)", accel_words },
	{ "reginfo", 0, OPT_STRING, AT(reginfo), "FILE",
	  "the closure's registration, or none (made by the host's Nix)", NULL },
	{ "store", 0, OPT_STRING, AT(system.store), "DIR",
	  "the folder that the guest sees as its store (/nix/store)", NULL },
	{ "initrd", 0, OPT_STRING, AT(initrd), "FILE", "a ready-made initrd", NULL },
	{ "stage1", 0, OPT_STRING, AT(stage1), "FILE", "storeboot-init (the installed one)", NULL },
	{ "qemu", 0, OPT_STRING, AT(qemu), "PROGRAM", "QEMU (qemu-system-x86_64)", NULL },
	{ "smbd", 0, OPT_STRING, AT(smbd), "PROGRAM", "Samba's server (smbd)", NULL },
	{ "timeout-stage1", 0, OPT_SECONDS, AT(timeout_stage1), "SECONDS",
	  "how long until stage 2, or none (300)", NULL },
	{ "timeout", 0, OPT_SECONDS, AT(timeout), "SECONDS", "how long the whole run (none)",
	  NULL },
	{ "console-log", 0, OPT_STRING, AT(console_log), "FILE", "keep the console's output there",
	  NULL },
	{ "console-log-size", 0, OPT_STRING, AT(console_log_size), "SIZE",
	  "its beginning and its end, no more than this (16M)", NULL },
	{ "json", 0, OPT_STRING, AT(json), "FILE", "write all that happens there, as JSON lines",
	  NULL },
	{ "timings", 0, OPT_FLAG, AT(timings), NULL, "say at the end how long each step took",
	  NULL },
	{ "plot", 0, OPT_STRING, AT(plot), "FILE", "the same as a drawing, SVG", NULL },
	{ "print-qemu", 0, OPT_FLAG, AT(print_qemu), NULL,
	  "print QEMU's command, for reading, and exit", NULL },
};

static const struct opt_command command = {
	.name = "run",
	.synopsis = "SYSTEM [OPTION]...",
	.about = "Boots SYSTEM, a NixOS toplevel or any folder with kernel, kernel-params, kernel-modules and\n"
		 "init, in QEMU. The guest sees the host's store, read-only, and one disk of its own. With\n"
		 "--kernel and --init SYSTEM may be left out. Ctrl-a x ends QEMU. Also taken from the\n"
		 "environment: NIX_DISK_IMAGE, QEMU_OPTS, QEMU_KERNEL_PARAMS.",
	.opts = opts,
	.n_opts = ARRAY_SIZE(opts),
	.max_args = 1,
};

struct run {
	struct values v;
	struct opt_args args;
	struct system system;
	struct plan plan;
	struct watch watch;
};

static void run_free(struct run *r)
{
	plan_free(&r->plan);
	events_close(&r->watch.events);
	console_log_close(&r->watch.log);
	system_free(&r->system);
	strv_free(&r->v.append);
	strv_free(&r->v.disks);
	opt_args_free(&r->args);
}

/* A bare number counts MiB, as QEMU's -m and NixOS's options do. */
static int get_size(const char *option, const char *s, uint64_t standard, uint64_t *ret,
		    struct err *e)
{
	char text[64];

	if (!s) {
		*ret = standard;
		return 0;
	}
	if (str_format(text, sizeof(text), "%s%s", s, s[strspn(s, "0123456789")] ? "" : "M") < 0 ||
	    opt_size(text, ret) < 0 || *ret < MIB || *ret > (uint64_t)INT64_MAX)
		return err_exit(e, EXIT_USAGE, EINVAL,
				"run: --%s %s: want a size of 1M or more, as 512M or 10G", option, s);
	return 0;
}

/* What the words of the command line and of the environment say by themselves. */
static int read_words(struct run *run, struct err *e)
{
	const char *qemu_opts = getenv("QEMU_OPTS");
	int r;

	if (run->args.args.n > 0)
		run->v.system.system = run->args.args.v[0];
	run->plan.cores = run->v.cores ? run->v.cores : 1;
	run->plan.graphics = run->v.graphics;
	run->plan.watch = &run->watch;
	run->watch.limits = (struct limits){ run->v.timeout_stage1, run->v.timeout };
	r = get_size("memory", run->v.memory, 384 * MIB, &run->plan.memory, e);

	if (r == 0)
		r = get_size("disk-size", run->v.disk_size, 0, &run->v.disk_bytes, e);
	if (r == 0)
		r = get_size("console-log-size", run->v.console_log_size, 16 * MIB,
			     &run->watch.log.max, e);
	if (r < 0)
		return r;
	if (run->v.graphics && run->v.serial)
		return err_exit(e, EXIT_USAGE, EINVAL, "run: want --graphics or --serial, not both");
	if (run->v.ephemeral && run->v.fresh)
		return err_exit(e, EXIT_USAGE, EINVAL, "run: want --ephemeral or --fresh, not both");
	if (run->v.root == ROOT_TMPFS && (run->v.fresh || run->v.image || run->v.disk_size))
		return err_exit(e, EXIT_USAGE, EINVAL,
				"run: with --root tmpfs there is no --image, --disk-size or --fresh");
	if (run->v.disk_bytes % 512)
		return err_exit(e, EXIT_USAGE, EINVAL,
				"run: --disk-size %s: want a multiple of 512 bytes", run->v.disk_size);
	r = qemu_opts ? words_split(qemu_opts, &run->plan.qemu_opts) : 0;
	if (r < 0)
		return err_exit(e, EXIT_USAGE, -r, "QEMU_OPTS: a quote is not closed in: %s",
				qemu_opts);
	return 0;
}

static int find_programs(struct run *run, struct err *e)
{
	ssize_t n = readlink("/proc/self/exe", run->plan.self, sizeof(run->plan.self) - 1);
	int r = proc_find(run->v.qemu, "qemu-system-x86_64", "qemu-system-x86", run->plan.qemu, e);

	if (r == 0)
		r = proc_find(NULL, "qemu-img", "qemu-utils", run->plan.qemu_img, e);
	if (r == 0)
		r = proc_find(run->v.smbd, "smbd", "samba", run->plan.smbd, e);
	if (r == 0)
		r = proc_find(NULL, "bwrap", "bubblewrap", run->plan.bwrap, e);
	if (r == 0 && n <= 0)
		r = err_sys(e, errno, "/proc/self/exe");
	return r;
}

/* 2010's name for it wins over the default, the option over both. */
static int check_disks(struct run *run, struct err *e)
{
	const char *path = run->v.image ? run->v.image : getenv("NIX_DISK_IMAGE");
	char standard[256];
	struct disk_options o = {
		.qemu_img = run->plan.qemu_img,
		.root_size = run->v.disk_bytes,
		.fresh = run->v.fresh,
		.ephemeral = run->v.ephemeral,
		.more = (const char *const *)run->v.disks.v,
	};

	if (run->v.image && !run->v.image[0])
		return err_exit(e, EXIT_USAGE, EINVAL, "run: --image needs a name");
	snprintf(standard, sizeof(standard), "./%s.qcow2", run->system.name);
	if (run->v.root == ROOT_DISK)
		o.root = path && path[0] ? path : standard;
	return disks_open(&o, &run->plan.disks, e);
}

/* The one option that takes something out of sight: only with a yes. */
static int confirm_fresh(const struct run *run, struct err *e)
{
	const struct image *root = &run->plan.disks.v[0].image;
	char question[PATH_MAX + 64];
	int r;

	if (!run->v.fresh || run->v.yes || run->v.print_qemu || root->fd < 0)
		return 0;
	snprintf(question, sizeof(question), "move %s aside and begin with an empty disk?", root->path);
	r = ask_yes(question);
	if (r == -ENOTTY)
		return err_exit(e, EXIT_USAGE, EINVAL,
				"run: --fresh moves %s aside; say --yes where nobody can be asked",
				root->path);
	return r > 0 ? 0 :
		       err_exit(e, EXIT_USAGE, ECANCELED, "%s is as it was; nothing was run", root->path);
}

static int find_initrd(struct run *run, struct err *e)
{
	const struct initrd_options o = {
		.kernel = run->system.kernel,
		.modules = run->system.modules[0] ? run->system.modules : NULL,
		.init_program = run->v.stage1,
	};
	int r;

	if (run->v.initrd) {
		r = initrd_check_file(run->v.initrd, e);
		return r < 0 ? r : buf_add(&run->plan.initrd, run->v.initrd, strlen(run->v.initrd));
	}
	run->plan.initrd_fd = initrd_open(&o, &run->plan.initrd, e);
	return run->plan.initrd_fd < 0 ? run->plan.initrd_fd : 0;
}

/* The store path that SYSTEM is, or is in; "" where there is none. */
static void store_path_of(const struct system *s, char *dst)
{
	const char *name = str_after(s->config, GUEST_STORE "/");

	if (str_format(dst, PATH_MAX, GUEST_STORE "/%.*s", name ? (int)strcspn(name, "/") : 0,
		       name ? name : "") < 0 || !name)
		dst[0] = '\0';
}

/* A system without a registration boots as well; only Nix in the guest then knows no store path. */
static int find_registration(struct run *run, struct err *e)
{
	char path[PATH_MAX];
	struct err why = { 0 };
	int r;

	if (run->v.reginfo && str_eq(run->v.reginfo, "none"))
		return 0;
	if (run->v.reginfo) {
		r = file_read(AT_FDCWD, run->v.reginfo, INITRD_MAX, &run->plan.registration);
		return r < 0 ? err_exit(e, EXIT_BAD_INPUT, r, "--reginfo %s: %s", run->v.reginfo,
					strerror(-r)) :
			       0;
	}
	store_path_of(&run->system, path);
	if (!path[0])
		return 0;
	if (!str_eq(run->system.store, GUEST_STORE)) {
		log_warning("no registration for the guest's Nix: %s is not this host's own store",
			    run->system.store);
		return 0;
	}
	if (registration_get(path, &run->plan.registration, &why) < 0) {
		log_warning("no registration for the guest's Nix: %s", why.text);
		run->plan.registration.len = 0;
	}
	return 0;
}

static int build_append(struct run *run, struct err *e)
{
	static const char *const serial[] = { QEMU_CONSOLE_DEVICE, NULL };
	static const char *const window[] = { QEMU_CONSOLE_DEVICE, "tty0", NULL };
	_cleanup_buf_ struct buf own = { 0 };
	const char *env = getenv("QEMU_KERNEL_PARAMS");
	const struct cmdline base = {
		.params = run->system.params.data,
		.init = run->system.init,
		.system_config = run->system.config[0] ? run->system.config : NULL,
		.reg_info = run->plan.registration.len > 0 ? REGISTRATION_IN_GUEST : NULL,
		.root = run->v.root == ROOT_TMPFS ? "tmpfs" : QEMU_DISK_DEVICE,
		.report = QEMU_REPORT_DEVICE,
		.consoles = run->v.graphics ? window : serial,
	};
	struct cmdline line = base;
	const struct image *root = &run->plan.disks.v[0].image;
	char size[32];
	int r;

	if (run->plan.disks.has_root) {
		snprintf(size, sizeof(size), "%llu", (unsigned long long)root->new_size);
		line.disk_serial = DISK_ROOT_SERIAL;
		line.disk_size = size;
		line.disk_zero = root->zero ? "1" : NULL;
	}
	r = env ? buf_addf(&own, "%s ", env) : 0;

	for (size_t i = 0; r == 0 && i < run->v.append.n; i++)
		r = buf_addf(&own, "%s ", run->v.append.v[i]);
	if (r < 0)
		return err_sys(e, r, "kernel command line");
	line.append = own.data;
	return cmdline_build(&line, CMDLINE_MAX_X86, &run->plan.append, e);
}

static int check_machine(struct run *run, struct err *e)
{
	if (run->system.machine == EM_X86_64)
		return 0;
	return err_exit(e, EXIT_BAD_INPUT, ENOEXEC,
			"%s is a kernel for another machine than x86_64 (ELF's number %u)",
			run->system.kernel, run->system.machine);
}

/* Everything that can be found wrong without making anything. */
static int prepare(struct run *run, struct err *e)
{
	char why[600];
	int r = read_words(run, e);

	if (r == 0)
		r = system_find(&run->v.system, &run->system, e);
	if (r == 0)
		r = check_machine(run, e);
	if (r == 0)
		r = find_registration(run, e);
	if (r == 0)
		r = find_programs(run, e);
	if (r == 0)
		r = check_disks(run, e);
	if (r == 0)
		r = build_append(run, e);
	if (r == 0)
		r = find_initrd(run, e);
	if (r == 0)
		r = confirm_fresh(run, e);
	if (r < 0)
		return r;
	run->plan.name = run->system.name;
	run->plan.kernel = run->system.kernel;
	run->plan.store = run->system.store;
	run->plan.accel = accel_choose((enum accel)run->v.accel, run->plan.qemu, why, sizeof(why));
	log_info("accelerator %s: %s", accel_name(run->plan.accel), why);
	return 0;
}

static int run_system(struct run *run, struct verdict *v, struct err *e)
{
	int r = prepare(run, e);

	if (r == 0 && run->v.console_log && !run->v.print_qemu)
		r = console_log_open(&run->watch.log, run->v.console_log, run->watch.log.max, e);
	if (r < 0)
		return r;
	events_add(&run->watch.events, "prepared", EVENT_T("name", run->plan.name),
		   EVENT_T("kernel", run->plan.kernel),
		   EVENT_T("accel", accel_name(run->plan.accel)));
	return run->v.print_qemu ? launch_print(&run->plan, e) : launch(&run->plan, v, e);
}

int cmd_run(int argc, char **argv)
{
	_cleanup_(run_free) struct run run = { .v.timeout_stage1 = STAGE1_LIMIT,
					    .plan = PLAN_INIT,
					    .watch = WATCH_INIT };
	struct verdict v = { 0 };
	struct err e = { 0 };
	sigset_t signals;
	int r = opt_parse(&command, argc, argv, &run.v, &run.args, &e);

	if (r == 0 && run.args.help) {
		opt_help(&command, stdout);
		return EXIT_OK;
	}
	signal(SIGPIPE, SIG_IGN);
	vm_signals(&signals);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	if (r == 0 && run.v.json)
		r = events_open(&run.watch.events, run.v.json, &e);
	if (r == 0)
		r = run_system(&run, &v, &e);
	if (r < 0 && vm_signal_waiting()) /* it ended what was being asked, too */
		verdict_of_signal(vm_signal_waiting(), &v);
	else if (r < 0)
		verdict_of_error(&e, &v);
	tell_verdict(&v);
	events_add(&run.watch.events, "verdict", EVENT_N("exit", v.exit_status),
		   EVENT_F("failed", v.failed), EVENT_T("text", v.line));
	if (run.watch.timeline.qemu_us && run.v.timings)
		tell_times(&run.watch.timeline);
	if (run.watch.timeline.qemu_us && run.v.plot)
		r = tell_plot(&run.watch.timeline, run.plan.name, run.v.plot);
	return v.exit_status || r >= 0 ? v.exit_status : EXIT_BAD_INPUT;
}
