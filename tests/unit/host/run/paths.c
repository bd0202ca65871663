/* SPDX-License-Identifier: MIT */
/* paths.c - tests of the files that must not be in a folder that the guest can write */
#include "host/run/paths.h"

#include <errno.h>
#include <sys/stat.h>

#include "host/lib/exit.h"
#include "host/run/plan.h"
#include "host/run/request.h"
#include "init/lib/file.h"
#include "tests/lib/scratch.h"
#include "tests/lib/test.h"

#define HOME "/tmp/home"
#define WORDS_MAX 8
#define BY_LINK "a link leads to the folder, and a guest may have made it; name the folder itself"

static struct err e;

static void free_plan(struct plan **p)
{
	plan_free(*p);
	free(*p);
}

/* The reason why a run with these arguments is refused, or "". Run in HOME/src. */
static const char *refused(const char *const *words)
{
	_cleanup_(free_plan) struct plan *p = calloc(1, sizeof(*p));
	_cleanup_strv_ struct strv argv = { 0 };
	int r;

	*p = (struct plan)PLAN_INIT;
	e = (struct err){ 0 };
	CHECK_INT(strv_add(&argv, "run") | strv_add_all(&argv, words), 0);
	CHECK_INT(opt_parse(&run_command, (int)argv.n, argv.v, p, &p->args, &e), 0);
	CHECK_STR(e.text, "");
	snprintf(p->system.name, sizeof(p->system.name), "demo");
	r = request_files(p, &e);
	if (r < 0)
		CHECK_INT(e.exit_status, EXIT_USAGE);
	return r < 0 ? e.text : "";
}

struct row {
	const char *words[WORDS_MAX];
	const char *want; /* "": the run may begin */
};

static void check(const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const char *got = refused(rows[i].words);

		if (!rows[i].want[0] ? got[0] : !strstr(got, rows[i].want)) {
			printf("# row %zu, %s: \"%s\", want \"%s\"\n", i, rows[i].words[1], got,
			       rows[i].want);
			test_ok = false;
		}
	}
}

static void put(const char *path)
{
	CHECK_INT(file_replace(AT_FDCWD, path, "x", 1, 0600), 0);
}

/* HOME has a folder to share, src, and what is no guest's business. */
static bool make_home(void)
{
	if (scratch_enter(0) < 0) {
		printf("# no mount namespace here\n");
		test_ok = false;
		return false;
	}
	CHECK_INT(file_mkdirs(AT_FDCWD, HOME "/src/out/deep", 0700), 0);
	CHECK_INT(file_mkdirs(AT_FDCWD, HOME "/own/part", 0700), 0);
	CHECK_INT(file_mkdirs(AT_FDCWD, HOME "/store/system", 0700), 0);
	CHECK_INT(file_mkdirs(AT_FDCWD, HOME "/mnt/src", 0700), 0);
	CHECK_INT(file_mkdirs(AT_FDCWD, HOME "/mnt/out", 0700), 0);
	CHECK_INT(setenv("HOME", HOME, 1) | unsetenv("XDG_CACHE_HOME") | unsetenv("TMPDIR") |
			  unsetenv("XDG_RUNTIME_DIR") | unsetenv("STOREBOOT_RUNTIME_DIR"),
		  0);
	CHECK_INT(chdir(HOME "/src"), 0);
	put(HOME "/src/file");
	put(HOME "/own/file");
	CHECK_INT(symlink("src", HOME "/link") | symlink("../own/file", HOME "/src/leak"), 0);
	CHECK_INT(symlink("../store/system", HOME "/src/result"), 0);
	CHECK_INT(symlink("src/file", HOME "/to-file"), 0);
	return true;
}

static void each_path_of_a_run(void)
{
	static const struct row rows[] = {
		{ { "--bind", ".:/src" },
		  "run: --bind .:/src: the guest could write to the root disk, ./demo.qcow2; say "
		  ":ro, or name another file with --image, or say --ephemeral" },
		{ { "--bind", ".:/src:ro" }, "" },
		{ { "--bind", ".:/src", "--ephemeral" }, "" },
		{ { "--bind", ".:/src", "--image", "../own/x.qcow2" }, "" },
		{ { "--bind", ".:/src", "--root", "tmpfs" }, "" },
		{ { "--bind", "out:/src" }, "" },
		{ { "--bind", ".:/src", "--root", "tmpfs", "--plot", "boot.svg" },
		  "the guest could write to the file of --plot, boot.svg; say :ro, or name a file "
		  "in another folder" },
		{ { "--bind", ".:/src", "--root", "tmpfs", "--json", HOME "/link/out/x" },
		  "the file of --json, " HOME "/link/out/x;" },
		{ { "--bind", ".:/src", "--root", "tmpfs", "--json", "no/such/x" }, "--json" },
		{ { "--bind", ".:/src", "--root", "tmpfs", "--console-log", "../src/log" },
		  "the file of --console-log, ../src/log;" },
		{ { "--bind", ".:/src", "--root", "tmpfs", "--json", "/dev/stderr" }, "" },
		{ { "--bind", ".:/src", "--root", "tmpfs", "--json", "../own/x" }, "" },
		{ { "--bind", ".:/src", "--root", "tmpfs", "--disk", "data.raw,raw,ro" },
		  "the disk, data.raw;" },
		{ { "--bind", ".:/src", "--ephemeral", "--image", "file" }, "the root disk, file" },
		{ { "--bind", ".:/src", "--root", "tmpfs", "--kernel", HOME "/to-file" },
		  "the kernel, " HOME "/to-file;" },
		{ { "--bind", ".:/src", "--root", "tmpfs", "--initrd", "leak" },
		  "the initramfs, leak;" },
		{ { "--bind", ".:/src", "--root", "tmpfs", "--load-credential", "a:leak" },
		  "the credential, leak;" },
		{ { "--bind", ".:/src", "--root", "tmpfs", "--qemu", "./qemu" }, "QEMU, ./qemu;" },
		{ { "--bind", ".:/src", "--root", "tmpfs", "--qemu", "qemu" }, "" },
		{ { "--bind", ".:/src", "--root", "tmpfs", "--reginfo", "none" }, "" },
		{ { "--bind", ".:/src", "--root", "tmpfs", "out" }, "the system, out;" },
		{ { "--bind", ".:/src", "--root", "tmpfs", "result" }, "the system, result;" },
		{ { "--bind", ".:/src", "--root", "tmpfs", "--store", "../store", "result" }, "" },
		{ { "--bind", "../own/part:/x", "--root", "tmpfs", "../own" },
		  "the system, ../own; say :ro, or name a folder beside it" },
		{ { "--bind", "..:/x", "--root", "tmpfs" },
		  "the cache, " HOME "/.cache/storeboot;" },
		{ { "--bind", "/:/x", "--root", "tmpfs" }, "the store, /nix/store; say :ro" },
		{ { "--bind", "/:/x:ro" }, "" },
		{ { "--bind", "../store/system:/x", "--store", "../store" },
		  "the store, ../store;" },
		{ { "--bind", "/tmp:/x", "--root", "tmpfs", "--store", "/usr" },
		  "the files of your running VMs, /tmp/storeboot-" },
	};

	if (make_home())
		check(rows, ARRAY_SIZE(rows));
}

/* The same file by another path. */
static void links_and_bind_mounts(void)
{
	static const struct row rows[] = {
		/* The shared folder is mounted elsewhere, or a part of it is. */
		{ { "--bind", ".:/src", "--root", "tmpfs", "--json", HOME "/mnt/src/x" },
		  "--json" },
		{ { "--bind", ".:/src", "--root", "tmpfs", "--json", HOME "/mnt/out/x" },
		  "--json" },
		{ { "--bind", HOME "/mnt/src:/src", "--root", "tmpfs", "--json", "x" }, "--json" },
		{ { "--bind", HOME "/mnt/src:/src", "--root", "tmpfs", "--json", "out/x" },
		  "--json" },
		{ { "--bind", HOME "/mnt/out:/src", "--root", "tmpfs", "--json", "out/x" },
		  "--json" },
		{ { "--bind", HOME "/mnt/out:/src", "--root", "tmpfs", "--json", "x" }, "" },
		{ { "--bind", HOME "/mnt/out:/src", "--root", "tmpfs", "--json",
		    "out/deep/../../out/x" },
		  "--json" },
		/* The guest could make another folder of out, and .. is that one's. */
		{ { "--bind", ".:/src", "--root", "tmpfs", "--json", "out/../../own/x" },
		  "--json" },
		{ { "--bind", "out:/src", "--root", "tmpfs", "--json", "out/../x" }, "" },
		/* The shared folder itself by a link. */
		{ { "--bind", HOME "/link:/src" }, BY_LINK ", " HOME "/src" },
		{ { "--bind", HOME "/link/out:/src:ro" }, BY_LINK ", " HOME "/src/out" },
	};

	CHECK_INT(mount(HOME "/src", HOME "/mnt/src", NULL, MS_BIND, NULL) |
			  mount(HOME "/src/out", HOME "/mnt/out", NULL, MS_BIND, NULL),
		  0);
	check(rows, ARRAY_SIZE(rows));
}

static void the_environment(void)
{
	static const struct row shared[] = {
		{ { "--root", "tmpfs", "--json", "x" }, "the file of --json, x;" },
		{ { "--root", "tmpfs", "--json", "../own/x" }, "" },
	};
	static const struct row tmpdir[] = {
		{ { "--root", "tmpfs", "--json", "out/x" }, "" },
		{ { "--root", "tmpfs", "out" }, "the system, out;" },
	};
	static const struct row image[] = {
		{ { "--bind", ".:/src" }, "the root disk, there.qcow2;" },
		{ { "--bind", "out:/src" }, "" },
	};
	static const struct row layer[] = { { { "--bind", ".:/src", "--ephemeral" },
					      "the layer of --ephemeral, " HOME
					      "/src/out/layer;" } };

	CHECK_INT(setenv("SHARED_DIR", HOME "/src", 1), 0);
	check(shared, ARRAY_SIZE(shared));
	CHECK_INT(unsetenv("SHARED_DIR") | setenv("USE_TMPDIR", "1", 1) |
			  setenv("TMPDIR", HOME "/src/out", 1),
		  0);
	check(tmpdir, ARRAY_SIZE(tmpdir)); /* xchg is not there yet, and will be in it */
	CHECK_INT(unsetenv("USE_TMPDIR"), 0);
	CHECK_INT(setenv("XDG_RUNTIME_DIR", HOME "/own", 1), 0);
	check(layer, ARRAY_SIZE(layer));
	CHECK_INT(unsetenv("XDG_RUNTIME_DIR") | unsetenv("TMPDIR") |
			  setenv("NIX_DISK_IMAGE", "there.qcow2", 1),
		  0);
	check(image, ARRAY_SIZE(image));
	CHECK_INT(unsetenv("NIX_DISK_IMAGE"), 0);
}

int main(void)
{
	RUN(each_path_of_a_run);
	RUN(links_and_bind_mounts);
	RUN(the_environment);
	TEST_END();
}
