/* SPDX-License-Identifier: MIT */
/* disk.c - tests of --disk's words and of the disks of a run together */
#include "host/disk/disk.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "host/disk/qemu_img.h"
#include "host/lib/exit.h"
#include "host/lib/folder.h"
#include "host/lib/proc.h"
#include "tests/lib/test.h"

static void words(void)
{
	static const struct {
		const char *text, *path, *serial, *format;
		uint64_t size;
		bool read_only;
	} rows[] = {
		{ "a.qcow2", "a.qcow2", "a", "qcow2", 0, false },
		{ "/x/.hidden", "/x/.hidden", ".hidden", "qcow2", 0, false },
		{ "/x/a,,b,size=1G", "/x/a,b", "a,b", "qcow2", 1 << 30, false },
		{ "a.img,raw,ro", "a.img", "a", "raw", 0, true },
		{ "a,serial=s=t", "a", "s=t", "qcow2", 0, false },
		{ "a-name-of-more-than-twenty-bytes.qcow2",
		  "a-name-of-more-than-twenty-bytes.qcow2", "a-name-of-more-than-", "qcow2", 0,
		  false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct disk d = { 0 };
		struct err e = { 0 };

		CHECK_INT(disk_parse(rows[i].text, &d, &e), 0);
		CHECK_STR(d.path, rows[i].path);
		CHECK_STR(d.serial, rows[i].serial);
		CHECK_STR(d.request.format, rows[i].format);
		CHECK_INT(d.request.size, rows[i].size);
		CHECK_INT(d.request.read_only, rows[i].read_only);
		CHECK_INT(d.request.must_exist, rows[i].size == 0);
	}
}

static void slips(void)
{
	static const char *const rows[] = { "",
					    ",ro",
					    "a,",
					    "a,siez=1G",
					    "a,size=",
					    "a,size=1000",
					    "a,size=1G,ro",
					    "a,serial=",
					    "a,serial=123456789012345678901",
					    "a,ro=yes",
					    "a,b",
					    "a,size=2049T",
					    "a,raw,size=8388608T" };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct disk d = { 0 };
		struct err e = { 0 };

		CHECK(disk_parse(rows[i], &d, &e) < 0);
		CHECK_INT(e.exit_status, EXIT_USAGE);
		CHECK_HAS(e.text, "run: --disk ");
	}
}

/* It was bytes here, and is MiB in the options. */
static void a_size_without_a_unit(void)
{
	struct disk d = { 0 };
	struct err e = { 0 };

	CHECK(disk_parse("a,size=67108864", &d, &e) < 0);
	CHECK_INT(e.exit_status, EXIT_USAGE);
	CHECK_HAS(e.text,
		  "size=67108864 has no unit; say size=67108864M, or size=67108864B for bytes");
	CHECK_INT(disk_parse("a,size=67108864B", &d, &e), 0);
	CHECK_INT(d.request.size, 64 << 20);
}

static char top[PATH_MAX], qemu_img[PATH_MAX];

static void disks_free(struct disks **d)
{
	disks_close(*d);
	free(*d);
}

/* Opens two disks; links from their names are made before. Returns what it says, NULL: nothing. */
static const char *two(const char *root, const char *second, bool ephemeral)
{
	static char more[PATH_MAX + 64], path[PATH_MAX + 64];
	static struct err e;
	const char *const list[] = { more, NULL };
	struct disk_options o = {
		.qemu_img = qemu_img, .root = path, .more = list, .ephemeral = ephemeral
	};
	_cleanup_(disks_free) struct disks *d = calloc(1, sizeof(*d));
	int r;

	snprintf(path, sizeof(path), "%s/%s", top, root);
	snprintf(more, sizeof(more), "%s/%s", top, second);
	e = (struct err){ 0 };
	r = d ? disks_open(&o, d, &e) : -ENOMEM;
	if (r == 0)
		return NULL;
	CHECK_INT(e.exit_status, EXIT_USAGE);
	return e.text;
}

static void one_file_for_two_disks(void)
{
	static const char *const names[] = { "one.qcow2,serial=b", "hard.qcow2", "soft.qcow2",
					     "folder/one.qcow2,serial=b",
					     "one.qcow2,size=1M,serial=b" };
	const struct qemu_img tool = { .program = qemu_img, .format = "qcow2" };
	char path[PATH_MAX + 16], other[PATH_MAX + 16];
	struct err e = { 0 };

	CHECK_INT(chdir(top), 0);
	snprintf(path, sizeof(path), "%s/one.qcow2", top);
	snprintf(other, sizeof(other), "%s/new.qcow2", top);
	CHECK_INT(close(open(path, O_WRONLY | O_CREAT | O_EXCL, 0600)), 0);
	CHECK_INT(qemu_img_create(&tool, path, 1 << 20, &e), 0);
	CHECK_INT(link("one.qcow2", "hard.qcow2"), 0);
	CHECK_INT(symlink("one.qcow2", "soft.qcow2") + symlink(".", "folder"), 0);
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		CHECK_HAS(two("one.qcow2", names[i], false), " is the same file as the disk ");
	CHECK_HAS(two("one.qcow2", "hard.qcow2,ro", false), " is the same file as the disk ");
	CHECK_HAS(two("new.qcow2", "./new.qcow2,size=1M", false), " is the same file as the disk ");
	CHECK(access(other, F_OK) < 0);
	/* What is only read may be read twice. */
	CHECK(two("one.qcow2", "hard.qcow2,ro", true) == NULL);
	CHECK(two("one.qcow2", "hard.qcow2", true) == NULL);
	CHECK_INT(unlink("one.qcow2") + unlink("hard.qcow2") + unlink("soft.qcow2") +
			  unlink("folder"),
		  0);
}

static void a_file_of_another_purpose(void)
{
	static char root[PATH_MAX + 16];
	struct disk_options o = { .qemu_img = qemu_img, .root = root };
	_cleanup_(disks_free) struct disks *d = calloc(1, sizeof(*d));
	struct err e = { 0 };

	snprintf(root, sizeof(root), "%s/vars.fd", top);
	CHECK(d && disks_open(&o, d, &e) == 0);
	CHECK_INT(disks_apart(d, top, "the variables", &e), 0);
	CHECK_INT(disks_apart(d, root, "the variables", &e), -EINVAL);
	CHECK_HAS(e.text, "vars.fd is to be the variables and the disk /");
}

static void together(void)
{
	static char root[PATH_MAX + 16], more[PATH_MAX + 64];
	const char *const list[] = { more, NULL };
	struct disk_options o = { .qemu_img = qemu_img, .root = root, .more = list };
	struct qemu_disk told[DISKS_MAX];
	_cleanup_(disks_free) struct disks *d = calloc(1, sizeof(*d));
	struct err e = { 0 };

	snprintf(root, sizeof(root), "%s/root.qcow2", top);
	snprintf(more, sizeof(more), "%s/more.qcow2", top);
	CHECK(d && disks_open(&o, d, &e) < 0);
	CHECK_INT(e.exit_status, EXIT_IMAGE);
	CHECK_HAS(e.text, "more.qcow2: no such disk image");
	disks_close(d);

	snprintf(more, sizeof(more), "%s/more.qcow2,size=2M", top);
	CHECK_INT(disks_open(&o, d, &e), 0);
	CHECK_INT(disks_ready(d, &e), 0);
	CHECK(access(root, F_OK) < 0); /* no name before QEMU runs */
	CHECK_INT(disks_commit(d, &e), 0);
	CHECK_INT(access(root, F_OK), 0);
	disks_qemu(d, false, told);
	CHECK_INT(d->n, 2);
	CHECK_INT(d->v[0].image.new_size, DISK_ROOT_SIZE);
	CHECK_INT(d->v[1].image.new_size, 2 << 20);
	CHECK_STR(told[0].serial, "storeboot-root");
	CHECK_STR(told[1].serial, "more");
	CHECK(told[0].fd >= 0 && told[1].fd >= 0 && told[0].layer_fd < 0);
	disks_close(d);

	/* QEMU did not start: it was not made larger. */
	snprintf(more, sizeof(more), "%s/more.qcow2,size=4M", top);
	for (int start = 0; start < 3; start++) {
		CHECK_INT(disks_open(&o, d, &e), 0);
		CHECK_INT(d->v[1].image.size, start < 2 ? 2 << 20 : 4 << 20);
		CHECK_INT(disks_ready(d, &e), 0);
		if (start > 0)
			CHECK_INT(disks_commit(d, &e), 0);
		disks_undo(d);
		disks_close(d);
	}

	snprintf(more, sizeof(more), "%s/more.qcow2,serial=storeboot-root", top);
	CHECK(disks_open(&o, d, &e) < 0);
	CHECK_INT(e.exit_status, EXIT_USAGE);
	CHECK_HAS(e.text, "another disk has the serial storeboot-root");
	disks_close(d);

	/* All by one interface; ATA has no disk that is only read. */
	snprintf(more, sizeof(more), "%s/more.qcow2,ro", top);
	o.interface = DISK_BY_SCSI;
	CHECK_INT(disks_open(&o, d, &e), 0);
	disks_qemu(d, false, told);
	CHECK_INT(told[0].interface, DISK_BY_SCSI);
	CHECK(told[1].interface == DISK_BY_SCSI && told[1].read_only);
	disks_close(d);
	o.interface = DISK_BY_IDE;
	CHECK(disks_open(&o, d, &e) < 0);
	CHECK_INT(e.exit_status, EXIT_USAGE);
	CHECK_HAS(
		e.text,
		"more.qcow2: with --disk-interface ide a disk can always be written; leave out ro");
	disks_close(d);
	o.interface = DISK_BY_VIRTIO;

	snprintf(more, sizeof(more), "%s/root.qcow2", top);
	/* No root disk. */
	o.root = NULL;
	CHECK_INT(disks_open(&o, d, &e), 0);
	CHECK(d->n == 1 && !d->has_root);
}

static uint64_t size_of(const char *path)
{
	const struct qemu_img tool = { .program = qemu_img, .format = "qcow2" };
	uint64_t size = 0;
	struct err e = { 0 };

	CHECK_INT(qemu_img_look(&tool, path, &size, &e), 0);
	return size;
}

/* The last disk's name is taken while QEMU starts: the disks before it are as they were. */
static void all_or_none(void)
{
	static char root[PATH_MAX + 16], grown[PATH_MAX + 64], new[PATH_MAX + 64],
		last[PATH_MAX + 64];
	const char *const list[] = { grown, new, last, NULL };
	const struct qemu_img tool = { .program = qemu_img, .format = "qcow2" };
	struct disk_options o = { .qemu_img = qemu_img, .root = root, .more = list, .fresh = true };
	_cleanup_(disks_free) struct disks *d = calloc(1, sizeof(*d));
	struct stat before, st;
	struct err e = { 0 };

	CHECK_INT(chdir(top), 0);
	snprintf(root, sizeof(root), "%s/old-root.qcow2", top);
	snprintf(grown, sizeof(grown), "%s/grown.qcow2", top);
	for (int i = 0; i < 2; i++) {
		CHECK_INT(close(open(i ? root : grown, O_WRONLY | O_CREAT | O_EXCL, 0600)), 0);
		CHECK_INT(qemu_img_create(&tool, i ? root : grown, 1 << 20, &e), 0);
	}
	CHECK_INT(stat(root, &before), 0);
	snprintf(grown, sizeof(grown), "%s/grown.qcow2,size=4M", top);
	snprintf(new, sizeof(new), "%s/new.qcow2,size=1M", top);
	snprintf(last, sizeof(last), "%s/last.qcow2,size=1M", top);
	CHECK(d && disks_open(&o, d, &e) == 0 && disks_ready(d, &e) == 0);
	CHECK_INT(mkdir("last.qcow2", 0700), 0);
	CHECK(disks_commit(d, &e) < 0);
	CHECK_INT(e.exit_status, EXIT_IN_USE);
	disks_undo(d);
	disks_close(d);
	CHECK_INT(access("new.qcow2", F_OK), -1);
	CHECK_INT(size_of("grown.qcow2"), 1 << 20);
	CHECK_INT(stat(root, &st), 0);
	CHECK(st.st_ino == before.st_ino && size_of(root) == 1 << 20);

	/* And what did succeed is not undone. */
	CHECK_INT(rmdir("last.qcow2"), 0);
	CHECK_INT(disks_open(&o, d, &e), 0);
	CHECK_INT(disks_ready(d, &e), 0);
	CHECK_INT(disks_commit(d, &e), 0);
	disks_undo(d);
	disks_close(d);
	CHECK_INT(size_of("grown.qcow2"), 4 << 20);
	CHECK_INT(access("new.qcow2", F_OK) + access("last.qcow2", F_OK), 0);
	CHECK_INT(size_of(root), DISK_ROOT_SIZE);
}

int main(void)
{
	struct err e = { 0 };

	if (proc_find(NULL, "qemu-img", "qemu-utils", qemu_img, &e) < 0 ||
	    folder_make(top, &e) < 0) {
		printf("# %s\n", e.text);
		return 1;
	}
	RUN(words);
	RUN(slips);
	RUN(a_size_without_a_unit);
	RUN(one_file_for_two_disks);
	RUN(a_file_of_another_purpose);
	RUN(together);
	RUN(all_or_none);
	folder_remove(top);
	TEST_END();
}
