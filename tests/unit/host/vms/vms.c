/* SPDX-License-Identifier: MIT */
/* vms.c - tests of the registry of running VMs, and of the keeper that clears up behind one */
#include "host/vms/vms.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "host/lib/exit.h"
#include "host/lib/folder.h"
#include "host/lib/keeper.h"
#include "host/vms/list.h"
#include "init/lib/spawn.h"
#include "tests/lib/scratch.h"
#include "tests/lib/test.h"

static char top[] = "/tmp/storeboot-vms.XXXXXX";
static char base[PATH_MAX];
static const struct vms_about about = { "box", "/nix/store/sys", "/boot/k", "/w/box.qcow2", true };

static bool exists(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

static void a_vm_is_there_and_goes(void)
{
	_cleanup_(vms_list_free) struct vms_list l = { 0 };
	struct vms_own own = VMS_OWN_INIT;
	struct vms_found found;
	struct err e = { 0 };
	struct stat st;

	CHECK_INT(vms_make(&about, true, &own, &e), 0);
	CHECK_STR(own.name, "box");
	CHECK_INT(stat(own.folder, &st), 0);
	CHECK_INT(st.st_mode & 07777, 0700);
	CHECK_INT(stat(base, &st), 0);
	CHECK_INT(st.st_mode & 07777, 0700);
	CHECK_INT(vms_list(&l, &e), 0);
	CHECK_INT(l.n, 1);
	if (l.n == 1) {
		CHECK_STR(l.v[0].name, "box");
		CHECK_STR(l.v[0].system, "/nix/store/sys");
		CHECK_STR(l.v[0].kernel, "/boot/k");
		CHECK_STR(l.v[0].image, "/w/box.qcow2");
		CHECK_INT(l.v[0].pid, getpid());
		CHECK(l.v[0].started > 0);
	}
	CHECK_INT(vms_find("box", &found, &e), 0);
	CHECK_STR(found.place, own.place);
	CHECK_INT(found.pid, getpid());
	CHECK(found.filtered && l.v[0].filtered);
	CHECK_STR(own.folder, own.place);
	CHECK_INT(vms_release(&own), 0);
	CHECK(!exists(base));
	CHECK_INT(vms_release(&own), 0);
}

/* An exclusive lock is what systemd-tmpfiles asks for before it looks into a folder. */
static void the_folder_is_locked(void)
{
	struct vms_own own = VMS_OWN_INIT;
	struct err e = { 0 };
	int fd;

	CHECK_INT(vms_make(&about, true, &own, &e), 0);
	fd = open(own.folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	CHECK(flock(fd, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK);
	CHECK_INT(close(fd), 0);
	/* For a moment only, else no VM could be looked for. */
	fd = open(base, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	CHECK_INT(flock(fd, LOCK_EX | LOCK_NB), 0);
	CHECK_INT(close(fd), 0);
	CHECK_INT(vms_release(&own), 0);
	CHECK(!exists(base));
}

static void run_tmpfiles(const char *config)
{
	const char *const argv[] = { "systemd-tmpfiles", "--clean", config, NULL };
	const struct spawn s = {
		.path = argv[0], .argv = argv, .stdin_fd = -1, .timeout_ms = 60000
	};
	_cleanup_buf_ struct buf said = { 0 };
	int status = -1;

	CHECK_INT(spawn_run(&s, NULL, &said, &status), 0);
	if (status != 0)
		printf("# %s\n", said.data ? said.data : "");
}

/* The real one, for our folder alone: what is old goes, and what is a living VM's stays. */
static void the_cleaner_of_tmp_leaves_it_alone(void)
{
	struct vms_own own = VMS_OWN_INIT;
	char config[sizeof(top) + 16], aged[sizeof(top) + 8], text[PATH_MAX + 8];
	struct err e = { 0 };

	if (system("command -v systemd-tmpfiles >/dev/null") != 0) {
		printf("# no systemd-tmpfiles here\n");
		return;
	}
	snprintf(aged, sizeof(aged), "%s/aged", top);
	snprintf(config, sizeof(config), "%s/tmpfiles.conf", top);
	snprintf(text, sizeof(text), "d %s - - - 1s\n", aged);
	CHECK_INT(mkdir(aged, 0700), 0);
	setenv("STOREBOOT_RUNTIME_DIR", aged, 1);
	CHECK_INT(folder_write(top, "tmpfiles.conf", text, strlen(text), &e), 0);
	CHECK_INT(folder_write(aged, "old", "", 0, &e), 0);
	CHECK_INT(vms_make(&about, true, &own, &e), 0);
	CHECK_INT(folder_write(own.folder, "socket", "", 0, &e), 0);
	sleep(2);
	run_tmpfiles(config);
	snprintf(text, sizeof(text), "%s/old", aged);
	CHECK(!exists(text));
	snprintf(text, sizeof(text), "%s/vm", own.folder);
	CHECK(exists(text));
	snprintf(text, sizeof(text), "%s/socket", own.folder);
	CHECK(exists(text));
	/* Without the lock it takes them: it is the lock that keeps them. */
	CHECK_INT(flock(own.place_fd, LOCK_UN), 0);
	sleep(2);
	run_tmpfiles(config);
	CHECK(!exists(text));
	CHECK_INT(vms_release(&own), 0);
	setenv("STOREBOOT_RUNTIME_DIR", top, 1);
}

static void names_are_unique(void)
{
	struct vms_own a = VMS_OWN_INIT, b = VMS_OWN_INIT, c = VMS_OWN_INIT;
	char number[32];
	struct vms_found found;
	struct err e = { 0 };

	snprintf(number, sizeof(number), "pid %d (", (int)getpid());
	CHECK_INT(vms_make(&about, false, &a, &e), 0);
	CHECK_INT(vms_make(&about, true, &b, &e), -EBUSY);
	CHECK_INT(e.exit_status, EXIT_IN_USE);
	CHECK_HAS(e.text, "a VM called box runs already: ");
	CHECK_HAS(e.text, number);
	CHECK_INT(vms_make(&about, false, &b, &e), 0);
	CHECK_STR(b.name, "box-2");
	CHECK_INT(vms_make(&about, false, &c, &e), 0);
	CHECK_STR(c.name, "box-3");
	CHECK_INT(vms_release(&b), 0);
	CHECK_INT(vms_make(&about, false, &b, &e), 0);
	CHECK_STR(b.name, "box-2");
	CHECK_INT(vms_find("chest", &found, &e), -ESRCH);
	CHECK_HAS(e.text, "no VM called chest runs; there is box, box-2, box-3");
	CHECK_INT(vms_release(&a), 0);
	CHECK_INT(vms_release(&b), 0);
	CHECK_INT(vms_release(&c), 0);
	CHECK_INT(vms_find("box", &found, &e), -ESRCH);
	CHECK_HAS(e.text, "none does");
	CHECK(!exists(base));
}

static void long_names_are_cut(void)
{
	struct vms_about with_long = about;
	struct vms_own a = VMS_OWN_INIT, b = VMS_OWN_INIT;
	struct err e = { 0 };
	char name[128];

	memset(name, 'n', sizeof(name));
	name[127] = '\0';
	with_long.name = name;
	CHECK_INT(vms_make(&with_long, false, &a, &e), 0);
	CHECK_INT(strlen(a.name), VMS_NAME_MAX);
	CHECK_INT(vms_make(&with_long, false, &b, &e), 0);
	CHECK_INT(strlen(b.name), VMS_NAME_MAX);
	CHECK_STR(b.name + VMS_NAME_MAX - 3, "n-2");
	CHECK_INT(vms_release(&a), 0);
	CHECK_INT(vms_release(&b), 0);
}

/* A launcher that is killed with a VM of that name. Returns its keeper's pid; 0 without one. */
static pid_t killed_launcher(bool with_keeper)
{
	int ends[2];
	pid_t launcher, keeper = -1;

	CHECK_INT(pipe(ends), 0);
	launcher = fork();
	if (launcher == 0) {
		struct keeper k = KEEPER_INIT;
		struct vms_own own = VMS_OWN_INIT;
		const struct keeper_task task = { own.place, vms_clean, -1, NULL };
		struct err e = { 0 };

		if (vms_make(&about, true, &own, &e) == 0 &&
		    (!with_keeper || keeper_start(&k, &task, &e) == 0) &&
		    write(ends[1], &k.pid, sizeof(k.pid)) > 0)
			pause();
		_exit(1);
	}
	close(ends[1]);
	CHECK_INT(read(ends[0], &keeper, sizeof(keeper)), sizeof(keeper));
	kill(launcher, SIGKILL);
	CHECK_INT(waitpid(launcher, NULL, 0), launcher);
	close(ends[0]);
	return keeper;
}

static void the_dead_are_removed_by_who_sees_them(void)
{
	_cleanup_(vms_list_free) struct vms_list l = { 0 };
	struct vms_own own = VMS_OWN_INIT;
	struct err e = { 0 };

	CHECK_INT(killed_launcher(false), 0);
	CHECK(exists(base));
	CHECK_INT(vms_list(&l, &e), 0);
	CHECK_INT(l.n, 0);
	CHECK(!exists(base));

	CHECK_INT(killed_launcher(false), 0);
	CHECK_INT(vms_make(&about, true, &own, &e), 0);
	CHECK_INT(vms_clean(own.place), -EBUSY);
	CHECK(exists(own.folder));
	CHECK_INT(vms_release(&own), 0);
	CHECK(!exists(base));
}

/* A child that has just been forked still has the launcher's descriptors. */
static void released_while_a_child_holds_its_descriptors(void)
{
	struct vms_own own = VMS_OWN_INIT;
	struct err e = { 0 };
	pid_t child;

	CHECK_INT(vms_make(&about, true, &own, &e), 0);
	child = fork();
	if (child == 0)
		for (;;)
			pause();
	CHECK(child > 0);
	CHECK_INT(vms_release(&own), 0);
	CHECK(!exists(base));
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
}

static void the_keeper_clears_up(void)
{
	CHECK(killed_launcher(true) > 0);
	for (int i = 0; i < 6000 && exists(base); i++) /* it is no child of ours to wait for */
		usleep(10000);
	CHECK(!exists(base));
}

static void a_dismissed_keeper_touches_nothing(void)
{
	struct vms_own own = VMS_OWN_INIT;
	const struct keeper_task task = { own.place, vms_clean, -1, NULL };
	struct keeper k = KEEPER_INIT;
	struct err e = { 0 };

	CHECK_INT(vms_make(&about, false, &own, &e), 0);
	CHECK_INT(keeper_start(&k, &task, &e), 0);
	keeper_stop(&k);
	CHECK(exists(own.folder));
	CHECK(waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD);
	CHECK_INT(vms_release(&own), 0);
}

/* Many at once make, look and release; each has a name of its own at each moment. */
static void races(void)
{
	enum { LAUNCHERS = 8, ROUNDS = 60 };
	int status;

	for (int i = 0; i < LAUNCHERS; i++) {
		if (fork() > 0)
			continue;
		for (int k = 0; k < ROUNDS; k++) {
			_cleanup_(vms_list_free) struct vms_list l = { 0 };
			struct vms_own own = VMS_OWN_INIT;
			struct vms_found found;
			struct err e = { 0 };

			if (vms_make(&about, false, &own, &e) < 0 || vms_list(&l, &e) < 0 ||
			    l.n < 1 || l.n > LAUNCHERS || vms_find(own.name, &found, &e) < 0 ||
			    folder_write(own.folder, "mine", "", 0, &e) < 0) {
				printf("# %s\n", e.text);
				fflush(stdout);
				_exit(1);
			}
			if (vms_release(&own) < 0)
				_exit(1);
		}
		_exit(0);
	}
	for (int i = 0; i < LAUNCHERS; i++) {
		CHECK(wait(&status) > 0);
		CHECK_INT(status, 0);
	}
	CHECK(!exists(base));
}

static void bases_that_are_not_private_are_refused(void)
{
	struct vms_own own = VMS_OWN_INIT;
	struct err e = { 0 };

	CHECK_INT(mkdir(base, 0700), 0);
	CHECK_INT(chmod(base, 0755), 0);
	CHECK_INT(vms_make(&about, false, &own, &e), -EPERM);
	CHECK_HAS(e.text, "is no private folder of this user");
	CHECK_INT(rmdir(base), 0);
	CHECK_INT(symlink(top, base), 0);
	CHECK(vms_make(&about, false, &own, &e) < 0);
	CHECK_HAS(e.text, base);
	CHECK_INT(unlink(base), 0);
}

/* --- without STOREBOOT_RUNTIME_DIR, in a mount namespace with a /tmp of our own
 * ----------------------- */

static const char *const variables[] = { "XDG_RUNTIME_DIR", "TMPDIR" };

/* What each of the two is in one environment, by its number; NULL: not set. */
static void set_environment(const char *const *values)
{
	for (size_t i = 0; i < ARRAY_SIZE(variables); i++)
		if (values[i])
			setenv(variables[i], values[i], 1);
		else
			unsetenv(variables[i]);
}

static const struct {
	const char *values[2], *private; /* where its private files are */
} environments[] = {
	{ { NULL, NULL }, NULL },				 /* cron */
	{ { "/tmp/run", NULL }, "/tmp/run/storeboot/" },	 /* a session */
	{ { "/tmp/run", "/tmp/shell" }, "/tmp/run/storeboot/" }, /* nix-shell in it */
	{ { NULL, "/tmp/shell" }, "/tmp/shell/storeboot-" },	 /* nix-shell --pure */
	{ { NULL, "/tmp/driver" }, "/tmp/driver/storeboot-" },
	{ { "/tmp/own", NULL }, "/tmp/own/storeboot/" },
	{ { "/proc", NULL }, NULL }, /* everybody's */
};

static void folder_is_empty(const char *path)
{
	CHECK(rmdir(path) == 0 && mkdir(path, 0700) == 0);
}

static void found_by(size_t from, size_t by)
{
	_cleanup_(vms_list_free) struct vms_list l = { 0 };
	struct vms_own own = VMS_OWN_INIT;
	struct vms_found found;
	char *private;
	struct err e = { 0 };
	struct stat st;

	set_environment(environments[from].values);
	CHECK_INT(vms_make(&about, true, &own, &e), 0);
	if (environments[from].private)
		CHECK_HAS(own.folder, environments[from].private);
	else
		CHECK_STR(own.folder, own.place);
	CHECK(stat(own.folder, &st) == 0 && (st.st_mode & 07777) == 0700);
	private = strdup(own.folder);
	set_environment(environments[by].values);
	CHECK_INT(vms_find("box", &found, &e), 0);
	CHECK_STR(found.place, own.place);
	CHECK_INT(vms_list(&l, &e), 0);
	CHECK_INT(l.n, 1);
	if (l.n == 1)
		CHECK_STR(l.v[0].folder, private);
	CHECK_INT(vms_make(&about, true, &(struct vms_own)VMS_OWN_INIT, &e), -EBUSY);
	/* A killed launcher: who sees it dead removes both folders, in whatever environment. */
	CHECK(close(own.fd) == 0 && close(own.place_fd) == 0);
	if (own.folder_fd >= 0)
		CHECK_INT(close(own.folder_fd), 0);
	CHECK_INT(vms_find("box", &found, &e), -ESRCH);
	CHECK(!exists(private) && !exists(own.place));
	free(private);
}

static void found_whatever_the_environment(void)
{
	static const char *const folders[] = { "/tmp/run", "/tmp/shell", "/tmp/driver",
					       "/tmp/own" };

	for (size_t i = 0; i < ARRAY_SIZE(folders); i++)
		CHECK_INT(mkdir(folders[i], 0700), 0);
	for (size_t i = 0; i < ARRAY_SIZE(environments); i++)
		for (size_t k = 0; k < ARRAY_SIZE(environments); k++)
			found_by(i, k);
	for (size_t i = 0; i < ARRAY_SIZE(folders); i++)
		folder_is_empty(folders[i]);
	snprintf(base, sizeof(base), "/tmp/storeboot-%u", (unsigned int)geteuid());
	CHECK(!exists(base));
}

/* A runtime folder goes when its user logs out, and his VMs live on. */
static void found_when_the_runtime_folder_is_gone(void)
{
	static const char *const session[] = { "/tmp/run", NULL }, *const none[] = { NULL, NULL };
	struct vms_own own = VMS_OWN_INIT;
	struct vms_found found;
	struct err e = { 0 };

	set_environment(session);
	CHECK_INT(vms_make(&about, true, &own, &e), 0);
	CHECK_INT(folder_remove("/tmp/run"), 0);
	set_environment(none);
	CHECK_INT(vms_find("box", &found, &e), 0);
	CHECK_INT(vms_release(&own), 0);
	CHECK(!exists(base));
}

/* Its own user may have written anything into the file. */
static void only_private_folders_are_removed(void)
{
	static const char *const none[] = { NULL, NULL };
	_cleanup_(vms_list_free) struct vms_list l = { 0 };
	struct err e = { 0 };
	char path[PATH_MAX + 8];

	set_environment(none);
	CHECK_INT(mkdir("/tmp/home", 0700), 0);
	snprintf(path, sizeof(path), "%s/box", base);
	CHECK_INT(mkdir(base, 0700) | mkdir(path, 0700), 0);
	CHECK_INT(folder_write(path, "vm", "{\"folder\":\"/tmp/home\"}", 23, &e), 0);
	CHECK_INT(vms_list(&l, &e), 0);
	CHECK(exists("/tmp/home") && !exists(base));
}

static void times_up(void)
{
	static const struct {
		int64_t seconds;
		const char *want;
	} rows[] = {
		{ -5, "0s" },	  { 0, "0s" },	     { 59, "59s" },	  { 60, "1m00s" },
		{ 192, "3m12s" }, { 3600, "1h00m" }, { 86399, "23h59m" }, { 399600, "4d15h" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char text[32];

		list_up(rows[i].seconds, text, sizeof(text));
		CHECK_STR(text, rows[i].want);
	}
}

int main(void)
{
	unsetenv("XDG_RUNTIME_DIR");
	if (!mkdtemp(top) || setenv("STOREBOOT_RUNTIME_DIR", top, 1) < 0)
		return 1;
	snprintf(base, sizeof(base), "%s/storeboot", top);
	RUN(a_vm_is_there_and_goes);
	RUN(the_folder_is_locked);
	RUN(the_cleaner_of_tmp_leaves_it_alone);
	RUN(names_are_unique);
	RUN(long_names_are_cut);
	RUN(the_dead_are_removed_by_who_sees_them);
	RUN(released_while_a_child_holds_its_descriptors);
	RUN(the_keeper_clears_up);
	RUN(a_dismissed_keeper_touches_nothing);
	RUN(races);
	RUN(bases_that_are_not_private_are_refused);
	RUN(times_up);
	folder_remove(top);
	unsetenv("STOREBOOT_RUNTIME_DIR");
	if (scratch_enter(0) < 0) {
		SKIP("found_whatever_the_environment", "no mount namespace of our own");
		TEST_END();
	}
	RUN(found_whatever_the_environment);
	RUN(found_when_the_runtime_folder_is_gone);
	RUN(only_private_folders_are_removed);
	TEST_END();
}
