/* SPDX-License-Identifier: MIT */
/* qemu_img.c - tests of what is read from the real qemu-img, and of what it may answer */
#include "host/disk/qemu_img.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/wait.h>

#include "host/lib/exit.h"
#include "host/lib/folder.h"
#include "host/lib/proc.h"
#include "init/lib/file.h"
#include "init/lib/spawn.h"
#include "init/lib/str.h"
#include "tests/lib/test.h"

static char top[PATH_MAX], qemu_img[PATH_MAX], qemu_io[PATH_MAX];

static void info(void)
{
	static const struct {
		const char *json, *text; /* NULL: it is good */
	} rows[] = {
		{ "{\"format\": \"qcow2\", \"virtual-size\": 512}", NULL },
		{ "{\"format\": \"qcow2\", \"virtual-size\": 512, \"format-specific\": {\"data\": {}}}",
		  NULL },
		{ "{\"format\": \"raw\", \"virtual-size\": 512}", "is a raw image, not qcow2" },
		{ "{\"format\": \"qcow2\", \"virtual-size\": 512, \"backing-filename\": \"/b\"}",
		  "only a layer over /b" },
		{ "{\"format\": \"qcow2\", \"virtual-size\": 512, \"format-specific\": "
		  "{\"data\": {\"data-file\": \"/d\"}}}",
		  "keeps its data in another file, /d" },
		{ "{\"format\": \"qcow2\", \"virtual-size\": 0}", "of no size" },
		{ "{\"format\": \"qcow2\"}", "of no size" },
		{ "[]", "gave no answer" },
		{ "", "gave no answer" },
		{ "{\"format\"", "gave no answer" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct err e = { 0 };
		uint64_t size = 0;
		bool dirty = true;
		int r = qemu_img_read_info("qcow2", "/x", rows[i].json, strlen(rows[i].json), &size,
					   &dirty, &e);

		if (!rows[i].text) {
			CHECK_INT(r, 0);
			CHECK_INT(size, 512);
			CHECK(!dirty);
			continue;
		}
		CHECK(r < 0);
		CHECK_INT(e.exit_status, EXIT_IMAGE);
		CHECK_HAS(e.text, rows[i].text);
	}
}

static void map(void)
{
	static const struct {
		const char *json;
		int r;
		bool zero;
	} rows[] = {
		{ "[{\"start\": 0, \"zero\": true, \"data\": false}]", 0, true },
		{ "[{\"zero\": true}, {\"zero\": false}]", 0, false },
		{ "[{\"zero\": false}, {\"zero\": true}]", 0, false },
		{ "[]", -EBADMSG, false },
		{ "[{}]", -EBADMSG, false },
		{ "{}", -EBADMSG, false },
		{ "[{\"zero\": true}", -EBADMSG, false },
		{ "", -EBADMSG, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		bool zero = false;

		CHECK_INT(qemu_img_read_map(rows[i].json, strlen(rows[i].json), &zero), rows[i].r);
		CHECK_INT(zero, rows[i].zero);
	}
}

static void write_a_byte(const char *file, const char *where)
{
	char command[64];
	const char *const argv[] = { qemu_io, "-f", "qcow2", "-c", command, file, NULL };
	const struct spawn s = {
		.path = qemu_io, .argv = argv, .stdin_fd = -1, .timeout_ms = 60000
	};
	_cleanup_buf_ struct buf out = { 0 };
	int status = -1;

	snprintf(command, sizeof(command), "write -P 1 %s 512", where);
	CHECK_INT(spawn_run(&s, &out, NULL, &status), 0);
	CHECK_INT(status, 0);
}

static void a_life(void)
{
	const struct qemu_img q = { .program = qemu_img, .format = "qcow2" };
	char file[PATH_MAX + 16];
	struct err e = { 0 };
	uint64_t size = 0;
	bool zero = false;

	snprintf(file, sizeof(file), "%s/x.qcow2", top);
	close(open(file, O_CREAT | O_RDWR | O_CLOEXEC, 0600));
	CHECK_INT(qemu_img_create(&q, file, 8 << 20, &e), 0);
	CHECK_INT(qemu_img_look(&q, file, &size, &e), 0);
	CHECK_INT(size, 8 << 20);
	CHECK_INT(qemu_img_resize(&q, file, 16 << 20, &e), 0);
	CHECK_INT(qemu_img_look(&q, file, &size, &e), 0);
	CHECK_INT(size, 16 << 20);
	CHECK_INT(qemu_img_is_zero(&q, file, &zero, &e), 0);
	CHECK(zero);
	/* The last byte's cluster is data: it is seen, and so is its loss. */
	write_a_byte(file, "15M");
	CHECK_INT(qemu_img_is_zero(&q, file, &zero, &e), 0);
	CHECK(!zero);
	CHECK_INT(qemu_img_look(&q, file, &size, &e), 0);
	CHECK_INT(truncate(file, 300000), 0);
	CHECK(qemu_img_look(&q, file, &size, &e) < 0);
	CHECK_INT(e.exit_status, EXIT_IMAGE);
	CHECK_HAS(e.text, "is damaged or cut short");
}

/* Writes, and dies with the image open. */
static void crash(const char *file)
{
	const char *const argv[] = { qemu_io,
				     "-f",
				     "qcow2",
				     "-c",
				     "write -P 7 0 4M",
				     "-c",
				     "write -P 8 12M 1M",
				     "-c",
				     "flush",
				     "-c",
				     "abort",
				     file,
				     NULL };
	const struct spawn s = {
		.path = qemu_io, .argv = argv, .stdin_fd = -1, .timeout_ms = 60000
	};
	_cleanup_buf_ struct buf out = { 0 };
	int status = 0;

	CHECK_INT(spawn_run(&s, &out, NULL, &status), 0);
	CHECK(WIFSIGNALED(status));
}

static void spoil(const char *file, uint64_t at)
{
	static const uint8_t entry[8] = { 0x80, 0, 0, 0, 0, 0x12, 0x34, 0 };
	_cleanup_close_ int fd = open(file, O_RDWR | O_CLOEXEC);

	CHECK_INT(pwrite(fd, entry, sizeof(entry), (off_t)at), sizeof(entry));
}

static uint64_t be64(const char *file, uint64_t at)
{
	_cleanup_close_ int fd = open(file, O_RDONLY | O_CLOEXEC);
	uint8_t b[8] = { 0 };
	uint64_t v = 0;

	CHECK_INT(file_pread_all(fd, b, sizeof(b), (off_t)at), 0);
	for (size_t i = 0; i < sizeof(b); i++)
		v = v << 8 | b[i];
	return v;
}

/* QEMU mends its counters as it opens it; what else is wrong is still found. */
static void lazy_refcounts_after_a_crash(void)
{
	const struct qemu_img q = { .program = qemu_img, .format = "qcow2" };
	const char *options = "lazy_refcounts=on,compat=1.1";
	char file[PATH_MAX + 16];
	const char *const argv[] = { qemu_img, "create", "-q", "-f",  "qcow2",
				     "-o",     options,	 file, "16M", NULL };
	const struct spawn s = {
		.path = qemu_img, .argv = argv, .stdin_fd = -1, .timeout_ms = 60000
	};
	_cleanup_buf_ struct buf before = { 0 }, after = { 0 };
	uint64_t size = 0, l2;
	struct err e = { 0 };
	int status = -1;

	snprintf(file, sizeof(file), "%s/lazy \xff,\".qcow2", top);
	CHECK_INT(spawn_run(&s, NULL, NULL, &status), 0);
	CHECK_INT(status, 0);
	crash(file);
	CHECK_INT(file_read(AT_FDCWD, file, 64 << 20, &before), 0);
	CHECK_INT(qemu_img_look(&q, file, &size, &e), 0);
	CHECK_INT(size, 16 << 20);
	CHECK_INT(file_read(AT_FDCWD, file, 64 << 20, &after), 0);
	CHECK(before.len == after.len && memcmp(before.data, after.data, before.len) == 0);
	/* An entry of the L2 table that leads nowhere (docs/interop/qcow2.txt). */
	l2 = be64(file, be64(file, 40)) & 0xfffffffffffe00;
	spoil(file, l2 + 8 * 3);
	CHECK(qemu_img_look(&q, file, &size, &e) < 0);
	CHECK_HAS(e.text, "is damaged or cut short");
	CHECK_INT(file_replace(AT_FDCWD, file, before.data, before.len, 0600), 0);
	CHECK_INT(qemu_img_look(&q, file, &size, &e), 0);
	CHECK_INT(truncate(file, (off_t)before.len - (1 << 20)), 0);
	CHECK(qemu_img_look(&q, file, &size, &e) < 0);
	CHECK_HAS(e.text, "is damaged or cut short");
	unlink(file);
}

/* As a disk that was used long and trimmed: its map has more lines than are read. */
static void scattered(void)
{
	enum { EXTENTS = 16000, STEP = 16384 };
	const struct qemu_img q = { .program = qemu_img, .format = "raw" };
	char file[PATH_MAX + 16];
	struct err e = { 0 };
	bool zero = true;
	int fd;

	snprintf(file, sizeof(file), "%s/x.raw", top);
	fd = open(file, O_CREAT | O_RDWR | O_CLOEXEC, 0600);
	CHECK_INT(ftruncate(fd, (off_t)EXTENTS * STEP), 0);
	CHECK_INT(qemu_img_is_zero(&q, file, &zero, &e), 0);
	CHECK(zero);
	for (int i = 0; i < EXTENTS; i++)
		if (pwrite(fd, "x", 1, (off_t)i * STEP) != 1)
			break;
	close(fd);
	CHECK_INT(qemu_img_is_zero(&q, file, &zero, &e), 0);
	CHECK(!zero);
	CHECK_STR(e.text, "");
}

/* The end of a long map is not waited for: this one has none. */
static void a_map_without_an_end(void)
{
	static const char text[] = "#!/bin/sh\nexec yes '{ \"start\": 0, \"zero\": false },'\n";
	char program[PATH_MAX + 16];
	const struct qemu_img q = { .program = program, .format = "raw" };
	struct err e = { 0 };
	bool zero = true;

	snprintf(program, sizeof(program), "%s/qemu-img", top);
	CHECK_INT(file_replace(AT_FDCWD, program, text, strlen(text), 0700), 0);
	CHECK_INT(qemu_img_is_zero(&q, "/x", &zero, &e), 0);
	CHECK(!zero);
	CHECK_STR(e.text, "");
}

int main(void)
{
	struct err e = { 0 };

	if (proc_find(NULL, "qemu-img", "qemu-utils", qemu_img, &e) < 0 ||
	    proc_find(NULL, "qemu-io", "qemu-utils", qemu_io, &e) < 0 || folder_make(top, &e) < 0) {
		printf("# %s\n", e.text);
		return 1;
	}
	RUN(info);
	RUN(map);
	RUN(a_life);
	RUN(lazy_refcounts_after_a_crash);
	RUN(scattered);
	RUN(a_map_without_an_end);
	folder_remove(top);
	TEST_END();
}
