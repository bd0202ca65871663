/* SPDX-License-Identifier: MIT */
/* disk.c - tests of --disk's words and of the disks of a run together */
#include "host/disk/disk.h"

#include "host/exit.h"
#include "host/folder.h"
#include "host/proc.h"
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
		{ "a-name-of-more-than-twenty-bytes.qcow2", "a-name-of-more-than-twenty-bytes.qcow2",
		  "a-name-of-more-than-", "qcow2", 0, false },
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
	static const char *const rows[] = { "", ",ro", "a,", "a,siez=1G", "a,size=", "a,size=1000",
					    "a,size=1G,ro", "a,serial=", "a,serial=123456789012345678901",
					    "a,ro=yes", "a,b", "a,size=2049T", "a,raw,size=8388608T" };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct disk d = { 0 };
		struct err e = { 0 };

		CHECK(disk_parse(rows[i], &d, &e) < 0);
		CHECK_INT(e.exit_status, EXIT_USAGE);
		CHECK_HAS(e.text, "run: --disk ");
	}
}

static char top[PATH_MAX], qemu_img[PATH_MAX];

static void disks_free(struct disks **d)
{
	disks_close(*d);
	free(*d);
}

static void together(void)
{
	static char root[PATH_MAX + 16], more[PATH_MAX + 64];
	const char *const list[] = { more, NULL };
	struct disk_options o = { .qemu_img = qemu_img, .root = root, .more = list };
	_cleanup_strv_ struct strv grown = { 0 };
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
	CHECK_INT(disks_growth(d, &grown), 0);
	CHECK_INT(grown.n, 0);
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

	/* What is larger than it was is QEMU's to grow. */
	snprintf(more, sizeof(more), "%s/more.qcow2,size=4M", top);
	CHECK_INT(disks_open(&o, d, &e), 0);
	CHECK_INT(disks_ready(d, &e), 0);
	CHECK_INT(disks_growth(d, &grown), 0);
	CHECK_INT(grown.n, 1);
	CHECK_STR(grown.v[0], "{\"execute\":\"block_resize\",\"arguments\":{\"node-name\":\"disk1\","
			      "\"size\":4194304}}\n");
	disks_close(d);

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
	CHECK_HAS(e.text, "more.qcow2: with --disk-interface ide a disk can always be written; leave out ro");
	disks_close(d);
	o.interface = DISK_BY_VIRTIO;

	/* The same image twice is in use: by ourselves. */
	snprintf(more, sizeof(more), "%s/root.qcow2", top);
	CHECK(disks_open(&o, d, &e) < 0);
	CHECK_INT(e.exit_status, EXIT_IN_USE);
	disks_close(d);

	/* No root disk. */
	o.root = NULL;
	CHECK_INT(disks_open(&o, d, &e), 0);
	CHECK(d->n == 1 && !d->has_root);
}

int main(void)
{
	struct err e = { 0 };

	if (proc_find(NULL, "qemu-img", "qemu-utils", qemu_img, &e) < 0 || folder_make(top, &e) < 0) {
		printf("# %s\n", e.text);
		return 1;
	}
	RUN(words);
	RUN(slips);
	RUN(together);
	folder_remove(top);
	TEST_END();
}
