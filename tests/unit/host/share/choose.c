/* SPDX-License-Identifier: MIT */
/* choose.c - tests of the shares: what QEMU is told, virtiofsd's command, the bar */
#include "host/share/ops.h"
#include "host/share/share.h"

#include <errno.h>
#include <fcntl.h>

#include "host/lib/exit.h"
#include "host/lib/bar.h"
#include "host/share/virtiofs.h"
#include "tests/lib/test.h"

/* A program that says something of every device, as QEMU does of one that it has, and one that
 * fails without a word. */
#define HAS_ALL "/bin/echo"
#define HAS_NONE "/bin/false"
#define QEMU "/usr/bin/qemu-system-x86_64"

static void say(const struct share_request *q, const char *want)
{
	_cleanup_(share_free) struct share w = SHARE_INIT;
	_cleanup_argv_ struct argv v = { 0 };
	_cleanup_buf_ struct buf text = { 0 };
	struct err e = { 0 };

	CHECK_INT(share_find(q, &w, &e), 0);
	share_qemu(&w, true, &v);
	CHECK_INT(v.error, 0);
	for (size_t i = 0; i < v.words.n; i++)
		CHECK_INT(buf_addf(&text, "%s%s", i ? " " : "", v.words.v[i]), 0);
	CHECK_STR(text.data, want);
	CHECK(!share_cache_serial(&w) && !share_has_server(&w) &&
	      !share_disk(&w, false, &(struct qemu_disk){ 0 }));
}

static void what_qemu_is_told(void)
{
	const struct share_request q = { .share = SHARE_9P, .store = "/s,t ore", .qemu = HAS_ALL };

	say(&q, "-fsdev "
		"local,id=nix-store,security_model=none,readonly=on,multidevs=remap,path=/s,,t ore "
		"-device virtio-9p-pci,fsdev=nix-store,mount_tag=nix-store");
}

static void folders_beside_the_store(void)
{
	struct shared_folder v[] = { { .host = "/a,b", .guest = "/mnt/a b", .fd = 5 },
				     { .host = "/c", .guest = "/c", .fd = 6, .read_only = true } };
	const struct shared_folders folders = { .v = v, .n = ARRAY_SIZE(v) };
	const struct share_request q = { .share = SHARE_9P,
					 .store = "/s",
					 .store_fd = 4,
					 .qemu = HAS_ALL,
					 .folders = &folders };
	_cleanup_(share_free) struct share w = SHARE_INIT;
	_cleanup_argv_ struct argv a = { 0 };
	_cleanup_buf_ struct buf lines = { 0 };
	struct err e = { 0 };

	say(&q, "-fsdev local,id=nix-store,security_model=none,readonly=on,multidevs=remap,path=/s "
		"-device virtio-9p-pci,fsdev=nix-store,mount_tag=nix-store "
		"-fsdev local,id=bind0,security_model=none,readonly=off,multidevs=remap,path=/a,,b "
		"-device virtio-9p-pci,fsdev=bind0,mount_tag=bind0 "
		"-fsdev local,id=bind1,security_model=none,readonly=on,multidevs=remap,path=/c "
		"-device virtio-9p-pci,fsdev=bind1,mount_tag=bind1");
	CHECK_INT(share_find(&q, &w, &e), 0);
	CHECK_INT(share_folder_lines(&w, &lines), 0);
	CHECK_STR(lines.data, "9p rw bind0 /mnt/a b\n9p ro bind1 /c\n");
	/* A run gives QEMU each folder as a descriptor. */
	share_qemu(&w, false, &a);
	CHECK_INT(a.n_fds, 3);
	for (size_t i = 0; i < a.n_fds; i++) {
		char path[64];

		CHECK_INT(a.fds[i], 4 + (int)i);
		snprintf(path, sizeof(path), ",path=/proc/self/fd/%d", a.fds[i]);
		CHECK(str_ends(a.words.v[4 * i + 1], path));
	}
}

static void refuse(struct share_request q, int exit_status, const char *part)
{
	_cleanup_(share_free) struct share w = SHARE_INIT;
	struct err e = { 0 };

	CHECK(share_find(&q, &w, &e) < 0);
	CHECK_INT(e.exit_status, exit_status);
	CHECK_HAS(e.text, part);
}

static void what_is_missing(void)
{
	const struct buf none = { 0 };
	struct share_request q = { .share = SHARE_9P,
				   .store = "/s",
				   .qemu = HAS_NONE,
				   .smbd = "/no/smbd",
				   .virtiofsd = "/no/virtiofsd",
				   .image.closure = &none };
	struct err e = { 0 };

	CHECK(share_check_device(QEMU, "a-device-of-nobody", &e) < 0);
	CHECK_HAS(e.text, QEMU " was built without a-device-of-nobody");
	CHECK_INT(share_check_device(QEMU, "virtio-9p-pci", &e), 0);
	refuse(q, EXIT_MISSING,
	       HAS_NONE " cannot be asked for virtio-9p-pci: exit status 1: no reason given");
	q.share = SHARE_CIFS;
	refuse(q, EXIT_MISSING, "/no/smbd");
	q.share = SHARE_VIRTIOFS;
	refuse(q, EXIT_MISSING, "/no/virtiofsd");
	q.share = SHARE_IMAGE;
	refuse(q, EXIT_BAD_INPUT, "the closure of the system is not known");
	q.cache = true;
	refuse(q, EXIT_USAGE, "--share image is the image alone");
	q.cache = false;
	q.share = SHARE_AUTO;
	refuse(q, EXIT_MISSING,
	       "no share can bring the store: image (nobody says whether the initrd");
}

/* Who is to own a folder is said where it is mounted, and one share can. */
static void owner_of_a_folder(void)
{
	struct shared_folder v = { .host = "/a", .guest = "/b", .owned = true };
	const struct shared_folders folders = { .v = &v, .n = 1 };
	struct share_request q = { .share = SHARE_9P,
				   .store = "/s",
				   .qemu = HAS_ALL,
				   .smbd = "/no/smbd",
				   .folders = &folders };

	refuse(q, EXIT_USAGE,
	       "--bind /a:/b: owner= is for --share cifs; by 9p the owners are this host's");
	q.share = SHARE_VIRTIOFS;
	refuse(q, EXIT_USAGE, "owner= is for --share cifs; by virtiofs the owners are this host's");
	q.share = SHARE_CIFS;
	refuse(q, EXIT_MISSING, "/no/smbd");
	q.share = SHARE_AUTO;
	refuse(q, EXIT_MISSING, "9p (run: --bind /a:/b: owner= is for --share cifs");
}

/* A list of words, joined. */
static bool has(const struct strv *v, const char *a, const char *b, const char *c)
{
	for (size_t i = 0; i + 2 < v->n; i++)
		if (str_eq(v->v[i], a) && str_eq(v->v[i + 1], b) && str_eq(v->v[i + 2], c))
			return true;
	return false;
}

static void virtiofsd_is_shut_in(void)
{
	struct share s = { .virtiofsd = "/usr/lib/qemu/virtiofsd",
			   .bwrap = "/usr/bin/bwrap",
			   .virtiofsd_of_qemu = true };
	const struct share_export store = { .folder = "/s t", .fd = 5, .is_store = true };
	const struct share_export own = { .folder = "/s t", .fd = 6, .writable = true };
	_cleanup_argv_ struct argv a = { 0 }, rust = { 0 }, folder = { 0 };
	const struct strv *v = &a.words;

	virtiofs_command(&s, &store, "/", 7, 11, &a);
	CHECK_INT(a.error, 0);
	CHECK_STR(v->v[0], "/usr/bin/bwrap");
	CHECK(has(v, "--seccomp", "11", "--cap-add"));
	CHECK(has(v, "--ro-bind-fd", "5", "/export"));
	CHECK(has(v, "--", "/usr/lib/qemu/virtiofsd", "--fd=7"));
	CHECK(has(v, "--fd=7", "-o", "source=/export"));
	for (size_t i = 0; i < v->n; i++) {
		CHECK(!str_eq(v->v[i], "CAP_SYS_ADMIN")); /* it could make its store writable */
		CHECK(!str_eq(v->v[i], "--share-net"));
	}
	s.virtiofsd_of_qemu = false;
	virtiofs_command(&s, &store, "/", 7, 11, &rust);
	CHECK_INT(rust.error, 0);
	CHECK(has(&rust.words, "--fd=7", "--shared-dir=/export", "--sandbox=chroot"));
	CHECK(has(&rust.words, "--ro-bind-fd", "5", "/export"));
	CHECK(has(&rust.words, "--sandbox=chroot", "--cache=always", "--inode-file-handles=never"));
	virtiofs_command(&s, &own, "/", 7, 11, &folder);
	CHECK_INT(folder.error, 0);
	CHECK(has(&folder.words, "--bind-fd", "6", "/export"));
	CHECK(has(&folder.words, "--sandbox=chroot", "--cache=never",
		  "--inode-file-handles=never"));
}

static void how_far(void)
{
	const struct bar p = { .what = "building the image", .all = 200 << 20 };
	const struct bar unknown = {
		.what = "a name that is much longer than the line has room for"
	};
	char line[80];

	CHECK_STR(bar_text(&p, 0, line, sizeof(line)),
		  "building the image [........................]   0%, 0 MiB");
	CHECK_STR(bar_text(&p, 100 << 20, line, sizeof(line)),
		  "building the image [############............]  50%, 100 MiB");
	CHECK_STR(bar_text(&p, (uint64_t)300 << 20, line, sizeof(line)),
		  "building the image [########################] 100%, 300 MiB");
	CHECK(strlen(bar_text(&unknown, (uint64_t)1 << 40, line, sizeof(line))) < 69);
}

int main(void)
{
	RUN(what_qemu_is_told);
	RUN(folders_beside_the_store);
	RUN(owner_of_a_folder);
	RUN(what_is_missing);
	RUN(virtiofsd_is_shut_in);
	RUN(how_far);
	TEST_END();
}
