/* SPDX-License-Identifier: MIT */
/* system.c - tests of finding a system's parts, on folders of their own */
#include "host/run/system.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "host/lib/exit.h"
#include "host/lib/folder.h"
#include "init/lib/file.h"
#include "tests/lib/test.h"

#define SYS "0123456789abcdfghijklmnpqrsvwxyz-sys-1"

static char top[PATH_MAX];

static void put(const char *path, const char *text, size_t len)
{
	_cleanup_close_ int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);

	CHECK(fd >= 0);
	CHECK_INT(file_write_all(fd, text, len), 0);
}

/* The least that is a bzImage (Documentation/arch/x86/boot.rst): one sector of setup, one of
 * kernel. */
static void put_kernel(const char *path)
{
	char image[4096] = { 0 };

	image[0x1f1] = 1; /* setup_sects */
	image[0x1f4] = 1; /* syssize, in 16 bytes */
	memcpy(image + 0x1fe, "\x55\xaa", 2);
	memcpy(image + 0x202, "HdrS\x0f\x02", 6);
	image[0x211] = 1; /* loadflags: LOADED_HIGH */
	image[0x236] = 1; /* xloadflags: XLF_KERNEL_64 */
	put(path, image, sizeof(image));
}

/* store/KERNEL, store/SYS, whose links name /nix/store, and link -> SYS. */
static void make_store(void)
{
	CHECK_INT(chdir(top), 0);
	CHECK_INT(mkdir("store", 0755), 0);
	CHECK_INT(mkdir("store/k", 0755), 0);
	put_kernel("store/k/bzImage");
	CHECK_INT(mkdir("store/m", 0755), 0);
	CHECK_INT(mkdir("store/" SYS, 0755), 0);
	CHECK_INT(symlink("/nix/store/k/bzImage", "store/" SYS "/kernel"), 0);
	CHECK_INT(symlink("../m", "store/" SYS "/kernel-modules"), 0);
	put("store/" SYS "/init", "#!/bin/sh\n", 10);
	put("store/" SYS "/kernel-params", "quiet\n", 6);
	CHECK_INT(symlink("store/" SYS, "link"), 0);
}

static int find(struct system_options o, struct system *s, struct err *e)
{
	*s = (struct system){ 0 };
	*e = (struct err){ 0 };
	o.store = o.store ? o.store : "store";
	return system_find(&o, s, e);
}

static void whole_system(void)
{
	static const char *const names[] = { "link", "store/" SYS, "/nix/store/" SYS };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		_cleanup_(system_free) struct system s;
		struct err e;
		char want[PATH_MAX + 32];

		CHECK_INT(find((struct system_options){ .system = names[i] }, &s, &e), 0);
		CHECK_STR(e.text, "");
		snprintf(want, sizeof(want), "%s/store/k/bzImage", top);
		CHECK_STR(s.kernel, want);
		snprintf(want, sizeof(want), "%s/store/m", top);
		CHECK_STR(s.modules, want);
		CHECK_STR(s.config, "/nix/store/" SYS);
		CHECK_STR(s.init, "/nix/store/" SYS "/init");
		CHECK_STR(s.name, "sys-1");
		CHECK_INT(s.machine, 62); /* EM_X86_64 */
		CHECK(s.params.len > 0 && strncmp(s.params.data, "quiet", 5) == 0);
	}
}

static void nixos_with_systemd_in_its_initramfs(void)
{
	_cleanup_(system_free) struct system s, wrong, given;
	const struct system_options old = { .system = "link", .init = "/nix/store/" SYS "/init" };
	struct err e;

	put("store/" SYS "/prepare-root", "#!/bin/sh\n", 10);
	CHECK_INT(find((struct system_options){ .system = "link" }, &s, &e), 0);
	CHECK_STR(s.init, "/nix/store/" SYS "/prepare-root");
	CHECK_INT(find(old, &given, &e), 0);
	CHECK_STR(given.init, "/nix/store/" SYS "/init");
	CHECK_INT(unlink("store/" SYS "/prepare-root"), 0);
	CHECK_INT(mkdir("store/" SYS "/prepare-root", 0755), 0);
	CHECK_INT(find((struct system_options){ .system = "link" }, &wrong, &e), -ENOENT);
	CHECK(strstr(e.text, "it lacks prepare-root"));
	CHECK_INT(rmdir("store/" SYS "/prepare-root"), 0);
}

#define BOOT_JSON "{ \"org.nixos.nixos-init.v1\": { \"etc_metadata_image\": \"/nix/store/x\" } }"

static void nixos_with_nixos_init(void)
{
	_cleanup_(system_free) struct system s, given, none, prepared, other, broken, bare;
	const struct system_options init = { .system = "link", .init = "/nix/store/" SYS "/init" };
	const struct system_options no_init = { .system = "link", .no_init = true };
	struct err e;

	put("store/" SYS "/init", "\177ELF", 4);
	CHECK_INT(find((struct system_options){ .system = "link" }, &other, &e), 0);
	put("store/" SYS "/nixos-version", "26.05", 5);
	CHECK_INT(find((struct system_options){ .system = "link" }, &s, &e), -ENOTSUP);
	CHECK_INT(e.exit_status, EXIT_BAD_INPUT);
	CHECK_HAS(e.text, "link: only its own initramfs can prepare its root");
	put("store/" SYS "/boot.json", "{}{", 3);
	CHECK_INT(find((struct system_options){ .system = "link" }, &broken, &e), -ENOTSUP);
	system_free(&broken);
	put("store/" SYS "/boot.json", "[", 1);
	CHECK_INT(find((struct system_options){ .system = "link" }, &broken, &e), -EBADMSG);
	CHECK_INT(e.exit_status, EXIT_BAD_INPUT);
	put("store/" SYS "/boot.json", BOOT_JSON, sizeof(BOOT_JSON) - 1);
	CHECK_INT(find((struct system_options){ .system = "link" }, &bare, &e), 0);
	CHECK(bare.nixos_init);
	CHECK(bare.etc_overlay);
	CHECK_INT(find(init, &given, &e), 0);
	CHECK_INT(find(no_init, &none, &e), 0);
	put("store/" SYS "/prepare-root", "#!/bin/sh\n", 10);
	CHECK_INT(find((struct system_options){ .system = "link" }, &prepared, &e), 0);
	CHECK(!prepared.nixos_init);
	CHECK(prepared.etc_overlay);
	CHECK_INT(unlink("store/" SYS "/boot.json"), 0);
	CHECK_INT(unlink("store/" SYS "/prepare-root"), 0);
	CHECK_INT(unlink("store/" SYS "/nixos-version"), 0);
	put("store/" SYS "/init", "#!/bin/sh\n", 10);
}

static void parts_in_place_of_a_system(void)
{
	_cleanup_(system_free) struct system s;
	struct err e;
	const struct system_options o = { .kernel = "store/k/bzImage",
					  .init = "/sbin/init",
					  .modules = "store/m" };

	CHECK_INT(find(o, &s, &e), 0);
	CHECK_STR(s.init, "/sbin/init");
	CHECK_STR(s.config, "");
	CHECK_STR(s.name, "storeboot");
	CHECK_INT(s.params.len, 0);
}

static void given_parts_win(void)
{
	_cleanup_(system_free) struct system s;
	struct err e;
	const struct system_options o = { .system = "link",
					  .init = "/nix/store/" SYS "/init",
					  .params = "params",
					  .name = "my-name" };

	put("params", "loud", 4);
	CHECK_INT(find(o, &s, &e), 0);
	CHECK_STR(s.params.data, "loud");
	CHECK_STR(s.name, "my-name");
}

static void what_is_no_system(void)
{
	static const struct {
		struct system_options o;
		int status;
		const char *text;
	} rows[] = {
		{ { .system = "nowhere" }, EXIT_BAD_INPUT, "nowhere: no such system" },
		{ { .system = "store/k/bzImage" }, EXIT_BAD_INPUT, "it is no folder" },
		{ { .system = "store/m" }, EXIT_BAD_INPUT, "it lacks kernel, kernel-params, init" },
		{ { .system = "store/m", .kernel = "store/k/bzImage" },
		  EXIT_BAD_INPUT,
		  "it lacks init" },
		{ { .system = "copy" },
		  EXIT_BAD_INPUT,
		  "the guest sees nothing else of this host" },
		{ { .system = "link", .kernel = "no-kernel" },
		  EXIT_BAD_INPUT,
		  "kernel no-kernel: No such" },
		{ { .system = "link", .kernel = "store" },
		  EXIT_BAD_INPUT,
		  "kernel store is no regular file" },
		{ { .system = "link", .kernel = "store/" SYS "/init" }, EXIT_BAD_INPUT, "init" },
		{ { .system = "link", .params = "nul" }, EXIT_BAD_INPUT, "/nul is no text" },
		{ { .system = "link", .init = "sbin/init" }, EXIT_USAGE, "want an absolute path" },
		{ { .system = "link", .init = "/nix/store/none/init" },
		  EXIT_BAD_INPUT,
		  "init /nix/store/none/init: No such" },
		{ { .system = "link", .modules = "store/k/bzImage" },
		  EXIT_BAD_INPUT,
		  "Not a directory" },
		{ { .store = "no-store", .system = "link" },
		  EXIT_BAD_INPUT,
		  "no-store: no such store" },
		{ { .kernel = "store/k/bzImage" }, EXIT_USAGE, "nor in its place: init" },
		{ { 0 }, EXIT_USAGE, "nor in its place: kernel, init" },
	};

	CHECK_INT(mkdir("copy", 0755), 0);
	put("nul", "quiet\0x", 7);
	put_kernel("copy/kernel");
	put("copy/init", "", 0);
	put("copy/kernel-params", "", 0);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		_cleanup_(system_free) struct system s;
		struct err e;

		CHECK(find(rows[i].o, &s, &e) < 0);
		CHECK_INT(e.exit_status, rows[i].status);
		CHECK_HAS(e.text, rows[i].text);
	}
}

static void host_name_is_the_name(void)
{
	_cleanup_(system_free) struct system s;
	struct err e;

	CHECK_INT(mkdir("store/" SYS "/etc", 0755), 0);
	put("store/" SYS "/etc/hostname", "box\n", 4);
	CHECK_INT(find((struct system_options){ .system = "link" }, &s, &e), 0);
	CHECK_STR(s.name, "box");
}

static void names(void)
{
	static const char *const rows[][2] = {
		{ "/nix/store/" SYS, "sys-1" },
		{ "/nix/store/0123456789abcdfghijklmnpqrsvwxyz-",
		  "0123456789abcdfghijklmnpqrsvwxyz-" },
		{ "/home/u/my system", "my-system" },
		{ "result", "result" },
		{ "/x/.hidden", "-hidden" },
		{ "/x/-dash", "-dash" },
		{ "a,b=c:d", "a-b-c-d" },
		{ "", "storeboot" },
	};
	char name[64];

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		system_name(rows[i][0], name, sizeof(name));
		CHECK_STR(name, rows[i][1]);
	}
	system_name("abcdef", name, 4);
	CHECK_STR(name, "abc");
}

int main(void)
{
	struct err e = { 0 };

	if (folder_make(top, &e) < 0) {
		printf("# %s\n", e.text);
		return 1;
	}
	RUN(make_store);
	RUN(whole_system);
	RUN(nixos_with_systemd_in_its_initramfs);
	RUN(nixos_with_nixos_init);
	RUN(parts_in_place_of_a_system);
	RUN(given_parts_win);
	RUN(what_is_no_system);
	RUN(host_name_is_the_name);
	RUN(names);
	folder_remove(top);
	TEST_END();
}
