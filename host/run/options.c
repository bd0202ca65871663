/* SPDX-License-Identifier: MIT */
/* options.c - the options of `storeboot run`, and the values that they set */
#include "host/run/options.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "host/disk/disk.h"
#include "host/lib/exit.h"
#include "host/qemu/display.h"
#include "host/run/plan.h"
#include "init/param.h"

#define ROW(group_, kind, field, ...) OPT(kind, struct plan, v.field, __VA_ARGS__, .group = group_)
/* The same for a field of struct qemu_config. */
#define QEMU(group_, kind, field, ...) \
	OPT(kind, struct plan, qemu.field, __VA_ARGS__, .group = group_)

static const char *const accel_words[] = { "auto", "kvm", "tcg", NULL }; /* enum accel */

/* The values of storeboot.writable-store=, and "none". */
const char *const writable_words[] = { "none", "tmpfs", "disk", NULL };

static const char *const expose_words[] = { "store", "closure", "root", NULL }; /* enum expose */

/* enum balloon */
static const char *const balloon_words[] = { "reporting", "plain", "off", NULL };

static const char *const root_words[] = { "disk", "tmpfs", NULL };

static const char *const escapes_words[] = { "keep", "filter", NULL };
static const char *const network_words[] = { "restricted", "open", NULL };
static const char *const ready_words[] = { "auto", "exec", "notify", NULL }; /* enum ready */

#define WORD(constant, name, source, flags) [SHARE_##constant] = #name,
static const char *const share_words[] = { SHARE_TABLE(WORD)[SHARE_AUTO] = "auto", NULL };

/* The headings of --help, in the table's order. */
static const char common[] = "Most used", sys[] = "System", machine[] = "Machine";
static const char disks[] = "Disks", network[] = "Network", store[] = "Store";
static const char command[] = "Command", console[] = "Console", limits[] = "Limits";
static const char diagnostics[] = "Diagnostics";

/* QEMU's options without a value (qemu-options.hx), with one dash before them. */
static const char *const qemu_flags[] = { "S",
					  "alt-grab",
					  "ctrl-grab",
					  "curses",
					  "daemonize",
					  "enable-kvm",
					  "full-screen",
					  "help",
					  "mem-prealloc",
					  "no-acpi",
					  "no-fd-bootchk",
					  "no-hpet",
					  "no-quit",
					  "no-reboot",
					  "no-shutdown",
					  "no-user-config",
					  "nodefaults",
					  "nographic",
					  "only-migratable",
					  "preconfig",
					  "s",
					  "sdl",
					  "singlestep",
					  "snapshot",
					  "usb",
					  "version",
					  NULL };

static const struct opt opts[] = {
	QEMU(common, SIZE, memory, "memory", "SIZE", "guest memory", .standard = "384M",
	     .letter = 'm'),
	QEMU(common, NUMBER, cores, "cores", "N", "number of processors", .standard = "1"),
	ROW(common, STRING, image, "image", "FILE",
	    "root disk, a qcow2 image (default: ./NAME.qcow2)", .doctor = true),
	ROW(common, SIZE, disk_size, "disk-size", "SIZE",
	    "size of the root disk, new or grown (default: 512M)"),
	ROW(common, FLAG, ephemeral, "ephemeral", NULL,
	    "discard what the guest writes; disks are only read", .print = OPT_REFUSED),
	ROW(common, LIST, append, "append", "WORDS", "kernel parameters after all others"),
	ROW(common, LIST, folders, "bind", "HOST:GUEST",
	    "shared folder; also :ro, :owner=UID[.GID]", .print = OPT_MISSING),
	ROW(common, LIST, forwards, "forward", "PORTS",
	    "host port to guest port: [IP:]PORT:[IP:]PORT[/udp]"),
	ROW(common, CHOICE, share, "share", NULL, "share for the store", .choices = share_words,
	    .doctor = true),
	ROW(common, FLAG, tty, "tty", NULL, "give COMMAND this terminal", .needs = OPT_COMMAND,
	    .letter = 't'),

	ROW(sys, STRING, system.kernel, "kernel", "FILE", "kernel (default: SYSTEM/kernel)",
	    .doctor = true),
	ROW(sys, STRING, system.modules, "modules", "DIR",
	    "kernel modules (default: SYSTEM/kernel-modules)", .doctor = true),
	ROW(sys, STRING, system.init, "init", "PATH",
	    "stage 2, a path in the guest (default: SYSTEM/init)", .doctor = true),
	ROW(sys, STRING, system.params, "params", "FILE",
	    "kernel parameters (default: SYSTEM/kernel-params)"),
	ROW(sys, STRING, initrd, "initrd", "FILE",
	    "initramfs (default: made for the kernel and the run)", .doctor = true),
	ROW(sys, STRING, stage1, "stage1", "FILE",
	    "stage 1 (default: the installed storeboot-init)", .doctor = true),
	ROW(sys, STRING, system.name, "name", "NAME",
	    "name of the VM (default: the system's host name)"),
	ROW(sys, LIST, credentials, "load-credential", "ID:PATH",
	    "systemd credential from a file or a pipe"),
	ROW(sys, FLAG, host_certs, "host-certs", NULL, "share the host's CA certificates",
	    .print = OPT_MISSING, .doctor = true),

	ROW(machine, CHOICE, accel, "accel", NULL, "accelerator; auto: KVM if usable",
	    .choices = accel_words, .doctor = true),
	ROW(machine, FLAG, efi, "efi", NULL, "boot by EFI; variables are in ./NAME-efi-vars.fd",
	    .doctor = true),
	ROW(machine, STRING, efi_firmware, "efi-firmware", "FILE",
	    "EFI flash image (default: from QEMU's descriptors)", .needs = "efi", .doctor = true),
	ROW(machine, STRING, efi_variables, "efi-variables", "FILE",
	    "first EFI variables (default: the firmware's)", .needs = "efi", .doctor = true),
	ROW(machine, FLAG, tpm, "tpm", NULL, "TPM 2.0 with the state in ./NAME-swtpm",
	    .print = OPT_MISSING, .doctor = true),
	ROW(machine, FLAG, agent, "guest-agent", NULL, "socket for qemu-ga in the guest",
	    .print = OPT_MISSING),
	QEMU(machine, FLAG, reboot, "reboot", NULL,
	     "boot again when the guest reboots (default: end)"),
	QEMU(machine, CHOICE, balloon, "balloon", NULL, "return memory to the host",
	     .choices = balloon_words),
	ROW(machine, STRING, qemu, "qemu", "PROGRAM", "QEMU (default: qemu-system of the machine)",
	    .doctor = true),
	ROW(machine, FLAG, no_tuning, "no-tuning", NULL,
	    "add no kernel parameters that speed up the boot"),
	ROW(machine, LIST, qemu_opts, "qemu-opts", "WORDS",
	    "arguments for QEMU, split as a shell splits words"),

	ROW(disks, LIST, disks, "disk", "PATH[,...]",
	    "another disk; also ,size=SIZE ,serial=TEXT ,ro ,raw", .doctor = true),
	ROW(disks, CHOICE, disk_interface, "disk-interface", NULL, "controller of the disks",
	    .choices = disk_interface_words, .doctor = true),
	ROW(disks, CHOICE, root, "root", NULL, "root file system; tmpfs: in memory",
	    .choices = root_words),
	ROW(disks, FLAG, fresh, "fresh", NULL, "move the old image aside, start with an empty disk",
	    .print = OPT_REFUSED),
	ROW(disks, FLAG, yes, "yes", NULL, "do not ask before --fresh moves an image",
	    .letter = 'y'),

	QEMU(network, CHOICE, network.open, "network", NULL, "what the guest can reach",
	     .choices = network_words),
	ROW(network, LIST, guest_forwards, "guest-forward", "PORTS",
	    "guest port to host port: 10.0.2.N:PORT:[IP:]PORT"),
	ROW(network, LIST, vlans, "vlan", "N", "network card in network N, shared by your VMs"),

	ROW(store, STRING, system.store, "store", "DIR",
	    "store for the guest (default: /nix/store)", .doctor = true),
	ROW(store, CHOICE, expose, "expose", NULL, "host files that the guest sees",
	    .choices = expose_words),
	ROW(store, FLAG, cache, "cache", NULL, "lay a fast image of the closure over the share",
	    .doctor = true),
	ROW(store, SIZE, image_cache_size, "image-cache-size", "SIZE",
	    "limit for all closure images", .standard = "10G"),
	ROW(store, MAYBE, writable, "writable-store", NULL,
	    "let the guest's Nix add paths (default: none)", .choices = writable_words),
	ROW(store, STRING, reginfo, "reginfo", "FILE",
	    "registration, or none (default: from the host's Nix)", .print = OPT_MISSING),
	ROW(store, LIST, registered, "register", "PATH",
	    "register the closure of PATH in the guest's Nix", .print = OPT_MISSING,
	    .doctor = true),
	ROW(store, FLAG, verify, "verify", NULL, "compare each registered path with its hash",
	    .print = OPT_MISSING),
	ROW(store, STRING, smbd, "smbd", "PROGRAM", "server for --share cifs (default: smbd)",
	    .doctor = true),
	ROW(store, STRING, virtiofsd, "virtiofsd", "PROGRAM",
	    "server for --share virtiofs (default: virtiofsd)", .doctor = true),

	ROW(command, LIST, env, "env", "NAME[=VALUE]",
	    "variable for COMMAND; without VALUE, the host's", .needs = OPT_COMMAND, .letter = 'e'),
	ROW(command, STRING, cwd, "cwd", "DIR", "working directory of COMMAND (default: /root)",
	    .needs = OPT_COMMAND),
	ROW(command, FLAG, no_stage2, "no-stage2", NULL,
	    "run COMMAND after stage 1, without stage 2", .needs = OPT_COMMAND),
	ROW(command, CHOICE, ready, "ready", NULL, "when stage 2 is ready for COMMAND",
	    .choices = ready_words, .needs = OPT_COMMAND),

	ROW(console, FLAG, serial, "serial", NULL, "console on this terminal (default)"),
	QEMU(console, MAYBE, graphics, "graphics", NULL,
	     "graphical screen, in a window unless none", .choices = graphics_words),
	ROW(console, STRING, resolution, "resolution", "WxH",
	    "screen size in pixels, for --graphics", .needs = "graphics"),
	ROW(console, CHOICE, escapes, "escapes", NULL, "escape sequences of the guest",
	    .choices = escapes_words, .print = OPT_REFUSED),
	ROW(console, STRING, console_log, "console-log", "FILE",
	    "file for a copy of the console's output", .print = OPT_MISSING),
	ROW(console, SIZE, console_log_size, "console-log-size", "SIZE", "limit for --console-log",
	    .standard = "16M", .needs = "console-log", .print = OPT_MISSING),

	ROW(limits, SECONDS, timeout, "timeout", "SECONDS", "limit for the whole run",
	    .standard = "none", .print = OPT_MISSING),
	/* regInfo alone may take 600 s, but few closures need that. */
	ROW(limits, SECONDS, timeout_stage1, "timeout-stage1", "SECONDS",
	    "limit for the boot until stage 2", .standard = "300", .print = OPT_MISSING),
	ROW(limits, SECONDS, timeout_stage2, "timeout-stage2", "SECONDS",
	    "limit for stage 2 to come up", .standard = "300", .print = OPT_MISSING),
	ROW(limits, SECONDS, stop_timeout, "stop-timeout", "SECONDS", "limit for a clean power-off",
	    .standard = "30", .print = OPT_MISSING),

	ROW(diagnostics, FLAG, rescue, "rescue", NULL, "open a shell in the guest if stage 1 fails",
	    .print = OPT_REFUSED),
	ROW(diagnostics, STRING, rescue_shell, "rescue-shell", "FILE",
	    "static shell for --rescue (default: the system's)", .needs = "rescue"),
	ROW(diagnostics, STRING, json, "json", "FILE",
	    "write all events to FILE, a JSON object a line", .print = OPT_MISSING),
	ROW(diagnostics, FLAG, timings, "timings", NULL,
	    "print how long each part of the boot took", .print = OPT_MISSING),
	ROW(diagnostics, STRING, plot, "plot", "FILE", "draw the times of the boot to FILE, an SVG",
	    .print = OPT_MISSING),
	QEMU(diagnostics, CONFIG, memory, "config", "FILE",
	     "read options from FILE, one a line: name and value"),
	ROW(diagnostics, FLAG, print_qemu, "print-qemu", NULL,
	    "print a QEMU command for this run, and exit", .doctor = true),
	{ 0 }
};

const struct opt_command run_command = {
	.name = "run",
	.brief = "boot a system from the host's store in QEMU",
	.synopsis = "SYSTEM [OPTION]... [QEMU-OPTION]... [-- COMMAND...]",
	.about = "Boots SYSTEM, a NixOS toplevel or a folder with kernel, kernel-params,\n"
		 "kernel-modules and init, in QEMU. The guest sees the host's store, read-only,\n"
		 "and has a disk of its own. Ctrl-a x ends QEMU. With --kernel and --init SYSTEM\n"
		 "may be left out. storeboot runs COMMAND in the guest with its own standard\n"
		 "input, output and error, powers the guest off, and exits with COMMAND's status.\n"
		 "\n"
		 "(default: X) is the value without the option. An option with ... may be given\n"
		 "more than once. Of [=A|B] A is taken if the word is left out. A SIZE is a\n"
		 "number with K, M, G or T; a bare number counts MiB. SECONDS can be none.\n"
		 "A QEMU-OPTION has one dash, as -device virtio-rng-pci, and is passed to QEMU.\n"
		 "\n"
		 "Environment: NIX_DISK_IMAGE, QEMU_OPTS, QEMU_NET_OPTS, QEMU_KERNEL_PARAMS,\n"
		 "NIX_EFI_VARS, NIX_SWTPM_DIR, SHARED_DIR, USE_TMPDIR with TMPDIR.",
	.examples = "  storeboot run /run/current-system --append fstab=no --disk-size 8G\n"
		    "  storeboot run ./result --ephemeral -- uname -a",
	.opts = opts,
	.max_args = 1,
	.takes_rest = true,
	.foreign_flags = qemu_flags,
};

const struct opt_command doctor_command = {
	.name = "doctor",
	.brief = "show what this host has and lacks for a run",
	.synopsis = "[SYSTEM] [OPTION]...",
	.about =
		"Checks whether this host has what `storeboot run` with these options needs, and\n"
		"prints how to get what is missing. With a SYSTEM it checks that too: kernel,\n"
		"modules, disk images, ports. Exits with 69 if the run would fail. All options of\n"
		"`storeboot run` are accepted; these decide what the run needs:",
	.examples = "  storeboot doctor\n"
		    "  storeboot doctor /run/current-system --share virtiofs --efi",
	.opts = opts,
	.max_args = 1,
	.doctor = true,
	.foreign_flags = qemu_flags,
};

/* Refuses options that a printed command would treat differently: no launcher runs beside QEMU. */
static int check_print(const struct plan *p, bool command_given, struct err *e)
{
	const char *refused = command_given ? "COMMAND" : NULL;

	OPT_EACH(o, &run_command)
	if (!refused && o->print == OPT_REFUSED && opt_given(o, p))
		refused = o->name;
	if (!p->v.print_qemu || !refused)
		return 0;
	return err_exit(e, EXIT_USAGE, EINVAL,
			"run: there is no %s%s with --print-qemu: QEMU alone has no such thing",
			command_given ? "" : "--", refused);
}

static bool is_set(const char *variable)
{
	const char *value = getenv(variable);

	return value && value[0];
}

static int add_name(struct buf *ret, const char *dashes, const char *name)
{
	return buf_addf(ret, "%s%s%s", ret->len > 0 ? ", " : "", dashes, name);
}

int run_values_unprinted(const struct plan *p, struct buf *ret)
{
	static const char *const variables[] = { "SHARED_DIR", "USE_TMPDIR" };
	const bool no_registration = p->v.reginfo && str_eq(p->v.reginfo, "none");
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(variables); i++)
		if (is_set(variables[i]))
			r = add_name(ret, "", variables[i]);
	OPT_EACH(o, &run_command)
	if (r == 0 && o->print == OPT_MISSING && opt_given(o, p) &&
	    !(no_registration && str_eq(o->name, "reginfo")))
		r = add_name(ret, "--", o->name);
	return r;
}

/*
 * Refuses pairs of options of which one would silently win or do nothing. --stage1 and --modules
 * are for the initramfs that is made here. A program for another --share, or a limit that this run
 * does not reach, is not refused: a script may give them for all of its runs.
 */
static int check_pairs(const struct plan *p, struct err *e)
{
	const struct run_values *v = &p->v;
	const bool tmpfs = v->root == ROOT_TMPFS;
	const struct {
		bool refused;
		const char *why;
	} rows[] = {
		{ p->qemu.graphics && v->serial, "want --graphics or --serial, not both" },
		{ v->ephemeral && v->fresh, "want --ephemeral or --fresh, not both" },
		{ tmpfs && (v->fresh || v->image || v->disk_size),
		  "with --root tmpfs there is no --image, --disk-size or --fresh" },
		{ tmpfs && v->writable && str_eq(writable_words[v->writable], "disk"),
		  "with --root tmpfs there is no disk for --writable-store=disk" },
		{ v->reginfo && v->registered.n > 0, "want --reginfo or --register, not both" },
		{ v->verify && v->reginfo && str_eq(v->reginfo, "none"),
		  "--verify needs a registration, and --reginfo is none" },
		{ v->initrd && v->stage1, "want --initrd or --stage1, not both: a ready-made "
					  "initramfs has its own stage 1" },
		{ v->initrd && v->system.modules, "want --initrd or --modules, not both: a "
						  "ready-made initramfs has its own modules" },
		{ v->no_stage2 && v->system.init,
		  "want --no-stage2 or --init, not both: COMMAND runs in place of stage 2" },
		{ v->no_stage2 && v->ready,
		  "want --no-stage2 or --ready, not both: no stage 2 gets ready" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (rows[i].refused)
			return err_exit(e, EXIT_USAGE, EINVAL, "run: %s", rows[i].why);
	return 0;
}

int run_values_check(const struct plan *p, bool command_given, struct err *e)
{
	if (check_pairs(p, e) < 0 || opt_check_needs(&run_command, p, command_given, e) < 0)
		return -EINVAL;
	if (p->v.rescue && !(isatty(STDIN_FILENO) && isatty(STDOUT_FILENO)))
		return err_exit(e, EXIT_USAGE, ENOTTY,
				"run: --rescue opens a shell on the terminal, and there is none");
	if (check_print(p, command_given, e) < 0)
		return -EINVAL;
	if (p->v.disk_size % 512 || p->v.disk_size >= DISK_ROOT_END)
		return err_exit(e, EXIT_USAGE, EINVAL,
				"run: --disk-size: want a multiple of 512 bytes below 16T, where "
				"ext3 ends");
	return 0;
}
