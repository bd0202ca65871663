/* SPDX-License-Identifier: MIT */
/* accel.c - tests of the accelerator's proof, with the real QEMU under TCG */
#include "host/qemu/accel.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/kvm.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "host/lib/folder.h"
#include "host/lib/proc.h"
#include "host/qemu/accel_probe.h"
#include "init/lib/file.h"
#include "init/lib/str.h"
#include "tests/lib/together.h"

extern const unsigned char accel_probe_sector[], accel_probe_sector_end[];

static char qemu[PATH_MAX];

static void is_a_boot_sector(void)
{
	CHECK_INT(accel_probe_sector_end - accel_probe_sector, 512);
	CHECK_INT(accel_probe_sector[510], 0x55);
	CHECK_INT(accel_probe_sector[511], 0xaa);
}

static void runs_to_its_end(void)
{
	char why[256] = "";

	CHECK_INT(accel_probe(qemu, ACCEL_TCG, why, sizeof(why)), 1);
	CHECK_STR(why, "");
}

/* Programs that are no QEMU: what ends well by accident is no proof. */
static void what_proves_nothing(void)
{
	char why[256];

	CHECK_INT(accel_probe("/bin/true", ACCEL_TCG, why, sizeof(why)), 0);
	CHECK_STR(why, "QEMU: exit status 0");
	CHECK_INT(accel_probe("/bin/false", ACCEL_TCG, why, sizeof(why)), 0);
	CHECK_STR(why, "QEMU: exit status 1");
	CHECK(accel_probe("/no/such/qemu", ACCEL_TCG, why, sizeof(why)) < 0);
	CHECK_HAS(why, "No such file");
}

static void tcg_is_taken_as_asked(void)
{
	char why[256];

	CHECK_INT(accel_choose(ACCEL_TCG, "/no/such/qemu", why, sizeof(why)), ACCEL_TCG);
	CHECK_STR(why, "as asked");
}

/* A QEMU that does not run a guest under KVM gives TCG with a reason, whatever this host's KVM is.
 */
static void auto_falls_back(void)
{
	char why[ACCEL_WHY_SIZE];

	setenv("XDG_CACHE_HOME", "/dev/null/folder", 1); /* root could make another */
	CHECK_INT(accel_choose(ACCEL_AUTO, "/bin/false", why, sizeof(why)), ACCEL_TCG);
	CHECK_HAS(why, "/dev/kvm");
	CHECK_HAS(why, ": the guest is emulated, about ten times slower");
}

/* --- what is kept: a host with a /dev/kvm, and a stub for QEMU
 * ------------------------------------------ */

#define VERDICT "storeboot/accel/kvm"

static char top[PATH_MAX], stub[PATH_MAX];
static int dir;
static bool with_kvm;
static int create_errno; /* how KVM_CREATE_VM ends; 0: well */

static const char *stand_in(const char *path)
{
	return with_kvm && str_eq(path, "/dev/kvm") ? "/dev/null" : path;
}

/* This program's open and stat stand before libc's: /dev/kvm can be opened, whatever host this is.
 */
int open(const char *path, int flags, ...)
{
	mode_t mode = 0;
	va_list ap;

	va_start(ap, flags);
	if (flags & (O_CREAT | __O_TMPFILE))
		mode = va_arg(ap, mode_t);
	va_end(ap);
	return (int)syscall(SYS_openat, AT_FDCWD, stand_in(path), flags, mode);
}

int stat(const char *path, struct stat *ret)
{
	return fstatat(AT_FDCWD, stand_in(path), ret, 0);
}

int ioctl(int fd, unsigned long request, ...)
{
	va_list ap;
	void *arg;

	va_start(ap, request);
	arg = va_arg(ap, void *);
	va_end(ap);
	if (!with_kvm || request != KVM_CREATE_VM)
		return (int)syscall(SYS_ioctl, fd, request, arg);
	errno = create_errno;
	return create_errno ? -1 : dup(fd);
}

static void put(const char *name, const char *text, mode_t mode)
{
	CHECK_INT(file_replace(dir, name, text, strlen(text), mode), 0);
}

/* Each start adds a byte to the file starts; the file body is what it does. */
static void make_stub(void)
{
	char text[2 * PATH_MAX];

	CHECK_INT(str_format(stub, sizeof(stub), "%s/qemu", top), 0);
	CHECK_INT(str_format(text, sizeof(text), "#!/bin/sh\nprintf x >>%s/starts\n. %s/body\n",
			     top, top),
		  0);
	put("qemu", text, 0755);
}

static void body(const char *text)
{
	put("body", text, 0644);
}

static void body_runs(void)
{
	char text[32];

	snprintf(text, sizeof(text), "exit %d", ACCEL_PROBE_STATUS);
	body(text);
}

static void forget(void)
{
	CHECK(unlinkat(dir, VERDICT, 0) == 0 || errno == ENOENT);
}

/* One choice: how often QEMU was started for it (-1: not known), and what it gave. */
static void choose_as(enum accel wanted, int starts, enum accel want, const char *part)
{
	_cleanup_buf_ struct buf b = { 0 };
	char why[ACCEL_WHY_SIZE];

	CHECK(unlinkat(dir, "starts", 0) == 0 || errno == ENOENT);
	CHECK_INT(accel_choose(wanted, stub, why, sizeof(why)), want);
	CHECK_HAS(why, part);
	CHECK(file_read(dir, "starts", 100, &b) == 0 || b.len == 0);
	CHECK(starts < 0 || b.len == (size_t)starts);
}

static void choose(int starts, enum accel want, const char *part)
{
	choose_as(ACCEL_AUTO, starts, want, part);
}

static void age(time_t seconds)
{
	const struct timespec t = { time(NULL) - seconds, 0 }, times[2] = { t, t };

	CHECK_INT(utimensat(dir, VERDICT, times, 0), 0);
}

static void what_runs_is_kept(void)
{
	forget();
	body_runs();
	choose(1, ACCEL_KVM, "/dev/kvm runs a guest");
	body("exit 1");
	age(100000);
	choose(0, ACCEL_KVM, "/dev/kvm runs a guest");
}

/* QEMU 7.2 where KVM lacks an MSR: it says so, and aborts. */
static void its_own_no_is_kept_for_a_while(void)
{
	static const char *const bodies[] = { "echo 'q: -accel kvm: no such thing' >&2; exit 1",
					      "echo 'q: no such thing' >&2; kill -ABRT $$" };

	for (size_t i = 0; i < ARRAY_SIZE(bodies); i++) {
		forget();
		body(bodies[i]);
		choose(1, ACCEL_TCG, "no such thing");
		body_runs();
		choose(0, ACCEL_TCG, "no such thing");
		age(301);
		choose(0, ACCEL_TCG,
		       "no such thing): the guest is emulated, about ten times slower "
		       "(remembered for 5 min; 'storeboot doctor' asks again)");
		age(590);
		choose(0, ACCEL_TCG, "no such thing");
		age(-100); /* made in what is now the future */
		choose(1, ACCEL_KVM, "runs a guest");
		forget();
		body(bodies[i]);
		choose(1, ACCEL_TCG, "no such thing");
		body_runs();
		age(601);
		choose(1, ACCEL_KVM, "runs a guest");
	}
}

static void what_passes_is_not_kept(void)
{
	static const char *const bodies[] = {
		"kill -KILL $$",
		"kill -TERM $$",
		"kill -SEGV $$",
		"echo 'ioctl(KVM_CREATE_VM) failed: 16 Device or resource busy' >&2; exit 1",
		"echo 'q: cannot set up guest memory: Cannot allocate memory' >&2; exit 1",
	};

	for (size_t i = 0; i < ARRAY_SIZE(bodies); i++) {
		forget();
		body(bodies[i]);
		choose(1, ACCEL_TCG, "QEMU: ");
		choose(1, ACCEL_TCG, "QEMU: ");
		CHECK(faccessat(dir, VERDICT, F_OK, 0) < 0);
	}
	body_runs();
	choose(1, ACCEL_KVM, "runs a guest");
}

/* --accel kvm: nobody wants TCG instead, and what is remembered may have been mended since. */
static void what_is_asked_for_is_tried(void)
{
	forget();
	body("echo 'q: no such thing' >&2; exit 1");
	choose(1, ACCEL_TCG, "no such thing");
	choose_as(ACCEL_KVM, 1, ACCEL_TCG, "runs no guest (QEMU: no such thing)");
	body_runs();
	choose(0, ACCEL_TCG, "no such thing");
	choose_as(ACCEL_KVM, 1, ACCEL_KVM, "runs a guest");
	body("exit 1");
	choose(0, ACCEL_KVM, "runs a guest");
}

/* Another hypervisor took the processor after KVM was seen to run a guest. */
static void what_is_busy_now_is_not_used(void)
{
	static const int nums[] = { EBUSY, ENOMEM, ENODEV };

	forget();
	body_runs();
	choose(1, ACCEL_KVM, "runs a guest");
	for (size_t i = 0; i < ARRAY_SIZE(nums); i++) {
		create_errno = nums[i];
		choose(0, ACCEL_TCG, "KVM_CREATE_VM: ");
		choose(0, ACCEL_TCG, strerror(nums[i]));
	}
	create_errno = 0;
	choose(0, ACCEL_KVM, "runs a guest");
}

/* Longer than any limit by the clock that an idle host would need. */
static void a_slow_guest_is_waited_for(void)
{
	char text[128];

	forget();
	snprintf(text, sizeof(text), "for i in 1 2 3 4 5 6; do sleep 1; echo $i; done; exit %d",
		 ACCEL_PROBE_STATUS);
	body(text);
	choose(1, ACCEL_KVM, "runs a guest");
}

static void a_stopped_one_is_waited_for(void)
{
	char text[128];

	forget();
	snprintf(text, sizeof(text), "(sleep 7; kill -CONT $$) & kill -STOP $$; exit %d",
		 ACCEL_PROBE_STATUS);
	body(text);
	choose(1, ACCEL_KVM, "runs a guest");
}

/* What QEMU says when KVM gives up on a guest, before it dumps the registers and keeps running. */
static void a_failed_entry_is_known_at_once(void)
{
	forget();
	body("printf 'q: warning: so\nKVM internal error. Suberror: 1\nRAX=0\nCode=00\n' >&2; exec sleep 60");
	choose(1, ACCEL_TCG, "runs no guest (QEMU: KVM internal error. Suberror: 1): ");
	choose(0, ACCEL_TCG, "Suberror: 1");
}

static void *spin(_unused_ void *arg)
{
	for (;;)
		__asm__ volatile("");
	return NULL;
}

/* As a processor of the guest that goes round in circles: a thread that is not the first. */
static void a_guest_that_spins_is_found(void)
{
	char self[PATH_MAX] = "", text[PATH_MAX + 32];

	CHECK(readlink("/proc/self/exe", self, sizeof(self) - 1) > 0);
	snprintf(text, sizeof(text), "exec %s spin", self);
	forget();
	body(text);
	choose(1, ACCEL_TCG, "ran for 5 s of processor time without progress");
}

/* A signal that ends the run also ends the probe, and teaches nothing. */
static void a_signal_ends_the_probe(void)
{
	sigset_t set, old;
	char why[ACCEL_WHY_SIZE];

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, &old);
	raise(SIGTERM);
	forget();
	body("while :; do echo; sleep 1; done");
	CHECK_INT(accel_probe(stub, ACCEL_KVM, why, sizeof(why)), -EINTR);
	choose(-1, ACCEL_TCG, "Interrupted"); /* perhaps before the stub has counted */
	CHECK(faccessat(dir, VERDICT, F_OK, 0) < 0);
	CHECK_INT(sigtimedwait(&set, NULL, &(struct timespec){ 0 }), SIGTERM);
	sigprocmask(SIG_SETMASK, &old, NULL);
}

/* Once is a slow moment; twice is a KVM that hangs, and not each run waits for it. */
static void standing_still_counts_from_the_second_time(void)
{
	_cleanup_buf_ struct buf once = { 0 };

	forget();
	body("exec sleep 60");
	choose(1, ACCEL_TCG, "a small guest stood still for 5 s");
	CHECK_INT(file_read(dir, VERDICT, 8192, &once), 0);
	body_runs();
	choose(1, ACCEL_KVM, "runs a guest");

	CHECK_INT(file_replace(dir, VERDICT, once.data, once.len, 0600), 0);
	body("exec sleep 60");
	choose(1, ACCEL_TCG, "a small guest stood still for 5 s");
	body_runs();
	choose(0, ACCEL_TCG, "a small guest stood still for 5 s");
	age(601);
	choose(1, ACCEL_KVM, "runs a guest");
}

static bool prepare(struct err *e)
{
	if (folder_make(top, e) < 0 || setenv("XDG_CACHE_HOME", top, 1) < 0)
		return false;
	dir = open(top, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	with_kvm = true;
	make_stub();
	return dir >= 0;
}

/* With a cache and a stub of its own. */
static void in_own_folder(void (*fn)(void))
{
	struct err e = { 0 };

	CHECK(prepare(&e));
	CHECK_STR(e.text, "");
	if (test_ok)
		fn();
	folder_remove(top);
}

static const struct together kept[] = {
	TOGETHER(what_runs_is_kept),
	TOGETHER(its_own_no_is_kept_for_a_while),
	TOGETHER(what_passes_is_not_kept),
	TOGETHER(what_is_asked_for_is_tried),
	TOGETHER(what_is_busy_now_is_not_used),
	TOGETHER(a_slow_guest_is_waited_for),
	TOGETHER(a_stopped_one_is_waited_for),
	TOGETHER(a_failed_entry_is_known_at_once),
	TOGETHER(a_guest_that_spins_is_found),
	TOGETHER(a_signal_ends_the_probe),
	TOGETHER(standing_still_counts_from_the_second_time),
};

int main(int argc, _unused_ char **argv)
{
	struct err e = { 0 };
	pthread_t thread;

	if (argc > 1) /* a_guest_that_spins_is_found */
		return pthread_create(&thread, NULL, spin, NULL) || pthread_join(thread, NULL);

	RUN(is_a_boot_sector);
	RUN(what_proves_nothing);
	RUN(tcg_is_taken_as_asked);
	RUN(auto_falls_back);
	run_together(kept, ARRAY_SIZE(kept), in_own_folder);
	if (proc_find(NULL, "qemu-system-x86_64", "qemu-system-x86", qemu, &e) < 0)
		printf("# %s\n", e.text);
	RUN(runs_to_its_end);
	TEST_END();
}
