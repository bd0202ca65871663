/* SPDX-License-Identifier: MIT */
/* accel.c - tests of the accelerator's proof, with the real QEMU under TCG */
#include "host/qemu/accel.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "host/folder.h"
#include "host/proc.h"
#include "host/qemu/accel_probe.h"
#include "init/lib/file.h"
#include "init/lib/str.h"
#include "tests/lib/test.h"

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

static void what_is_asked_for_is_taken(void)
{
	char why[256];

	CHECK_INT(accel_choose(ACCEL_KVM, "/no/such/qemu", why, sizeof(why)), ACCEL_KVM);
	CHECK_INT(accel_choose(ACCEL_TCG, "/no/such/qemu", why, sizeof(why)), ACCEL_TCG);
	CHECK_STR(why, "as asked");
}

/* A QEMU that does not run a guest under KVM gives TCG with a reason, whatever this host's KVM is. */
static void auto_falls_back(void)
{
	char why[600];

	setenv("XDG_CACHE_HOME", "/dev/null/folder", 1); /* root could make another */
	CHECK_INT(accel_choose(ACCEL_AUTO, "/bin/false", why, sizeof(why)), ACCEL_TCG);
	CHECK_HAS(why, "/dev/kvm");
}

/* --- what is kept: a host with a /dev/kvm, and a stub for QEMU ------------------------------------------ */

#define VERDICT "storeboot/accel/kvm"

static char top[PATH_MAX], stub[PATH_MAX];
static int dir;
static bool with_kvm;

static const char *stand_in(const char *path)
{
	return with_kvm && str_eq(path, "/dev/kvm") ? "/dev/null" : path;
}

/* This program's open and stat stand before libc's: /dev/kvm can be opened, whatever host this is. */
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

static void put(const char *name, const char *text, mode_t mode)
{
	CHECK_INT(file_replace(dir, name, text, strlen(text), mode), 0);
}

/* Each start adds a byte to the file starts; the file body is what it does. */
static void make_stub(void)
{
	char text[2 * PATH_MAX];

	CHECK_INT(str_format(stub, sizeof(stub), "%s/qemu", top), 0);
	CHECK_INT(str_format(text, sizeof(text), "#!/bin/sh\nprintf x >>%s/starts\n. %s/body\n", top, top), 0);
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

/* One choice: how often QEMU was started for it, and what it gave. */
static void choose(int starts, enum accel want, const char *part)
{
	_cleanup_buf_ struct buf b = { 0 };
	char why[600];

	CHECK(unlinkat(dir, "starts", 0) == 0 || errno == ENOENT);
	CHECK_INT(accel_choose(ACCEL_AUTO, stub, why, sizeof(why)), want);
	CHECK_HAS(why, part);
	CHECK(file_read(dir, "starts", 100, &b) == 0 || b.len == 0);
	CHECK_INT(b.len, starts);
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
		"kill -KILL $$", "kill -TERM $$", "kill -SEGV $$",
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

/* Once is a slow moment; twice is a KVM that hangs, and not each run waits for it. */
static void slow_counts_from_the_second_time(void)
{
	_cleanup_buf_ struct buf once = { 0 };

	forget();
	body("exec sleep 60");
	choose(1, ACCEL_TCG, "it did not end a small guest in 3 s");
	CHECK_INT(file_read(dir, VERDICT, 8192, &once), 0);
	body_runs();
	choose(1, ACCEL_KVM, "runs a guest");

	CHECK_INT(file_replace(dir, VERDICT, once.data, once.len, 0600), 0);
	body("exec sleep 60");
	choose(1, ACCEL_TCG, "it did not end a small guest in 3 s");
	body_runs();
	choose(0, ACCEL_TCG, "it did not end a small guest in 3 s");
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

int main(void)
{
	struct err e = { 0 };

	RUN(is_a_boot_sector);
	RUN(what_proves_nothing);
	RUN(what_is_asked_for_is_taken);
	RUN(auto_falls_back);
	if (!prepare(&e)) {
		printf("# %s\n", e.text);
		return 1;
	}
	RUN(what_runs_is_kept);
	RUN(its_own_no_is_kept_for_a_while);
	RUN(what_passes_is_not_kept);
	RUN(slow_counts_from_the_second_time);
	folder_remove(top);
	if (proc_find(NULL, "qemu-system-x86_64", "qemu-system-x86", qemu, &e) < 0)
		printf("# %s\n", e.text);
	RUN(runs_to_its_end);
	TEST_END();
}
