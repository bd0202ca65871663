/* SPDX-License-Identifier: MIT */
/*
 * run.c - `storeboot run`: boot a system from the host's store
 *
 * Theory of operation: find and check everything first (prepare), which changes nothing but caches;
 * then launch what was found.
 */
#include "host/run/run.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "host/lib/arch.h"
#include "host/lib/ask.h"
#include "host/closure/registration.h"
#include "host/disk/disk.h"
#include "host/lib/exit.h"
#include "host/initrd/module_elf.h"
#include "host/initrd/initrd.h"
#include "host/initrd/initrd_check.h"
#include "host/lib/input.h"
#include "host/lib/progress.h"
#include "host/qemu/accel.h"
#include "host/run/cmdline.h"
#include "host/run/devices.h"
#include "host/run/launch.h"
#include "host/run/needs.h"
#include "host/run/options.h"
#include "host/run/outputs.h"
#include "host/run/closures.h"
#include "host/run/request.h"
#include "host/run/system.h"
#include "host/lib/signals.h"
#include "host/vm/tell.h"
#include "init/lib/file.h"
#include "init/lib/log.h"

#define RESCUE_SHELL_MAX ((size_t)64 << 20)

struct run {
	struct run_values v;
	bool only_look; /* nothing is to be made, as nothing will run */
	struct opt_args args;
	struct system system;
	struct plan plan;
	const char *needs[NEEDS_MAX + 1]; /* what this run must find in the initramfs */
	const char *modules[3]; /* what the devices need in the initramfs; NULL-terminated */
	struct watch watch;
};

static void run_free(struct run *r)
{
	plan_free(&r->plan);
	events_close(&r->watch.events);
	console_log_close(&r->watch.log);
	cleanup_close(&r->watch.control);
	guest_command_free(&r->watch.command);
	system_free(&r->system);
	run_values_free(&r->v);
	opt_args_free(&r->args);
}

static int find_programs(struct run *run, struct err *e)
{
	ssize_t n = readlink("/proc/self/exe", run->plan.self, sizeof(run->plan.self) - 1);
	const struct arch *a = run->plan.arch;
	int r = proc_find(run->v.qemu, a->qemu, a->package, run->plan.qemu, e);

	if (r == 0)
		r = proc_find(NULL, "qemu-img", "qemu-utils", run->plan.qemu_img, e);
	if (r == 0 && n <= 0)
		r = err_sys(e, errno, "/proc/self/exe");
	run->plan.network.self = run->plan.self;
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
		.interface = (enum disk_interface)run->v.disk_interface,
		.more = (const char *const *)run->v.disks.v,
	};

	int r;

	progress_set("checking the disk image");
	if (run->v.image && !run->v.image[0])
		return err_exit(e, EXIT_USAGE, EINVAL, "run: --image needs a name");
	snprintf(standard, sizeof(standard), "./%s.qcow2", run->system.name);
	if (run->v.root == ROOT_DISK)
		o.root = path && path[0] ? path : standard;
	r = disks_open(&o, &run->plan.disks, e);
	needs_list(&run->v, &run->plan.disks, run->needs);
	return r == 0 && run->plan.efi.wanted && !run->v.ephemeral ?
		       disks_apart(&run->plan.disks, run->plan.efi.vars, "the machine's EFI variables", e) :
		       r;
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

/* Without a folder of modules the kernel has what it needs, or nobody can tell. */
static bool is_modular(const struct run *run)
{
	return run->system.modules[0];
}

static struct initrd_options initrd_of(const struct run *run)
{

	return (struct initrd_options){
		.kernel = run->system.kernel,
		.modules = is_modular(run) ? run->system.modules : NULL,
		.init_program = run->v.stage1,
		.more_needs = run->needs,
		.extra_modules = run->modules,
	};
}

/* The closure that an image is made of, also where the guest's Nix is told nothing. */
static int find_closure(const struct run *run, struct buf *ret, struct err *e)
{
	struct run_values v = run->v;

	v.reginfo = NULL;
	return register_closures(&v, &run->system, ret, e);
}

static int find_share(struct run *run, struct err *e)
{
	const struct initrd_options o = initrd_of(run);
	const bool none = run->v.reginfo && str_eq(run->v.reginfo, "none");
	_cleanup_buf_ struct buf closure = { 0 };
	struct share_request q = {
		.share = run->v.share,
		.cache = run->v.cache,
		.expose = (enum expose)run->v.expose,
		.store = run->system.store,
		.folders = &run->plan.folders,
		.qemu = run->plan.qemu,
		.smbd = run->v.smbd,
		.virtiofsd = run->v.virtiofsd,
		.memory = run->plan.memory,
		.kernel = run->v.initrd ? NULL : &o,
		.image = { .store = run->system.store, .system = run->system.config,
			   .closure = none ? &closure : &run->plan.registration,
			   .only_look = run->only_look },
	};
	int r = run_size("image-cache-size", run->v.image_cache_size, (uint64_t)10 << 30,
			 &q.image.cache_size, e);

	run->plan.folders.to_make = run->plan.exchange;
	if (r == 0)
		r = shared_folders_open((const char *const *)run->v.folders.v, q.store, &run->plan.folders, e);
	if (r == 0 && none &&
	    (q.cache || q.share == SHARE_IMAGE || q.share == SHARE_AUTO || q.expose == EXPOSE_CLOSURE))
		r = find_closure(run, &closure, e);
	if (r < 0)
		return r;
	if (q.expose == EXPOSE_ROOT)
		log_warning("the guest may read all files of this host that you may read, below /hostfs");
	progress_set("looking at the file server");
	return share_find(&q, &run->plan.share, e);
}

/* Behind find_share, which has looked whether kernel and modules are any. */
static int check_driver(struct run *run, struct err *e)
{
	struct initrd_options o = initrd_of(run);
	struct err why = { 0 };
	int r;

	o.needs = needs_of_disks(&run->v, &run->plan.disks);
	r = run->v.initrd || !o.needs ? -ENODATA : initrd_check_needs(&o, &why);
	return r == 0 || r == -ENODATA ? 0 : err_exit(e, why.exit_status, -r, "run: --disk-interface %s: %s",
						      disk_interface_words[run->v.disk_interface], why.text);
}

static int find_initrd(struct run *run, struct err *e)
{
	const struct initrd_options o = initrd_of(run);
	int r;

	progress_set("making the initramfs");
	if (run->v.initrd) {
		r = initrd_check_file(run->v.initrd, run->system.kernel, e);
		return r < 0 ? r : buf_add(&run->plan.initrd, run->v.initrd, strlen(run->v.initrd));
	}
	run->plan.initrd_fd = initrd_open(&o, &run->plan.initrd, e);
	return run->plan.initrd_fd < 0 ? run->plan.initrd_fd : 0;
}

/* The console's terminal is ours, where it is; without a size the guest takes it for 80 columns. */
static const char *console_size(const struct run *run, char *dst, size_t size)
{
	unsigned short rows, columns;

	if (run->watch.command.asked || run->v.graphics || !isatty(STDIN_FILENO) ||
	    terminal_size(&rows, &columns) < 0)
		return NULL;
	snprintf(dst, size, "%ux%u", rows, columns);
	return dst;
}

/* The parameters that need a launcher beside QEMU, or what is made for each run. */
static void drop_launcher(union param_values *p)
{
	p->reg_info = p->report = p->channel = p->no_stage2 = p->rescue = NULL;
	p->disk_zero = p->verify = NULL;
}

static int build_append(struct run *run, struct err *e)
{
	const struct image *root = &run->plan.disks.v[0].image;
	const struct arch *a = run->plan.arch;
	const char *const consoles[] = { a->console, run->v.graphics ? "tty0" : NULL, NULL };
	const char *env = getenv("QEMU_KERNEL_PARAMS");
	const char *disk = disk_interface_first[run->v.disk_interface];
	_cleanup_buf_ struct buf own = { 0 };
	char terminal[32], size[32];
	struct cmdline line = {
		.params = run->system.params.data,
		.param = { {
			.init = run->system.init[0] ? run->system.init : NULL,
			.system_config = run->system.config[0] ? run->system.config : NULL,
			.reg_info = run->plan.registration.len > 0 ? REGISTRATION_IN_GUEST : NULL,
			.verify = run->v.verify ? "1" : NULL,
			.root = run->v.root == ROOT_TMPFS ? "tmpfs" : disk,
			.share = share_name(&run->plan.share),
			.share_cache = share_cache_serial(&run->plan.share),
			.writable = run->v.writable ? writable_words[run->v.writable] : NULL,
			.report = a->report,
			.channel = FRAME_PORT,
			.no_stage2 = run->v.no_stage2 ? "1" : NULL,
			.rescue = run->v.rescue ? "1" : NULL,
			.console_size = console_size(run, terminal, sizeof(terminal)),
		} },
		.consoles = consoles,
		.no_driver = run->plan.adapter ? a->adapter_driver : NULL,
	};
	int r;

	if (run->plan.disks.has_root) {
		snprintf(size, sizeof(size), "%llu", (unsigned long long)root->new_size);
		line.param.disk_serial = DISK_ROOT_SERIAL;
		line.param.disk_size = size;
		line.param.disk_zero = root->zero ? "1" : NULL;
	}
	if (run->v.print_qemu)
		drop_launcher(&line.param);
	r = env ? buf_addf(&own, "%s ", env) : 0;
	for (size_t i = 0; r == 0 && i < run->v.append.n; i++)
		r = buf_addf(&own, "%s ", run->v.append.v[i]);
	if (r < 0)
		return err_sys(e, r, "kernel command line");
	line.append = own.data;
	return cmdline_build(&line, a->cmdline_max, &run->plan.append, e);
}

/* Which machine the kernel is for decides which one QEMU makes. */
static int find_arch(struct run *run, struct err *e)
{
	const struct arch *a = arch_find(run->system.machine);
	char names[64];

	if (!a)
		return err_exit(e, EXIT_BAD_INPUT, ENOEXEC,
				"%s is a kernel for none of %s (ELF's number %u)", run->system.kernel,
				arch_names(names, sizeof(names)), run->system.machine);
	if (run->v.accel == ACCEL_KVM && !arch_by_kvm(a))
		return err_exit(e, EXIT_USAGE, EINVAL,
				"run: --accel kvm: this host is %s, the kernel is for %s",
				arch_host(), a->name);
	run->plan.arch = a;
	return 0;
}

static int choose_accel(struct run *run, struct err *e)
{
	const struct accel_request q = { .wanted = (enum accel)run->v.accel, .arch = run->plan.arch,
					 .qemu = run->plan.qemu, .only_look = run->only_look };
	char why[ACCEL_WHY_SIZE];
	int r;

	progress_set("trying whether KVM runs a guest");
	r = accel_find(&q, &run->plan.accel, why, e);
	if (r == 0)
		log_info("accelerator %s: %s", accel_name(run->plan.accel), why);
	return r;
}

static int read_rescue_shell(struct run *run, struct err *e)
{
	struct buf *shell = &run->plan.rescue_shell;
	uint16_t machine;
	bool is_static;
	int r;

	if (!run->v.rescue_shell)
		return 0;
	r = input_read(run->v.rescue_shell, RESCUE_SHELL_MAX, shell);
	if (r < 0)
		return err_exit(e, EXIT_BAD_INPUT, r, "--rescue-shell %s: %s", run->v.rescue_shell,
				input_why(run->v.rescue_shell, -r));
	if (elf_program(shell->data, shell->len, &machine, &is_static) != ELF_OK || !is_static)
		return err_exit(e, EXIT_BAD_INPUT, ENOEXEC,
				"--rescue-shell %s: not a static program, and the guest may have no libraries "
				"for another; busybox-static has one",
				run->v.rescue_shell);
	return 0;
}

static int read_request(struct run *run, struct err *e)
{
	int r = run->v.plot ? tell_plot_check(run->v.plot, e) : 0;

	return r < 0 ? r : request_read(&run->v, &run->args, &run->plan, &run->watch, e);
}

static int find_system(struct run *run, struct err *e)
{
	return system_find(&run->v.system, &run->system, e);
}

static int find_registration(struct run *run, struct err *e)
{
	return register_closures(&run->v, &run->system, &run->plan.registration, e);
}

static int find_devices(struct run *run, struct err *e)
{
	size_t n = 0;

	if (is_modular(run) && run->v.credentials.n > 0)
		run->modules[n++] = CREDENTIAL_MODULE;
	if (is_modular(run) && run->v.graphics && run->plan.arch->screen_module)
		run->modules[n++] = run->plan.arch->screen_module;
	return devices_find(&run->v, run->system.name, &run->plan, e);
}

static int find_ports(struct run *run, struct err *e)
{
	return run->only_look ? 0 : network_check(&run->plan.network, e);
}

/* Everything that can be found wrong without making anything, in the order in which one thing needs another. */
static const struct {
	const char *name;
	int (*look)(struct run *run, struct err *e);
} steps[] = {
	{ "options", read_request },	      { "system", find_system },
	{ "architecture", find_arch },	      { "registration", find_registration },
	{ "programs", find_programs },	      { "devices", find_devices },
	{ "ports", find_ports },	      { "disks", check_disks },
	{ "share", find_share },		      { "disk driver", check_driver },
	{ "command line", build_append },     { "initramfs", find_initrd },
	{ "rescue shell", read_rescue_shell },
};

static int look_at_all(struct run *run, run_told told, void *arg, struct err *e)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(steps); i++) {
		r = steps[i].look(run, e);
		if (told)
			told(steps[i].name, r, e, arg);
	}
	return r;
}

static int prepare(struct run *run, struct err *e)
{
	int r = look_at_all(run, NULL, NULL, e);

	if (r == 0)
		r = confirm_fresh(run, e);
	if (r < 0)
		return r;
	run->plan.name = run->system.name;
	run->plan.own_name = run->system.own_name;
	run->plan.name_is_exact = run->v.system.name != NULL;
	run->plan.system = run->system.config;
	run->plan.init = run->system.init;
	run->plan.kernel = run->system.kernel;
	run->plan.max_cpu = run->system.page_16k;
	run->plan.kernel_packed = run->system.packed;
	run->watch.kernel_needs = run->system.kernel_needs;
	run->watch.rescue = run->v.rescue;
	run->watch.kept = (run->plan.disks.has_root && !run->v.ephemeral) ||
			  run->plan.disks.n > (run->plan.disks.has_root ? 1 : 0);
	return choose_accel(run, e);
}

void run_look(int argc, char **argv, run_told told, void *arg)
{
	_cleanup_(run_free) struct run run = { .v = RUN_VALUES_INIT, .plan = PLAN_INIT, .watch = WATCH_INIT };
	struct err e = { 0 };
	int r = opt_parse(&run_command, argc, argv, &run.v, &run.args, &e);

	run.only_look = true;
	if (r == 0)
		r = look_at_all(&run, told, arg, &e);
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

/* A drawing that cannot be had is a failure of a run that had none. */
static void draw(const struct run *run, struct verdict *v)
{
	struct err e = { 0 };

	if (tell_plot(&run->watch.timeline, run->plan.name, run->v.plot, &e) == 0)
		return;
	if (v->exit_status != EXIT_OK) {
		log_error("%s", e.text);
		return;
	}
	verdict_of_error(&e, v);
	if (run->args.rest)
		verdict_for_command(v);
}

int cmd_run(int argc, char **argv)
{
	_cleanup_(run_free) struct run run = { .v = RUN_VALUES_INIT,
					    .plan = PLAN_INIT,
					    .watch = WATCH_INIT };
	struct verdict v = { 0 };
	struct err e = { 0 };
	sigset_t signals;
	int r = opt_parse(&run_command, argc, argv, &run.v, &run.args, &e);

	if (r == 0 && run.args.help) {
		opt_help(&run_command, stdout);
		return EXIT_OK;
	}
	run.only_look = run.v.print_qemu;
	signal(SIGPIPE, SIG_IGN);
	signals_of_run(&signals);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	if (r == 0)
		r = outputs_check(&run.v, &e);
	if (r == 0 && run.v.json && !run.v.print_qemu)
		r = events_open(&run.watch.events, run.v.json, &e);
	if (r == 0)
		r = run_system(&run, &v, &e);
	if (r < 0 && signals_waiting()) /* it ended what was being asked, too */
		verdict_of_signal(signals_waiting(), &v);
	else if (r < 0)
		verdict_of_error(&e, &v);
	if (run.args.rest && r < 0)
		verdict_for_command(&v);
	if (run.watch.timeline.qemu_us && run.v.plot)
		draw(&run, &v);
	progress_end();
	tell_verdict(&v);
	events_add(&run.watch.events, "verdict", EVENT_N("exit", v.exit_status),
		   EVENT_F("failed", v.failed), EVENT_N("code", v.code ? v.code : v.exit_status),
		   EVENT_T("text", v.line));
	if (run.watch.timeline.qemu_us && run.v.timings)
		tell_times(&run.watch.timeline);
	return v.exit_status;
}
