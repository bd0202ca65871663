/* SPDX-License-Identifier: MIT */
/* image.c - tests of the disk image's rules, with the real qemu-img */
#include "host/image.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "host/exit.h"
#include "host/folder.h"
#include "host/proc.h"
#include "init/lib/file.h"
#include "init/lib/spawn.h"
#include "init/lib/str.h"
#include "tests/lib/test.h"

static char top[PATH_MAX], qemu_img[PATH_MAX];

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
		int r = image_check_info("/x", rows[i].json, strlen(rows[i].json), &e);

		if (!rows[i].text) {
			CHECK_INT(r, 0);
			continue;
		}
		CHECK(r < 0);
		CHECK_INT(e.exit_status, EXIT_IMAGE);
		CHECK_HAS(e.text, rows[i].text);
	}
}

static const char *in_top(const char *name)
{
	static char path[PATH_MAX];

	CHECK_INT(str_format(path, sizeof(path), "%s/%s", top, name), 0);
	return path;
}

static void run_qemu_img(const char *const *argv)
{
	struct spawn s = { .path = qemu_img, .argv = argv, .stdin_fd = -1 };
	_cleanup_buf_ struct buf out = { 0 };
	int status = -1;

	CHECK_INT(spawn_run(&s, &out, NULL, &status), 0);
	CHECK_INT(status, 0);
}

static void made_once_then_opened(void)
{
	static const char name[] = "a, b:c=\xc3\xa4.qcow2";
	struct image i = IMAGE_INIT, again = IMAGE_INIT;
	struct err e = { 0 };
	struct stat st;

	CHECK_INT(image_open(qemu_img, in_top(name), &i, &e), 0);
	CHECK_INT(i.fd, -1);
	CHECK(lstat(in_top(name), &st) < 0);
	CHECK_INT(image_make(qemu_img, 64 << 20, &i, &e), 0);
	CHECK_STR(e.text, "");
	CHECK(i.fd >= 0 && i.made);
	CHECK_INT(lstat(in_top(name), &st), 0);

	/* In use: flock belongs to the open file, so this very process is the other one. */
	CHECK(image_open(qemu_img, in_top(name), &again, &e) < 0);
	CHECK_INT(e.exit_status, EXIT_IN_USE);
	CHECK_HAS(e.text, "is in use by pid ");
	image_close(&i);
	CHECK_INT(image_open(qemu_img, in_top(name), &again, &e), 0);
	CHECK(again.fd >= 0 && !again.made);
	image_close(&again);
}

/* Something took the name between image_open and image_make: it stays as it is. */
static void never_replaces(void)
{
	struct image i = IMAGE_INIT;
	struct err e = { 0 };
	char text[16];

	CHECK_INT(image_open(qemu_img, in_top("late.qcow2"), &i, &e), 0);
	CHECK_INT(folder_write(top, "late.qcow2", "mine\n", 5, &e), 0);
	CHECK(image_make(qemu_img, 64 << 20, &i, &e) < 0);
	CHECK_INT(e.exit_status, EXIT_IN_USE);
	CHECK_INT(i.fd, -1);
	CHECK_INT(file_read_line(AT_FDCWD, in_top("late.qcow2"), text, sizeof(text)), 0);
	CHECK_STR(text, "mine");
}

static void refused(const char *name, const char *text)
{
	struct image i = IMAGE_INIT;
	struct err e = { 0 };

	CHECK(image_open(qemu_img, in_top(name), &i, &e) < 0);
	CHECK_INT(e.exit_status, EXIT_IMAGE);
	CHECK_HAS(e.text, text);
	CHECK_INT(i.fd, -1);
	image_close(&i);
}

static void what_is_refused(void)
{
	char backing[PATH_MAX + 16], layer[PATH_MAX + 16], link_name[PATH_MAX + 16];
	const char *const make_base[] = { qemu_img, "create", "-q", "-f", "qcow2", backing, "1M", NULL };
	const char *const make_layer[] = { qemu_img, "create", "-q", "-f", "qcow2", "-b", backing,
					   "-F", "qcow2", layer, NULL };
	struct err e = { 0 };
	struct stat st;

	snprintf(backing, sizeof(backing), "%s/base.qcow2", top);
	snprintf(layer, sizeof(layer), "%s/layer.qcow2", top);
	run_qemu_img(make_base);
	run_qemu_img(make_layer);
	CHECK_INT(folder_write(top, "empty", "", 0, &e), 0);
	CHECK_INT(folder_write(top, "raw", "0123456789", 10, &e), 0);
	snprintf(link_name, sizeof(link_name), "%s/dangling", top);
	CHECK_INT(symlink("nowhere", link_name), 0);

	refused("layer.qcow2", "only a layer over");
	refused("empty", "is empty");
	refused("raw", "no qcow2 image that can be used");
	refused("dangling", "a link to nothing");
	refused(".", "is no file");
	refused("no-such/x.qcow2", "its folder: No such file");
	CHECK(lstat(in_top("nowhere"), &st) < 0);
}

int main(void)
{
	struct err e = { 0 };

	if (proc_find(NULL, "qemu-img", "qemu-utils", qemu_img, &e) < 0 || folder_make(top, &e) < 0) {
		printf("# %s\n", e.text);
		return 1;
	}
	RUN(info);
	RUN(made_once_then_opened);
	RUN(never_replaces);
	RUN(what_is_refused);
	folder_remove(top);
	TEST_END();
}
