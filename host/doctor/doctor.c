/* SPDX-License-Identifier: MIT */
/*
 * doctor.c - `storeboot doctor`: what this host has, lacks, and the command that mends it
 *
 * It takes the options of `storeboot run`, and what they ask for decides what is a fault here and what is only
 * lacking. With a SYSTEM it then looks at all that `run` would look at, by the same steps (run.c).
 */
#include "host/doctor/doctor.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host/lib/arch.h"
#include "host/lib/cache.h"
#include "host/lib/distro.h"
#include "host/lib/exit.h"
#include "host/lib/folder.h"
#include "host/lib/proc.h"
#include "host/lib/progress.h"
#include "host/qemu/accel.h"
#include "host/qemu/efi.h"
#include "host/doctor/checks.h"
#include "host/run/options.h"
#include "host/run/run.h"
#include "host/share/virtiofs.h"
#include "init/lib/log.h"
#include "init/lib/spawn.h"
#include "init/param.h"

#define QEMU_MAJOR_MIN 5
#define QEMU_MINOR_MIN 2

struct patient {
	const struct run_values *v;
	const struct arch *arch; /* the host's own */
	char qemu[PATH_MAX], smbd[PATH_MAX], bwrap[PATH_MAX];
	bool faulty;
	bool run_fails; /* a step of its preparations does */
};

static void first_line(const struct buf *b, char *dst, size_t size)
{
	snprintf(dst, size, "%.*s", b->data ? (int)strcspn(b->data, "\n") : 0, b->data ? b->data : "");
}

static void last_line(const struct buf *b, char *dst, size_t size)
{
	const char *newline = b->data ? memrchr(b->data, '\n', b->len) : NULL;

	snprintf(dst, size, "%s", newline ? newline + 1 : b->data ? b->data : "");
}

/* A usage error of one that has no such option: mkfs.erofs 1.5 says "mkfs.erofs 1.5" all the same. */
static bool says_its_version(const char *path, const char *line)
{
	const char *slash = strrchr(path, '/'), *rest = str_after(line, slash ? slash + 1 : path);

	return rest && *rest == ' ' && isdigit((unsigned char)rest[1]);
}

/*
 * Runs a program for its version, the first line that it writes, into f's text. A program that does not end
 * well has no version: what it wrote is then the reason. Returns 0, or -errno with f's text.
 */
static int ask_version(const char *path, const char *option, struct finding *f)
{
	_cleanup_buf_ struct buf out = { 0 }, said = { 0 };
	const char *const argv[] = { path, option, NULL };
	const struct spawn s = { .path = path, .argv = argv, .stdin_fd = -1,
				 .timeout_ms = SPAWN_ASK_TIMEOUT_MS };
	char words[256], how[64], why[256];
	int status, r = spawn_run(&s, &out, &said, &status);

	first_line(out.len > 0 || r < 0 ? &out : &said, words, sizeof(words));
	if (r == 0 && WIFEXITED(status) && (WEXITSTATUS(status) == 0 || says_its_version(path, words))) {
		snprintf(f->text, sizeof(f->text), "%s: %s", path, words);
		return 0;
	}
	last_line(said.len > 0 ? &said : &out, why, sizeof(why));
	snprintf(f->text, sizeof(f->text), "%s does not run: %s%s%s", path,
		 r < 0 ? strerror(-r) : spawn_status_text(status, how, sizeof(how)), why[0] ? ": " : "", why);
	return r < 0 ? r : -ENOEXEC;
}

/* ret_path: "" where it is missing or does not run. */
static int look_program(const char *given, const char *name, const char *package, const char *option,
			char *ret_path, struct finding *f)
{
	char path[PATH_MAX];
	struct err e = { 0 };
	int r = proc_find(given, name, package, path, &e);

	if (r < 0)
		snprintf(f->text, sizeof(f->text), "%s is not on this host", given ? given : name);
	else
		r = ask_version(path, option, f);
	if (r < 0) {
		distro_install(package, f->mend, sizeof(f->mend));
		path[0] = '\0';
	}
	memcpy(ret_path, path, strlen(path) + 1);
	return r;
}

static int look_qemu(struct patient *p, struct finding *f)
{
	unsigned int major, minor;
	const char *version;
	int r = look_program(p->v->qemu, p->arch->qemu, p->arch->package, "--version", p->qemu, f);

	if (r < 0)
		return r;
	version = strstr(f->text, "version ");
	if (!version || sscanf(version, "version %u.%u", &major, &minor) != 2)
		return 0; /* a build with a name of its own */
	if (major > QEMU_MAJOR_MIN || (major == QEMU_MAJOR_MIN && minor >= QEMU_MINOR_MIN))
		return 0;
	snprintf(f->text, sizeof(f->text), "%s is QEMU %u.%u; want %d.%d or later", p->qemu, major, minor,
		 QEMU_MAJOR_MIN, QEMU_MINOR_MIN);
	distro_install(p->arch->package, f->mend, sizeof(f->mend));
	return -ENOTSUP;
}

static int look_qemu_img(_unused_ struct patient *p, struct finding *f)
{
	char path[PATH_MAX];

	return look_program(NULL, "qemu-img", "qemu-utils", "--version", path, f);
}

static int look_kvm(struct patient *p, struct finding *f)
{
	if (p->qemu[0])
		return check_kvm(p->qemu, f);
	snprintf(f->text, sizeof(f->text), "not tried without QEMU");
	return -ENOENT;
}

static int look_store(struct patient *p, struct finding *f)
{
	const char *store = p->v->system.store ? p->v->system.store : GUEST_STORE;

	if (access(store, R_OK | X_OK) == 0) {
		snprintf(f->text, sizeof(f->text), "%s", store);
		return 0;
	}
	snprintf(f->text, sizeof(f->text), "%s: %s", store, strerror(errno));
	distro_install("nix-bin", f->mend, sizeof(f->mend));
	return -ENOENT;
}

static int look_nix(_unused_ struct patient *p, struct finding *f)
{
	char path[PATH_MAX];

	return look_program(NULL, "nix-store", "nix-bin", "--version", path, f);
}

static int look_smbd(struct patient *p, struct finding *f)
{
	return look_program(p->v->smbd, "smbd", "samba", "--version", p->smbd, f);
}

static int look_bwrap(struct patient *p, struct finding *f)
{
	return look_program(NULL, "bwrap", "bubblewrap", "--version", p->bwrap, f);
}

static int look_server(struct patient *p, struct finding *f)
{
	if (p->smbd[0] && p->bwrap[0])
		return check_server(p->smbd, p->bwrap, f);
	snprintf(f->text, sizeof(f->text), "not tried without smbd and bwrap");
	return -ENOENT;
}

static int look_virtiofsd(struct patient *p, struct finding *f)
{
	char path[PATH_MAX];
	struct err e = { 0 };
	int r = virtiofs_find(p->v->virtiofsd, path, &e);

	return look_program(r < 0 ? p->v->virtiofsd : path, "virtiofsd", "virtiofsd", "--version", path, f);
}

static int look_erofs(_unused_ struct patient *p, struct finding *f)
{
	char path[PATH_MAX];

	return look_program(NULL, "mkfs.erofs", "erofs-utils", "-V", path, f);
}

static int look_efi(struct patient *p, struct finding *f)
{
	const struct efi_request q = { .arch = p->arch, .qemu = p->qemu, .firmware = p->v->efi_firmware,
				       .variables = p->v->efi_variables, .vars = "" };
	struct efi efi = { 0 };
	struct err e = { 0 };
	int r = efi_find(&q, &efi, &e);

	snprintf(f->text, sizeof(f->text), "%s",
		 r < 0 ? "there is no EFI firmware for such a machine" : efi.code);
	if (r < 0 && p->arch->efi_package)
		distro_install(p->arch->efi_package, f->mend, sizeof(f->mend));
	return r;
}

static int look_swtpm(_unused_ struct patient *p, struct finding *f)
{
	char path[PATH_MAX];

	return look_program(NULL, "swtpm", "swtpm", "--version", path, f);
}

static int look_here(_unused_ struct patient *p, struct finding *f)
{
	return check_room(".", "storeboot run --image /elsewhere/NAME.qcow2", f);
}

static int look_cache(_unused_ struct patient *p, struct finding *f)
{
	_cleanup_buf_ struct buf path = { 0 };
	_cleanup_close_ int fd = cache_open("initrd", &path);

	const char *xdg = getenv("XDG_CACHE_HOME");

	if (fd >= 0)
		return check_room(path.data, "XDG_CACHE_HOME=/elsewhere storeboot run ...", f);
	/* A relative one is ignored (cache.c). */
	snprintf(f->text, sizeof(f->text), "nothing can be kept in %s/storeboot: %s",
		 xdg && xdg[0] == '/' ? xdg : "~/.cache", strerror(-fd));
	snprintf(f->mend, sizeof(f->mend), "XDG_CACHE_HOME=/elsewhere storeboot run ...");
	return fd;
}

static int look_runtime(_unused_ struct patient *p, struct finding *f)
{
	const char *base;

	(void)folder_base(&base);
	return check_room(base, "TMPDIR=/elsewhere storeboot run ...", f);
}

/* What of `storeboot run` cannot do without. */
enum use { ALWAYS, CIFS, VIRTIOFS, IMAGE, EFI, TPM, KVM, REGISTRATION, CACHE };

static bool asked(enum use use, const struct run_values *v)
{
	switch (use) {
	case ALWAYS:
		return true;
	case CIFS:
		return v->share == SHARE_CIFS;
	case VIRTIOFS:
		return v->share == SHARE_VIRTIOFS;
	case IMAGE:
		return v->share == SHARE_IMAGE || v->cache;
	case EFI:
		return v->efi;
	case TPM:
		return v->tpm;
	case KVM:
		return v->accel == ACCEL_KVM;
	case REGISTRATION:
		return v->registered.n > 0;
	case CACHE: /* all other runs make anew what they would have found there */
		return asked(IMAGE, v) || v->host_certs || v->print_qemu;
	}
	return false;
}

static const struct row {
	const char *name;
	enum use use;
	int (*look)(struct patient *p, struct finding *f);
	const char *without; /* what there is not then, where it was not asked for */
} rows[] = {
	{ "qemu", ALWAYS, look_qemu, NULL },
	{ "qemu-img", ALWAYS, look_qemu_img, NULL },
	{ "kvm", KVM, look_kvm, "slow guests" },
	{ "store", ALWAYS, look_store, NULL },
	{ "nix", REGISTRATION, look_nix, "no registration of the closure" },
	{ "smbd", CIFS, look_smbd, "no --share cifs" },
	{ "bwrap", CIFS, look_bwrap, "no --share cifs, no virtiofs" },
	{ "file server", CIFS, look_server, "no --share cifs" },
	{ "virtiofsd", VIRTIOFS, look_virtiofsd, "no --share virtiofs" },
	{ "mkfs.erofs", IMAGE, look_erofs, "no --share image, no --cache" },
	{ "efi", EFI, look_efi, "no --efi" },
	{ "swtpm", TPM, look_swtpm, "no --tpm" },
	{ "disk space", ALWAYS, look_here, NULL },
	{ "cache", CACHE, look_cache, "slow starts; no --share image, --cache, --host-certs, --print-qemu" },
	{ "private files", ALWAYS, look_runtime, NULL },
};

static void print_row(const char *level, const char *name, const char *text, const char *mend)
{
	printf("%-6s %-14s %s\n", level, name, text);
	if (*mend)
		printf("%-6s %-14s   %s\n", "", "", mend);
}

static void look_at_host(struct patient *p)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct row *row = &rows[i];
		struct finding f = { 0 };
		const bool good = row->look(p, &f) == 0, fault = !good && asked(row->use, p->v);
		const size_t len = strlen(f.text);

		if (!good && !fault)
			snprintf(f.text + len, sizeof(f.text) - len, ": %s", row->without);
		print_row(good ? "ok" : fault ? "FAULT" : "lacks", row->name, f.text, f.mend);
		p->faulty |= fault;
	}
}

/* A step of a run's own preparations. */
static void told(const char *step, int r, const struct err *e, void *arg)
{
	struct patient *p = arg;

	if (r == 0)
		return;
	progress_end();
	print_row("FAULT", step, e->text, "");
	p->faulty = p->run_fails = true;
}

static void look_at_run(int argc, char **argv, struct patient *p)
{
	run_look(argc, argv, told, p);
	progress_end();
	if (!p->run_fails)
		print_row("ok", "run", "options, system, modules, disks and share are as a run wants them", "");
}

int cmd_doctor(int argc, char **argv)
{
	struct opt_command command = run_command;
	_cleanup_(run_values_free) struct run_values v = RUN_VALUES_INIT;
	_cleanup_(opt_args_free) struct opt_args args = { 0 };
	struct patient p = { .v = &v };
	struct err e = { 0 };
	int r;

	command.name = "doctor";
	command.synopsis = "[SYSTEM] [OPTION]...";
	command.about = "Says what this host has and lacks for `storeboot run` with the same options, and the\n"
			"command that mends it. With a SYSTEM it looks at that, too: kernel, modules, disk\n"
			"image. Ends with 69 where the run would fail.";
	command.takes_rest = false;
	r = opt_parse(&command, argc, argv, &v, &args, &e);
	if (r < 0) {
		log_error("%s", e.text);
		return e.exit_status;
	}
	if (args.help) {
		opt_help(&command, stdout);
		return EXIT_OK;
	}
	p.arch = arch_of_host();
	look_at_host(&p);
	if (args.args.n > 0 || v.system.kernel)
		look_at_run(argc, argv, &p);
	return p.faulty ? EXIT_MISSING : EXIT_OK;
}
