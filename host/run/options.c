/* SPDX-License-Identifier: MIT */
/* options.c - what `storeboot run` can be asked: its option table, and the values that it fills */
#include "host/run/options.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "host/disk/disk.h"
#include "host/lib/exit.h"
#include "host/qemu/display.h"
#include "init/param.h"

#define MIB ((uint64_t)1 << 20)
#define AT(field) offsetof(struct run_values, field)

static const char *const accel_words[] = { "auto", "kvm", "tcg", NULL }; /* enum accel */

/* The values of storeboot.writable-store=, and "none". */
const char *const writable_words[] = { "none", "tmpfs", "disk", NULL };

static const char *const expose_words[] = { "store", "closure", "root", NULL }; /* enum expose */

static const char *const root_words[] = { "disk", "tmpfs", NULL };

static const char *const escapes_words[] = { "keep", "filter", NULL };
static const char *const network_words[] = { "restricted", "open", NULL };
static const char *const ready_words[] = { "auto", "exec", "notify", NULL }; /* enum ready */

/* In the order of enum share_kind. */
static const char *const share_words[] = { "cifs", "9p", "virtiofs", "image", "auto", NULL };

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
	{ "disk-interface", 0, OPT_CHOICE, AT(disk_interface), "HOW",
	  "how the disks are connected: virtio, scsi or ide (virtio)", disk_interface_words },
	{ "name", 0, OPT_STRING, AT(system.name), "NAME",
	  "the machine's name (the system's host name, or SYSTEM's own)", NULL },
	{ "network", 0, OPT_CHOICE, AT(network), "HOW",
	  "restricted: the guest reaches nothing, or open: what this host reaches (restricted)",
	  network_words },
	{ "forward", 0, OPT_LIST, AT(forwards), "PORT:PORT",
	  "a port of 127.0.0.1 leads to one of the guest: [ADDRESS:]PORT:[ADDRESS:]PORT[/udp]", NULL },
	{ "guest-forward", 0, OPT_LIST, AT(guest_forwards), "ADDRESS:PORT:PORT",
	  "a port that the guest reaches leads to one of 127.0.0.1: 10.0.2.N:PORT:[ADDRESS:]PORT", NULL },
	{ "vlan", 0, OPT_LIST, AT(vlans), "N",
	  "one more card, in the network N of all your VMs that have it", NULL },
	{ "graphics", 0, OPT_MAYBE, AT(graphics), "HOW",
	  "a window, with the console in it: auto, gtk, sdl, or none: a screen alone (auto)", graphics_words },
	{ "resolution", 0, OPT_STRING, AT(resolution), "WxH",
	  "the size of the screen there, in pixels (QEMU's own)", NULL },
	{ "serial", 0, OPT_FLAG, AT(serial), NULL, "the console here (the default)", NULL },
	{ "efi", 0, OPT_FLAG, AT(efi), NULL,
	  "boot by EFI; its variables are kept in ./NAME-efi-vars.fd", NULL },
	{ "efi-firmware", 0, OPT_STRING, AT(efi_firmware), "FILE",
	  "that firmware, a flash image (the one that QEMU's descriptors name)", NULL },
	{ "efi-variables", 0, OPT_STRING, AT(efi_variables), "FILE",
	  "what its variables are at first", NULL },
	{ "tpm", 0, OPT_FLAG, AT(tpm), NULL, "a TPM; what it holds is kept in ./NAME-swtpm", NULL },
	{ "load-credential", 0, OPT_LIST, AT(credentials), "ID:PATH",
	  "a credential for systemd in the guest, from a file", NULL },
	{ "host-certs", 0, OPT_FLAG, AT(host_certs), NULL,
	  "this host's CA certificates, on /etc/ssl/certs", NULL },
	{ "guest-agent", 0, OPT_FLAG, AT(agent), NULL,
	  "a socket for qemu-ga in the guest, in the run's private folder", NULL },
	{ "accel", 0, OPT_CHOICE, AT(accel), "HOW",
	  "kvm, tcg, or auto: kvm if it is seen to run a guest (auto)", accel_words },
	{ "reginfo", 0, OPT_STRING, AT(reginfo), "FILE",
	  "the closure's registration, or none (made by the host's Nix)", NULL },
	{ "register", 0, OPT_LIST, AT(registered), "PATH",
	  "register the closure of this store path in the guest, too", NULL },
	{ "verify", 0, OPT_FLAG, AT(verify), NULL,
	  "Nix in the guest checks what each path that it knows holds", NULL },
	{ "expose", 0, OPT_CHOICE, AT(expose), "WHAT",
	  "what of the host the guest may read: store, closure, or root: all (store)", expose_words },
	{ "bind", 0, OPT_LIST, AT(folders), "HOST:GUEST[:...]",
	  "a folder of this host's, there in the guest: HOST:GUEST[:ro][:owner=UID[.GID]]", NULL },
	{ "writable-store", 0, OPT_MAYBE, AT(writable), "WHERE",
	  "Nix in the guest may add to the store: tmpfs, or disk, which keeps it (tmpfs)", writable_words },
	{ "store", 0, OPT_STRING, AT(system.store), "DIR",
	  "the folder that the guest sees as its store (/nix/store)", NULL },
	{ "share", 0, OPT_CHOICE, AT(share), "SHARE",
	  "how the store comes: cifs, 9p, virtiofs, image, or auto: the fastest (cifs)", share_words },
	{ "cache", 0, OPT_FLAG, AT(cache), NULL,
	  "an image of the system's closure over the share, which is faster", NULL },
	{ "image-cache-size", 0, OPT_STRING, AT(image_cache_size), "SIZE",
	  "what all images of closures may take in the cache (10G)", NULL },
	{ "initrd", 0, OPT_STRING, AT(initrd), "FILE", "a ready-made initrd", NULL },
	{ "stage1", 0, OPT_STRING, AT(stage1), "FILE", "storeboot-init (the installed one)", NULL },
	{ "qemu", 0, OPT_STRING, AT(qemu), "PROGRAM", "QEMU (qemu-system of the kernel's machine)", NULL },
	{ "qemu-opts", 0, OPT_LIST, AT(qemu_opts), "WORDS",
	  "more words for QEMU, split as a shell does", NULL },
	{ "smbd", 0, OPT_STRING, AT(smbd), "PROGRAM", "Samba's server (smbd)", NULL },
	{ "virtiofsd", 0, OPT_STRING, AT(virtiofsd), "PROGRAM", "virtiofs's server (virtiofsd)", NULL },
	{ "tty", 't', OPT_FLAG, AT(tty), NULL, "COMMAND gets a terminal, this one", NULL },
	{ "env", 'e', OPT_LIST, AT(env), "NAME[=VALUE]",
	  "a variable for COMMAND; without a value, ours", NULL },
	{ "cwd", 0, OPT_STRING, AT(cwd), "DIR", "COMMAND's working directory in the guest (/root)", NULL },
	{ "no-stage2", 0, OPT_FLAG, AT(no_stage2), NULL,
	  "run COMMAND in place of stage 2, right after stage 1", NULL },
	{ "ready", 0, OPT_CHOICE, AT(ready), "WHEN",
	  "when COMMAND begins: exec, notify, or auto: notify for systemd (auto)", ready_words },
	{ "rescue", 0, OPT_FLAG, AT(rescue), NULL,
	  "where stage 1 fails, a shell in the guest; the step can be tried again", NULL },
	{ "rescue-shell", 0, OPT_STRING, AT(rescue_shell), "FILE",
	  "that shell: a static program of the host (the system's own)", NULL },
	{ "stop-timeout", 0, OPT_SECONDS, AT(stop_timeout), "SECONDS",
	  "how long a clean power-off may take, or none: do not ask (30)", NULL },
	{ "timeout-stage2", 0, OPT_SECONDS, AT(timeout_stage2), "SECONDS",
	  "how long until stage 2 is up and COMMAND begins, or none (300)", NULL },
	{ "timeout-stage1", 0, OPT_SECONDS, AT(timeout_stage1), "SECONDS",
	  "how long until stage 2, or none (300)", NULL },
	{ "timeout", 0, OPT_SECONDS, AT(timeout), "SECONDS", "how long the whole run (none)",
	  NULL },
	{ "escapes", 0, OPT_CHOICE, AT(escapes), "HOW",
	  "keep, or filter: only harmless ones reach this terminal (keep)", escapes_words },
	{ "console-log", 0, OPT_STRING, AT(console_log), "FILE", "keep the console's output there",
	  NULL },
	{ "console-log-size", 0, OPT_STRING, AT(console_log_size), "SIZE",
	  "its beginning and its end, no more than this (16M)", NULL },
	{ "json", 0, OPT_STRING, AT(json), "FILE", "write all that happens there, as JSON lines",
	  NULL },
	{ "timings", 0, OPT_FLAG, AT(timings), NULL, "say at the end how long each step took",
	  NULL },
	{ "plot", 0, OPT_STRING, AT(plot), "FILE", "the same as a drawing, SVG", NULL },
	{ "config", 0, OPT_CONFIG, 0, "FILE", "more options, one a line: its name, blanks, its value", NULL },
	{ "print-qemu", 0, OPT_FLAG, AT(print_qemu), NULL,
	  "print a QEMU command that boots the same by itself, and exit", NULL },
};

const struct opt_command run_command = {
	.name = "run",
	.synopsis = "SYSTEM [OPTION]... [-- COMMAND...]",
	.about = "Boots SYSTEM, a NixOS toplevel or any folder with kernel, kernel-params, kernel-modules and\n"
		 "init, in QEMU. The guest sees the host's store, read-only, and one disk of its own. With\n"
		 "--kernel and --init SYSTEM may be left out. Ctrl-a x ends QEMU. COMMAND is run in the guest\n"
		 "with our stdin, stdout and stderr; its status is ours, and the guest is then powered off.\n"
		 "Also taken from the environment: NIX_DISK_IMAGE, QEMU_OPTS, QEMU_NET_OPTS,\n"
		 "QEMU_KERNEL_PARAMS, NIX_EFI_VARS, NIX_SWTPM_DIR,\n"
		 "SHARED_DIR, USE_TMPDIR with TMPDIR.",
	.opts = opts,
	.n_opts = ARRAY_SIZE(opts),
	.max_args = 1,
	.takes_rest = true,
};

void run_values_free(struct run_values *v)
{
	strv_free(&v->append);
	strv_free(&v->disks);
	strv_free(&v->registered);
	strv_free(&v->forwards);
	strv_free(&v->guest_forwards);
	strv_free(&v->vlans);
	strv_free(&v->credentials);
	strv_free(&v->qemu_opts);
	strv_free(&v->folders);
	strv_free(&v->env);
}

int run_size(const char *option, const char *s, uint64_t standard, uint64_t *ret, struct err *e)
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

/* A printed command has no launcher beside it. What would then be another run than was asked for is refused; of
 * what is only missing run_values_unprinted has the names. */
static int check_print(const struct run_values *v, bool command, struct err *e)
{
	const struct {
		const char *name;
		bool given;
	} rows[] = { { "COMMAND", command }, { "--ephemeral", v->ephemeral }, { "--rescue", v->rescue },
		     { "--fresh", v->fresh }, { "--escapes", v->escapes } };

	for (size_t i = 0; i < ARRAY_SIZE(rows) && v->print_qemu; i++)
		if (rows[i].given)
			return err_exit(e, EXIT_USAGE, EINVAL,
					"run: there is no %s with --print-qemu: QEMU alone has no such thing",
					rows[i].name);
	return 0;
}

static bool is_set(const char *variable)
{
	const char *value = getenv(variable);

	return value && value[0];
}

int run_values_unprinted(const struct run_values *v, struct buf *ret)
{
	static const struct run_values standard = RUN_VALUES_INIT;
	const struct {
		const char *name;
		bool given;
	} rows[] = {
		{ "--tpm", v->tpm },
		{ "--guest-agent", v->agent },
		{ "--bind", v->folders.n > 0 },
		{ "SHARED_DIR", is_set("SHARED_DIR") },
		{ "USE_TMPDIR", is_set("USE_TMPDIR") },
		{ "--host-certs", v->host_certs },
		{ "--reginfo", v->reginfo && !str_eq(v->reginfo, "none") },
		{ "--register", v->registered.n > 0 },
		{ "--verify", v->verify },
		{ "--stop-timeout", v->stop_timeout != standard.stop_timeout },
		{ "--timeout-stage2", v->timeout_stage2 != standard.timeout_stage2 },
		{ "--timeout-stage1", v->timeout_stage1 != standard.timeout_stage1 },
		{ "--timeout", v->timeout },
		{ "--console-log", v->console_log },
		{ "--console-log-size", v->console_log_size },
		{ "--json", v->json },
		{ "--timings", v->timings },
		{ "--plot", v->plot },
	};
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(rows); i++)
		if (rows[i].given)
			r = buf_addf(ret, "%s%s", ret->len > 0 ? ", " : "", rows[i].name);
	return r;
}

/* What only a command can use. */
static int check_command(const struct run_values *v, bool command, struct err *e)
{
	const struct {
		const char *name;
		bool given;
	} rows[] = { { "tty", v->tty },
		     { "env", v->env.n > 0 },
		     { "cwd", v->cwd },
		     { "no-stage2", v->no_stage2 },
		     { "ready", v->ready } };

	for (size_t i = 0; i < ARRAY_SIZE(rows) && !command; i++)
		if (rows[i].given)
			return err_exit(e, EXIT_USAGE, EINVAL, "run: --%s needs a command, behind --",
					rows[i].name);
	if (v->rescue && !(isatty(STDIN_FILENO) && isatty(STDOUT_FILENO)))
		return err_exit(e, EXIT_USAGE, ENOTTY,
				"run: --rescue gives a shell to who sits at the terminal, and there is none");
	return 0;
}

/*
 * Options of which one would silently win, or do nothing: each pair is refused.
 *
 * --stage1 and --modules are parts of the initramfs that is made here. No table has a program that only another
 * --share starts, nor a limit that this run does not come to: a script may name those for all of its runs.
 */
static int check_pairs(const struct run_values *v, struct err *e)
{
	const bool tmpfs = v->root == ROOT_TMPFS;
	const struct {
		bool refused;
		const char *why;
	} rows[] = {
		{ v->graphics && v->serial, "want --graphics or --serial, not both" },
		{ v->resolution && !v->graphics, "--resolution needs --graphics" },
		{ (v->efi_firmware || v->efi_variables) && !v->efi,
		  "--efi-firmware and --efi-variables need --efi" },
		{ v->ephemeral && v->fresh, "want --ephemeral or --fresh, not both" },
		{ tmpfs && (v->fresh || v->image || v->disk_size),
		  "with --root tmpfs there is no --image, --disk-size or --fresh" },
		{ tmpfs && v->writable && str_eq(writable_words[v->writable], "disk"),
		  "with --root tmpfs there is no disk for --writable-store=disk" },
		{ v->reginfo && v->registered.n > 0, "want --reginfo or --register, not both" },
		{ v->verify && v->reginfo && str_eq(v->reginfo, "none"),
		  "--verify needs a registration, and --reginfo is none" },
		{ v->initrd && v->stage1,
		  "want --initrd or --stage1, not both: a ready-made initramfs has its own stage 1" },
		{ v->initrd && v->system.modules,
		  "want --initrd or --modules, not both: a ready-made initramfs has its own modules" },
		{ v->no_stage2 && v->system.init,
		  "want --no-stage2 or --init, not both: COMMAND runs in place of stage 2" },
		{ v->no_stage2 && v->ready, "want --no-stage2 or --ready, not both: no stage 2 gets ready" },
		{ v->console_log_size && !v->console_log, "--console-log-size needs --console-log" },
		{ v->rescue_shell && !v->rescue, "--rescue-shell needs --rescue" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (rows[i].refused)
			return err_exit(e, EXIT_USAGE, EINVAL, "run: %s", rows[i].why);
	return 0;
}

int run_values_check(const struct run_values *v, bool command, struct err *e)
{
	if (check_pairs(v, e) < 0 || check_command(v, command, e) < 0 || check_print(v, command, e) < 0)
		return -EINVAL;
	if (v->disk_bytes % 512)
		return err_exit(e, EXIT_USAGE, EINVAL,
				"run: --disk-size %s: want a multiple of 512 bytes", v->disk_size);
	if (v->disk_bytes >= DISK_ROOT_END)
		return err_exit(e, EXIT_USAGE, EFBIG,
				"run: --disk-size %s: the root disk has ext3, which ends below 16T",
				v->disk_size);
	return 0;
}
