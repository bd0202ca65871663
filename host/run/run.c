/* SPDX-License-Identifier: MIT */
/*
 * run.c - `storeboot run`: boot a system from the host's store
 *
 * Theory of operation: prepare finds and checks everything, and changes nothing except caches; then
 * launch runs it.
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
#include "host/run/paths.h"
#include "host/run/closures.h"
#include "host/run/request.h"
#include "host/run/roots.h"
#include "host/run/system.h"
#include "host/lib/signals.h"
#include "host/vm/tell.h"
#include "init/lib/file.h"
#include "init/lib/log.h"

/* An initramfs is not compressed if it is at most this part of the guest's memory. Until the kernel
 * has unpacked it, it is in memory twice. */
#define PLAIN_SHARE 16
#define RESCUE_SHELL_MAX ((size_t)64 << 20)

static int find_programs(struct plan *p, struct err *e)
{
	ssize_t n = readlink("/proc/self/exe", p->self, sizeof(p->self) - 1);
	const struct arch *a = p->qemu.arch;
	int r = proc_find(p->v.qemu, a->qemu, a->package, p->qemu.program, e)	  ?:
			proc_find(NULL, "qemu-img", "qemu-utils", p->qemu_img, e) ?:
			n <= 0 ? err_sys(e, errno, "/proc/self/exe") :
				 0;

	p->qemu.network.self = p->self;
	return r;
}

/* NIX_DISK_IMAGE, of NixOS's script, overrides the default; --image overrides both. */
static int check_disks(struct plan *p, struct err *e)
{
	const char *path = p->v.image ? p->v.image : getenv("NIX_DISK_IMAGE");
	char standard[256];
	struct disk_options o = {
		.qemu_img = p->qemu_img,
		.root_size = p->v.disk_size,
		.fresh = p->v.fresh,
		.ephemeral = p->v.ephemeral,
		.interface = (enum disk_interface)p->v.disk_interface,
		.more = (const char *const *)p->v.disks.v,
	};
	int r;

	progress_set("checking the disk image");
	if (p->v.image && !p->v.image[0])
		return err_exit(e, EXIT_USAGE, EINVAL, "run: --image needs a name");
	snprintf(standard, sizeof(standard), "./%s.qcow2", p->system.name);
	if (p->v.root == ROOT_DISK)
		o.root = path && path[0] ? path : standard;
	r = disks_open(&o, &p->disks, e);
	needs_list(p);
	return r == 0 && p->qemu.efi.wanted && !p->v.ephemeral ?
		       disks_apart(&p->disks, p->qemu.efi.vars, "the machine's EFI variables", e) :
		       r;
}

/* --fresh moves a file aside, so it needs a yes. */
static int confirm_fresh(const struct plan *p, struct err *e)
{
	const struct image *root = &p->disks.v[0].image;
	char question[PATH_MAX + 64];
	int r;

	if (!p->v.fresh || p->v.yes || p->v.print_qemu || root->fd < 0)
		return 0;
	snprintf(question, sizeof(question), "move %s aside and begin with an empty disk?",
		 root->path);
	r = ask_yes(question);
	if (r == -ENOTTY)
		return err_exit(e, EXIT_USAGE, EINVAL,
				"run: --fresh moves %s aside; say --yes where nobody can be asked",
				root->path);
	return r > 0 ? 0 :
		       err_exit(e, EXIT_USAGE, ECANCELED, "%s is as it was; nothing was run",
				root->path);
}

/* Without a folder of modules the kernel is taken to have its drivers built in. */
static bool is_modular(const struct plan *p)
{
	return p->system.modules[0];
}

static struct initrd_options initrd_of(const struct plan *p)
{
	return (struct initrd_options){
		.kernel = p->system.kernel,
		.modules = is_modular(p) ? p->system.modules : NULL,
		.init_program = p->v.stage1,
		.more_needs = p->needs,
		.extra_modules = p->modules,
	};
}

/* The closure for an image, also if the guest's Nix gets no registration. */
static int find_closure(const struct plan *p, struct buf *ret, struct err *e)
{
	struct run_values v = p->v;

	v.reginfo = NULL;
	return registration_of_run(&v, &p->system, ret, e);
}

static int find_share(struct plan *p, struct err *e)
{
	const struct initrd_options o = initrd_of(p);
	const bool none = p->v.reginfo && str_eq(p->v.reginfo, "none");
	_cleanup_buf_ struct buf closure = { 0 };
	struct share_request q = {
		.share = p->v.share,
		.cache = p->v.cache,
		.expose = (enum expose)p->v.expose,
		.store = p->system.store,
		.folders = &p->folders,
		.qemu = p->qemu.program,
		.smbd = p->v.smbd,
		.virtiofsd = p->v.virtiofsd,
		.memory = p->qemu.memory,
		.kernel = p->v.initrd ? NULL : &o,
		.image = { .system = p->system.config,
			   .closure = none ? &closure : &p->registration,
			   .cache_size = p->v.image_cache_size,
			   .only_look = p->only_look },
	};
	int r = 0;

	p->store_fd = q.store_fd = open(q.store, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (p->store_fd < 0)
		return err_exit(e, EXIT_BAD_INPUT, errno, "the store %s: %s", q.store,
				strerror(errno));
	if (none && (q.cache || q.share == SHARE_IMAGE || q.share == SHARE_AUTO ||
		     q.expose == EXPOSE_CLOSURE))
		r = find_closure(p, &closure, e);
	if (r < 0)
		return r;
	if (q.expose == EXPOSE_ROOT)
		log_warning(
			"the guest may read all files of this host that you may read, below /hostfs");
	progress_set("looking at the file server");
	return share_find(&q, &p->share, e);
}

/* Called after find_share, which has checked the kernel and modules. */
static int check_driver(struct plan *p, struct err *e)
{
	struct initrd_options o = initrd_of(p);
	struct err why = { 0 };
	int r;

	o.needs = needs_of_disks(p);
	r = p->v.initrd || !o.needs ? -ENODATA : initrd_check_needs(&o, &why);
	return r == 0 || r == -ENODATA ?
		       0 :
		       err_exit(e, why.exit_status, -r, "run: --disk-interface %s: %s",
				disk_interface_words[p->v.disk_interface], why.text);
}

static int find_initrd(struct plan *p, struct err *e)
{
	struct initrd_options o = initrd_of(p);
	int r;

	progress_set("making the initramfs");
	o.plain_max = p->only_look ? 0 : p->qemu.memory / PLAIN_SHARE;
	if (p->v.initrd) {
		r = initrd_check_file(p->v.initrd, p->system.kernel, e);
		return r < 0 ? r : buf_add(&p->initrd, p->v.initrd, strlen(p->v.initrd));
	}
	p->initrd_fd = initrd_open(&o, &p->initrd, e);
	return p->initrd_fd < 0 ? p->initrd_fd : 0;
}

/* The size of the console's terminal, if that is ours; without it the guest assumes 80 columns. */
static const char *console_size(const struct plan *p, char *dst, size_t size)
{
	unsigned short rows, columns;

	if (p->watch.command.asked || p->qemu.graphics || !isatty(STDIN_FILENO) ||
	    terminal_size(&rows, &columns) < 0)
		return NULL;
	snprintf(dst, size, "%ux%u", rows, columns);
	return dst;
}

/* Drops the parameters that need a launcher beside QEMU, or files made for each run. */
static void drop_launcher(union param_values *p)
{
	p->reg_info = p->report = p->channel = p->no_stage2 = p->rescue = NULL;
	p->disk_zero = p->verify = NULL;
}

static int build_append(struct plan *p, struct err *e)
{
	const struct image *root = &p->disks.v[0].image;
	const struct arch *a = p->qemu.arch;
	const char *const consoles[] = { a->console, p->qemu.graphics ? "tty0" : NULL, NULL };
	const char *env = getenv("QEMU_KERNEL_PARAMS"),
		   *disk = disk_interface_first[p->v.disk_interface];
	_cleanup_buf_ struct buf own = { 0 };
	char terminal[32], size[32];
	struct cmdline line = {
		.no_self_tests = !p->v.no_tuning,
		.one_bus = !p->v.no_tuning && qemu_one_bus(&p->qemu) ? a->one_bus : NULL,
		.params = p->system.params.data,
		.param = { {
			.init = p->system.init[0] ? p->system.init : NULL,
			.system_config = p->system.config[0] ? p->system.config : NULL,
			.reg_info = p->registration.len > 0 ? REGISTRATION_IN_GUEST : NULL,
			.verify = p->v.verify ? "1" : NULL,
			.root = p->v.root == ROOT_TMPFS ? "tmpfs" : disk,
			.share = share_name(&p->share),
			.share_cache = share_cache_serial(&p->share),
			.writable = p->v.writable ? writable_words[p->v.writable] : NULL,
			.etc = p->system.etc_mode,
			.nixos_init = p->system.nixos_init ? "1" : NULL,
			.report = a->report,
			.channel = FRAME_PORT,
			.no_stage2 = p->v.no_stage2 ? "1" : NULL,
			.rescue = p->v.rescue ? "1" : NULL,
			.console_size = console_size(p, terminal, sizeof(terminal)),
		} },
		.consoles = consoles,
		.no_driver = p->qemu.adapter ? a->adapter_driver : NULL,
	};
	int r = env ? buf_addf(&own, "%s ", env) : 0;

	if (p->disks.has_root) {
		snprintf(size, sizeof(size), "%llu", (unsigned long long)root->new_size);
		line.param.disk_serial = DISK_ROOT_SERIAL;
		line.param.disk_size = size;
		line.param.disk_zero = root->zero ? "1" : NULL;
	}
	if (p->v.print_qemu)
		drop_launcher(&line.param);
	for (size_t i = 0; r == 0 && i < p->v.append.n; i++)
		r = buf_addf(&own, "%s ", p->v.append.v[i]);
	if (r < 0)
		return err_sys(e, r, "kernel command line");
	line.append = own.data;
	return cmdline_build(&line, a->cmdline_max, &p->qemu.append, e);
}

/* The kernel's machine decides which machine QEMU emulates. */
static int find_arch(struct plan *p, struct err *e)
{
	const struct arch *a = arch_find(p->system.machine);
	char names[64];

	if (!a)
		return err_exit(e, EXIT_BAD_INPUT, ENOEXEC,
				"%s is a kernel for none of %s (ELF's number %u)", p->system.kernel,
				arch_names(names, sizeof(names)), p->system.machine);
	if (p->v.accel == ACCEL_KVM && !arch_by_kvm(a))
		return err_exit(e, EXIT_USAGE, EINVAL,
				"run: --accel kvm: this host is %s, the kernel is for %s",
				arch_host(), a->name);
	p->qemu.arch = a;
	return 0;
}

static int choose_accel(struct plan *p, struct err *e)
{
	const struct accel_request q = { .wanted = (enum accel)p->v.accel,
					 .arch = p->qemu.arch,
					 .qemu = p->qemu.program,
					 .only_look = p->only_look };
	char why[ACCEL_WHY_SIZE];
	int r;

	progress_set("trying whether KVM runs a guest");
	r = accel_find(&q, &p->qemu.accel, why, e);
	if (r == 0)
		log_info("accelerator %s: %s", accel_name(p->qemu.accel), why);
	return r;
}

static int read_rescue_shell(struct plan *p, struct err *e)
{
	struct buf *shell = &p->rescue_shell;
	uint16_t machine;
	bool is_static;
	int r;

	if (!p->v.rescue_shell)
		return 0;
	r = input_read(p->v.rescue_shell, RESCUE_SHELL_MAX, shell);
	if (r < 0)
		return err_exit(e, EXIT_BAD_INPUT, r, "--rescue-shell %s: %s", p->v.rescue_shell,
				input_why(p->v.rescue_shell, -r));
	if (elf_program(shell->data, shell->len, &machine, &is_static) != ELF_OK || !is_static)
		return err_exit(
			e, EXIT_BAD_INPUT, ENOEXEC,
			"--rescue-shell %s: not a static program, and the guest may have no libraries "
			"for another; busybox-static has one",
			p->v.rescue_shell);
	return 0;
}

static int read_request(struct plan *p, struct err *e)
{
	int r = p->v.plot ? tell_plot_open(p->v.plot, &p->plot, e) : 0;

	return r < 0 ? r : request_read(p, e);
}

static int find_system(struct plan *p, struct err *e)
{
	int r = system_find(&p->v.system, &p->system, e);

	p->qemu.name = p->system.name;
	p->qemu.kernel = p->system.kernel;
	p->qemu.max_cpu = p->system.page_16k;
	p->watch.kernel_needs = p->system.kernel_needs;
	return r;
}

static int find_registration(struct plan *p, struct err *e)
{
	return registration_of_run(&p->v, &p->system, &p->registration, e);
}

static int find_devices(struct plan *p, struct err *e)
{
	size_t n = 0;

	if (is_modular(p) && p->v.credentials.n > 0)
		p->modules[n++] = CREDENTIAL_MODULE;
	if (is_modular(p) && p->qemu.graphics && p->qemu.arch->screen_module)
		p->modules[n++] = p->qemu.arch->screen_module;
	return devices_find(p, e);
}

static int find_ports(struct plan *p, struct err *e)
{
	return p->only_look ? 0 : network_check(&p->qemu.network, e);
}

/* Opens the shared folders, and checks the paths once more, with those that the steps before have
 * found. */
static int find_folders(struct plan *p, struct err *e)
{
	int r;

	p->folders.to_make = p->exchange;
	r = shared_folders_open((const char *const *)p->v.folders.v, &p->folders, e);
	roots_hold(p);
	return r < 0 ? r : paths_check(p, e);
}

/* All checks that make nothing, in the order in which they depend on each other. */
static const struct {
	const char *name;
	int (*look)(struct plan *p, struct err *e);
} steps[] = {
	{ "options", read_request },	 { "system", find_system },
	{ "architecture", find_arch },	 { "registration", find_registration },
	{ "programs", find_programs },	 { "devices", find_devices },
	{ "ports", find_ports },	 { "folders", find_folders },
	{ "disks", check_disks },	 { "share", find_share },
	{ "disk driver", check_driver }, { "command line", build_append },
	{ "initramfs", find_initrd },	 { "rescue shell", read_rescue_shell },
};

static int look_at_all(struct plan *p, run_told told, void *arg, struct err *e)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(steps); i++) {
		r = steps[i].look(p, e);
		if (told)
			told(steps[i].name, r, e, arg);
	}
	return r;
}

static int prepare(struct plan *p, struct err *e)
{
	int r = look_at_all(p, NULL, NULL, e);

	if (r == 0)
		r = confirm_fresh(p, e);
	if (r < 0)
		return r;
	p->watch.kept =
		(p->disks.has_root && !p->v.ephemeral) || p->disks.n > (p->disks.has_root ? 1 : 0);
	return choose_accel(p, e);
}

void run_look(int argc, char **argv, run_told told, void *arg)
{
	_cleanup_(plan_free) struct plan p = PLAN_INIT;
	struct err e = { 0 };
	int r = opt_parse(&run_command, argc, argv, &p, &p.args, &e);

	p.only_look = true;
	if (r == 0)
		r = request_files(&p, &e);
	if (r == 0)
		r = look_at_all(&p, told, arg, &e);
	else
		told("options", r, &e, arg);
}

static int run_system(struct plan *p, struct verdict *v, struct err *e)
{
	int r = prepare(p, e);

	if (r == 0 && p->v.console_log && !p->v.print_qemu)
		r = console_log_open(&p->watch.log, p->v.console_log, p->watch.log.max, e);
	if (r < 0)
		return r;
	events_add(&p->watch.events, "prepared", EVENT_T("name", p->system.name),
		   EVENT_T("kernel", p->system.kernel),
		   EVENT_T("accel", accel_name(p->qemu.accel)));
	return p->v.print_qemu ? launch_print(p, e) : launch(p, v, e);
}

/* If the plot cannot be written, an otherwise clean run fails. */
static void draw(const struct plan *p, struct verdict *v)
{
	struct err e = { 0 };

	if (tell_plot(&p->watch.timeline, p->system.name, &p->plot, &e) == 0)
		return;
	if (v->exit_status != EXIT_OK) {
		log_error("%s", e.text);
		return;
	}
	verdict_of_error(&e, v);
	if (p->args.rest)
		verdict_for_command(v);
}

int cmd_run(int argc, char **argv)
{
	_cleanup_(plan_free) struct plan p = PLAN_INIT;
	struct verdict v = { 0 };
	struct err e = { 0 };
	sigset_t signals;
	int r = opt_parse(&run_command, argc, argv, &p, &p.args, &e);

	if (r == 0 && p.args.help) {
		opt_help(&run_command);
		return EXIT_OK;
	}
	p.only_look = p.v.print_qemu;
	signal(SIGPIPE, SIG_IGN);
	signals_of_run(&signals);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	if (r == 0)
		r = request_files(&p, &e);
	if (r == 0 && p.v.json && !p.v.print_qemu)
		r = events_open(&p.watch.events, p.v.json, &e);
	if (r == 0)
		r = run_system(&p, &v, &e);
	if (r < 0 && signals_waiting()) /* the signal also ended the programs that we had asked */
		verdict_of_signal(signals_waiting(), &v);
	else if (r < 0)
		verdict_of_error(&e, &v);
	if (p.args.rest && r < 0)
		verdict_for_command(&v);
	if (p.watch.timeline.qemu_us && p.plot.path)
		draw(&p, &v);
	progress_end();
	tell_verdict(&v);
	events_add(&p.watch.events, "verdict", EVENT_N("exit", v.exit_status),
		   EVENT_F("failed", v.failed), EVENT_N("code", v.code ? v.code : v.exit_status),
		   EVENT_N("left_out", p.watch.events.left_out), EVENT_T("text", v.line));
	if (p.watch.timeline.qemu_us && p.v.timings)
		tell_times(&p.watch.timeline);
	return v.exit_status;
}
