/* SPDX-License-Identifier: MIT */
/*
 * doctor.c - `storeboot doctor`: what this host has and lacks, and the command that fixes it
 *
 * It takes the options of `storeboot run`, which decide whether something missing is a fault. With
 * a SYSTEM it then runs all checks of `run` (run_look).
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
#include "host/lib/harmless.h"
#include "host/lib/proc.h"
#include "host/lib/progress.h"
#include "host/qemu/accel.h"
#include "host/qemu/efi.h"
#include "host/doctor/checks.h"
#include "host/run/plan.h"
#include "host/run/run.h"
#include "host/share/virtiofs.h"
#include "init/lib/log.h"
#include "init/lib/spawn.h"
#include "init/param.h"

#define QEMU_MAJOR_MIN 5
#define QEMU_MINOR_MIN 2

/* What `storeboot run` with these options needs. */
enum use {
	ALWAYS = 1 << 0,
	CIFS = 1 << 1,
	VIRTIOFS = 1 << 2,
	IMAGE = 1 << 3,
	EFI = 1 << 4,
	TPM = 1 << 5,
	KVM = 1 << 6,
	REGISTRATION = 1 << 7,
	CACHE = 1 << 8,
};

struct patient {
	const struct run_values *v;
	const struct arch *arch;			      /* the host's */
	char qemu[PATH_MAX], smbd[PATH_MAX], bwrap[PATH_MAX]; /* "": missing or broken */
	bool slow;					      /* without KVM */
	unsigned int faults;
	bool run_fails; /* a check of run_look failed */
};

static unsigned int uses_of(const struct run_values *v)
{
	const bool image = v->share == SHARE_IMAGE || v->cache;

	/* Only these need the cache: without it a run makes anything else again. */
	return ALWAYS | (v->share == SHARE_CIFS ? CIFS : 0) |
	       (v->share == SHARE_VIRTIOFS ? VIRTIOFS : 0) | (image ? IMAGE | CACHE : 0) |
	       (v->host_certs || v->print_qemu ? CACHE : 0) | (v->efi ? EFI : 0) |
	       (v->tpm ? TPM : 0) | (v->accel == ACCEL_KVM ? KVM : 0) |
	       (v->registered.n > 0 ? REGISTRATION : 0);
}

/* --- programs ------------------------------------------------------------- */

static void first_line(const struct buf *b, char *dst, size_t size)
{
	snprintf(dst, size, "%.*s", b->data ? (int)strcspn(b->data, "\n") : 0,
		 b->data ? b->data : "");
}

static void last_line(const struct buf *b, char *dst, size_t size)
{
	const char *newline = b->data ? memrchr(b->data, '\n', b->len) : NULL;

	snprintf(dst, size, "%s", newline ? newline + 1 : b->data ? b->data : "");
}

/* A program without such an option may still print its version: mkfs.erofs 1.5 prints
 * "mkfs.erofs 1.5" with its usage error. */
static bool says_its_version(const char *path, const char *line)
{
	const char *slash = strrchr(path, '/'), *rest = str_after(line, slash ? slash + 1 : path);

	return rest && *rest == ' ' && isdigit((unsigned char)rest[1]);
}

/*
 * Runs a program for its version: the first line that it writes, into f's text. If the program
 * fails, its last line is the reason. Returns 0, or -errno; f's text is set in both cases.
 */
static int ask_version(const char *path, const char *option, struct finding *f)
{
	_cleanup_buf_ struct buf out = { 0 }, said = { 0 };
	const char *const argv[] = { path, option, NULL };
	const struct spawn s = {
		.path = path, .argv = argv, .stdin_fd = -1, .timeout_ms = SPAWN_ASK_TIMEOUT_MS
	};
	char words[256], how[64], why[256];
	int status, r = spawn_run(&s, &out, &said, &status);

	first_line(out.len > 0 || r < 0 ? &out : &said, words, sizeof(words));
	if (r == 0 && WIFEXITED(status) &&
	    (WEXITSTATUS(status) == 0 || says_its_version(path, words))) {
		FOUND(f, "%s: %s", path, words);
		return 0;
	}
	last_line(said.len > 0 ? &said : &out, why, sizeof(why));
	FOUND(f, "%s does not run: %s%s%s", path,
	      r < 0 ? strerror(-r) : spawn_status_text(status, how, sizeof(how)),
	      why[0] ? ": " : "", why);
	return r < 0 ? r : -ENOEXEC;
}

/* given: the user's own program, or NULL. ret_path: NULL, or gets the path, "" if unusable. */
static int look_program(const char *given, const char *name, const char *package,
			const char *option, char *ret_path, struct finding *f)
{
	char path[PATH_MAX];
	struct err e = { 0 };
	int r = proc_find(given, name, package, path, &e);

	if (r < 0)
		FOUND(f, "%s is not on this host", given ? given : name);
	else
		r = ask_version(path, option, f);
	if (r < 0)
		distro_install(package, f->mend, sizeof(f->mend));
	if (ret_path)
		snprintf(ret_path, PATH_MAX, "%s", r < 0 ? "" : path);
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
		return 0; /* a build with its own version format */
	if (major > QEMU_MAJOR_MIN || (major == QEMU_MAJOR_MIN && minor >= QEMU_MINOR_MIN))
		return 0;
	FOUND(f, "%s is QEMU %u.%u; want %d.%d or later", p->qemu, major, minor, QEMU_MAJOR_MIN,
	      QEMU_MINOR_MIN);
	distro_install(p->arch->package, f->mend, sizeof(f->mend));
	return -ENOTSUP;
}

static int look_smbd(struct patient *p, struct finding *f)
{
	return look_program(p->v->smbd, "smbd", "samba", "--version", p->smbd, f);
}

static int look_bwrap(struct patient *p, struct finding *f)
{
	return look_program(NULL, "bwrap", "bubblewrap", "--version", p->bwrap, f);
}

static int look_virtiofsd(struct patient *p, struct finding *f)
{
	char path[PATH_MAX];
	struct err e = { 0 };
	int r = virtiofs_find(p->v->virtiofsd, path, &e);

	return look_program(r < 0 ? p->v->virtiofsd : path, "virtiofsd", "virtiofsd", "--version",
			    NULL, f);
}

/* --- all else ------------------------------------------------------------- */

static int look_kvm(struct patient *p, struct finding *f)
{
	int r = -ENOENT;

	if (p->qemu[0])
		r = check_kvm(p->qemu, f);
	else
		FOUND(f, "not tried without QEMU");
	p->slow = r < 0;
	return r;
}

static int look_store(struct patient *p, struct finding *f)
{
	const char *store = p->v->system.store ? p->v->system.store : GUEST_STORE;

	FOUND(f, "%s", store);
	if (access(store, R_OK | X_OK) == 0)
		return 0;
	FOUND(f, "%s: %s", store, strerror(errno));
	distro_install("nix-bin", f->mend, sizeof(f->mend));
	return -ENOENT;
}

static int look_server(struct patient *p, struct finding *f)
{
	if (p->smbd[0] && p->bwrap[0])
		return check_server(p->smbd, p->bwrap, f);
	FOUND(f, "not tried without smbd and bwrap");
	return -ENOENT;
}

static int look_efi(struct patient *p, struct finding *f)
{
	const struct efi_request q = { .arch = p->arch,
				       .qemu = p->qemu,
				       .firmware = p->v->efi_firmware,
				       .variables = p->v->efi_variables,
				       .vars = "" };
	struct efi efi = { 0 };
	struct err e = { 0 };
	int r = efi_find(&q, &efi, &e);

	FOUND(f, "%s", r < 0 ? "there is no EFI firmware for such a machine" : efi.code);
	if (r < 0 && p->arch->efi_package)
		distro_install(p->arch->efi_package, f->mend, sizeof(f->mend));
	return r;
}

static int look_here(_unused_ struct patient *p, struct finding *f)
{
	return check_free_space(".", "storeboot run --image /elsewhere/NAME.qcow2", f);
}

static int look_cache(_unused_ struct patient *p, struct finding *f)
{
	static const char elsewhere[] = "XDG_CACHE_HOME=/elsewhere storeboot run ...";
	_cleanup_buf_ struct buf path = { 0 };
	_cleanup_close_ int fd = cache_open("initrd", &path);
	const char *xdg = getenv("XDG_CACHE_HOME");

	if (fd >= 0)
		return check_free_space(path.data, elsewhere, f);
	/* cache.c ignores a relative path. */
	FOUND(f, "nothing can be kept in %s/storeboot: %s", xdg && xdg[0] == '/' ? xdg : "~/.cache",
	      strerror(-fd));
	MEND(f, "%s", elsewhere);
	return fd;
}

static int look_runtime(_unused_ struct patient *p, struct finding *f)
{
	const char *base;

	(void)folder_base(&base);
	return check_free_space(base, "TMPDIR=/elsewhere storeboot run ...", f);
}

/* --- the report ----------------------------------------------------------- */

#define PROGRAM(p, package_, option_) .program = p, .package = package_, .option = option_

static const struct row {
	const char *name; /* what needs it */
	enum use use;
	int (*look)(struct patient *p, struct finding *f); /* NULL: ask the program */
	const char *without; /* the loss if it is missing and not needed here */
	const char *program, *package, *option;
} rows[] = {
	{ "guest machine", ALWAYS, .look = look_qemu },
	{ "disk images", ALWAYS, PROGRAM("qemu-img", "qemu-utils", "--version") },
	{ "fast guests", KVM, .look = look_kvm,
	  .without = "guests are emulated, ten times slower" },
	{ "store", ALWAYS, .look = look_store },
	{ "registration", REGISTRATION, PROGRAM("nix-store", "nix-bin", "--version"),
	  .without = "no registration of the closure" },
	{ "share cifs", CIFS, .look = look_smbd, .without = "no --share cifs" },
	{ "sandbox", CIFS, .look = look_bwrap, .without = "no --share cifs, no virtiofs" },
	{ "cifs in sandbox", CIFS, .look = look_server, .without = "no --share cifs" },
	{ "share virtiofs", VIRTIOFS, .look = look_virtiofsd, .without = "no --share virtiofs" },
	{ "share image", IMAGE, PROGRAM("mkfs.erofs", "erofs-utils", "-V"),
	  .without = "no --share image, no --cache" },
	{ "EFI boot", EFI, .look = look_efi, .without = "no --efi" },
	{ "TPM", TPM, PROGRAM("swtpm", "swtpm", "--version"), .without = "no --tpm" },
	{ "disk space", ALWAYS, .look = look_here },
	{ "cache", CACHE, .look = look_cache,
	  .without = "slow starts; no --share image, --cache, --host-certs, --print-qemu" },
	{ "space to run", ALWAYS, .look = look_runtime },
};

#define WIDTH 80
#define LEFT 24 /* the columns of level and name */

/* Prints text from column LEFT on, in lines of at most WIDTH columns if the words allow it. */
static void print_text(const char *text)
{
	for (size_t at = LEFT, n; *text; text += n) {
		n = strspn(text, " ");
		n += strcspn(text + n, " ");
		if (at > LEFT && at + n > WIDTH) {
			printf("\n%*s", LEFT, "");
			at = LEFT;
			text++;
			n--;
		}
		printf("%.*s", (int)n, text);
		at += n;
	}
	putchar('\n');
}

static void print_row(const char *level, const char *name, const struct finding *f)
{
	char mend[sizeof(f->mend) + 8], text[sizeof(f->text)];

	printf("%-6s %-15s  ", level, name);
	snprintf(text, sizeof(text), "%s", f->text);
	harmless_line(text);
	print_text(text);
	if (!f->mend[0])
		return;
	snprintf(mend, sizeof(mend), "fix: %s", f->mend);
	harmless_line(mend);
	printf("%*s", LEFT, "");
	print_text(mend);
}

static void look_at_host(struct patient *p)
{
	const unsigned int uses = uses_of(p->v);

	printf("ok: works.  lacks: missing, not needed here.  FAULT: missing, and needed "
	       "here.\n\n");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct row *row = &rows[i];
		struct finding f = { 0 };
		const bool good = (row->look ? row->look(p, &f) :
					       look_program(NULL, row->program, row->package,
							    row->option, NULL, &f)) == 0;
		const bool fault = !good && (row->use & uses);
		const size_t len = strlen(f.text);

		if (!good && !fault)
			snprintf(f.text + len, sizeof(f.text) - len, ": %s", row->without);
		print_row(good ? "ok" : fault ? "FAULT" : "lacks", row->name, &f);
		p->faults += fault;
	}
}

/* Prints a failed check of run_look. */
static void told(const char *step, int r, const struct err *e, void *arg)
{
	struct patient *p = arg;
	struct finding f = { 0 };

	if (r == 0)
		return;
	progress_end();
	FOUND(&f, "%s", e->text);
	print_row("FAULT", step, &f);
	p->faults++;
	p->run_fails = true;
}

static void look_at_run(int argc, char **argv, struct patient *p)
{
	static const struct finding well = {
		.text = "options, kernel, modules, disks and share fit"
	};

	run_look(argc, argv, told, p);
	progress_end();
	if (!p->run_fails)
		print_row("ok", "this run", &well);
}

static void print_verdict(const struct patient *p)
{
	if (p->faults > 0)
		printf("\nstoreboot run does not work here: %u fault%s.\n", p->faults,
		       p->faults > 1 ? "s" : "");
	else
		printf("\nstoreboot run works here%s.\n",
		       p->slow ? "; without KVM it is slow" : "");
}

int cmd_doctor(int argc, char **argv)
{
	_cleanup_(opt_args_free) struct opt_args args = { 0 };
	struct plan plan = { 0 };
	struct patient p = { .v = &plan.v, .arch = arch_of_host() };
	struct err e = { 0 };
	int r = opt_parse(&doctor_command, argc, argv, &plan, &args, &e);

	if (r < 0) {
		log_error("%s", e.text);
		return e.exit_status;
	}
	if (args.help) {
		opt_help(&doctor_command);
		return EXIT_OK;
	}
	look_at_host(&p);
	if (args.args.n > 0 || plan.v.system.kernel)
		look_at_run(argc, argv, &p);
	print_verdict(&p);
	return p.faults > 0 ? EXIT_MISSING : EXIT_OK;
}
