/* SPDX-License-Identifier: MIT */
/* image.c - tests of the disk image's rules, with the real qemu-img, on all kinds of file systems
 */
#include "host/disk/image.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "host/lib/exit.h"
#include "host/lib/folder.h"
#include "host/lib/proc.h"
#include "init/lib/file.h"
#include "init/lib/spawn.h"
#include "init/lib/str.h"
#include "tests/lib/lesser_fs.h"
#include "tests/lib/test.h"

static const char *top;
static char qemu_img[PATH_MAX];
static bool as_it_is; /* none of lesser_fs.h */

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

#define SIZE ((uint64_t)64 << 20)

static struct image_request request(const char *name)
{
	static char paths[4][PATH_MAX];
	static unsigned int n;
	char *path = paths[n++ % 4];

	snprintf(path, PATH_MAX, "%s", in_top(name));
	return (struct image_request){ .qemu_img = qemu_img,
				       .path = path,
				       .format = "qcow2",
				       .new_size = SIZE,
				       .ask_zero = true };
}

/* As a run does where QEMU starts. */
static int make_and_name(const struct image_request *q, struct image *i, struct err *e)
{
	int r = image_ready(q, i, e);

	return r < 0 ? r : image_commit(i, e);
}

/* With its own locks: without -U it takes those that QEMU itself does. */
static void qemu_opens(const char *path)
{
	const char *const argv[] = { qemu_img, "check", "-q", "-f", "qcow2", path, NULL };

	run_qemu_img(argv);
}

/* As hard a name as the file system takes: FAT has no colon. */
static const char *hard_name(void)
{
	static const char hard[] = "a, b:c=\xc3\xa4.qcow2";
	_cleanup_close_ int fd = open(in_top(hard), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	return fd >= 0 && unlink(in_top(hard)) == 0 ? hard : "a, b c=\xc3\xa4.qcow2";
}

static void made_once_then_opened(void)
{
	const char *name = hard_name();
	const struct image_request q = request(name);
	struct image i = IMAGE_INIT, again = IMAGE_INIT;
	struct err e = { 0 };
	struct stat st;

	CHECK_INT(image_open(&q, &i, &e), 0);
	CHECK_INT(i.fd, -1);
	CHECK(i.zero && i.new_size == SIZE);
	CHECK(lstat(in_top(name), &st) < 0);
	CHECK_INT(image_ready(&q, &i, &e), 0);
	CHECK_STR(e.text, "");
	CHECK(i.fd >= 0 && !i.made);
	CHECK(lstat(in_top(name), &st) < 0);
	CHECK_INT(image_commit(&i, &e), 0);
	CHECK_STR(e.text, "");
	CHECK(i.made);
	CHECK_INT(lstat(in_top(name), &st), 0);

	/* In use: flock belongs to the open file, so this very process is the other one. */
	CHECK(image_open(&q, &again, &e) < 0);
	CHECK_INT(e.exit_status, EXIT_IN_USE);
	CHECK_HAS(e.text, lacks & BYTE_LOCKS ? "is in use by another process" : "is in use by ");
	qemu_opens(in_top(name));
	image_close(&i);
	CHECK_INT(image_open(&q, &again, &e), 0);
	CHECK(again.fd >= 0 && !again.made && again.zero && again.size == SIZE);
	image_close(&again);
}

/* How many entries the folder has. */
static unsigned int entries(void)
{
	DIR *d = opendir(top);
	const struct dirent *entry;
	unsigned int n = 0;

	while (d && (entry = readdir(d))) /* NFS: an open file without a name */
		n += !str_after(entry->d_name, ".nfs");
	if (d)
		closedir(d);
	return n;
}

/* What image_ready made, in one way or the other, is gone with the run that QEMU refused. */
static void refused_by_qemu(void)
{
	struct image_request q = request("refused.qcow2"), fresh = request("refused-fresh.qcow2");
	struct image i = IMAGE_INIT;
	struct err e = { 0 };
	struct stat before, st;
	unsigned int n;

	CHECK_INT(image_open(&fresh, &i, &e), 0);
	CHECK_INT(make_and_name(&fresh, &i, &e), 0);
	CHECK_INT(fstat(i.fd, &before), 0);
	image_close(&i);
	n = entries();
	fresh.fresh = true;
	CHECK_INT(image_open(&q, &i, &e), 0);
	CHECK_INT(image_ready(&q, &i, &e), 0);
	CHECK(i.fd >= 0);
	image_close(&i);
	CHECK_INT(entries(), n);
	CHECK_INT(image_open(&fresh, &i, &e), 0);
	CHECK_INT(image_ready(&fresh, &i, &e), 0);
	CHECK(i.fd >= 0 && i.old_fd >= 0);
	image_close(&i);
	CHECK_INT(entries(), n);
	CHECK_INT(stat(in_top("refused-fresh.qcow2"), &st), 0);
	CHECK(st.st_ino == before.st_ino && st.st_size == before.st_size);
}

/* Something took the name between image_open and image_commit: it stays as it is. */
static void never_replaces(void)
{
	const struct image_request q = request("late.qcow2");
	struct image i = IMAGE_INIT, other = IMAGE_INIT;
	struct err e = { 0 };
	char text[16];

	CHECK_INT(image_open(&q, &i, &e), 0);
	CHECK_INT(folder_write(top, "late.qcow2", "mine\n", 5, &e), 0);
	CHECK(make_and_name(&q, &i, &e) < 0);
	CHECK_INT(e.exit_status, EXIT_IN_USE);
	CHECK(!i.made);
	image_close(&i);
	CHECK_INT(file_read_line(AT_FDCWD, in_top("late.qcow2"), text, sizeof(text)), 0);
	CHECK_STR(text, "mine");

	/* Where another run took it, the line says which. */
	CHECK_INT(unlink(in_top("late.qcow2")), 0);
	CHECK_INT(image_open(&q, &i, &e), 0);
	CHECK_INT(image_open(&q, &other, &e), 0);
	CHECK_INT(make_and_name(&q, &other, &e), 0);
	CHECK(make_and_name(&q, &i, &e) < 0);
	CHECK_INT(e.exit_status, EXIT_IN_USE);
	CHECK_HAS(e.text, "late.qcow2 is in use by ");
	image_close(&i);
	image_close(&other);
}

static void grows_and_never_shrinks(void)
{
	struct image_request q = request("grow.qcow2");
	struct image i = IMAGE_INIT;
	struct err e = { 0 };

	CHECK_INT(image_open(&q, &i, &e), 0);
	CHECK_INT(make_and_name(&q, &i, &e), 0);
	image_close(&i);
	q.size = 2 * SIZE;
	CHECK_INT(image_open(&q, &i, &e), 0);
	CHECK(i.size == SIZE && i.new_size == 2 * SIZE);
	CHECK_INT(make_and_name(&q, &i, &e), 0);
	image_close(&i);
	q.size = SIZE;
	CHECK(image_open(&q, &i, &e) < 0);
	CHECK_INT(e.exit_status, EXIT_IMAGE);
	CHECK_HAS(e.text, "holds a disk of 128 MiB; it is not made smaller");
	q.size = 0;
	CHECK_INT(image_open(&q, &i, &e), 0);
	CHECK(i.size == 2 * SIZE && i.new_size == 2 * SIZE);
	image_close(&i);
}

static void no_temporary_name_is_left(void)
{
	_cleanup_closedir_ DIR *d = opendir(top);
	const struct dirent *entry;

	while (d && (entry = readdir(d)))
		CHECK(!strstr(entry->d_name, "storeboot-new-"));
}

/* A layer, or on a file system that is not imitated the line that none can be there. */
static void throw_away_layer(const struct image_request *q, struct image *i)
{
	struct err e = { 0 };
	struct stat st;

	if (image_ready(q, i, &e) < 0) {
		CHECK(as_it_is);
		CHECK_HAS(e.text, "loses an open file with its name");
		return;
	}
	CHECK_INT(fstat(i->layer_fd, &st), 0);
	CHECK(st.st_size > 0);
}

/* Throw-away runs share an image, with nothing else beside them; a fresh start deletes nothing. */
static void shared_and_aside(void)
{
	struct image_request q = request("share.qcow2"), own = q, fresh = q;
	struct image i = IMAGE_INIT, a = IMAGE_INIT, b = IMAGE_INIT;
	struct err e = { 0 };
	struct stat before, st;

	CHECK_INT(image_open(&q, &i, &e), 0);
	CHECK_INT(make_and_name(&q, &i, &e), 0);
	CHECK_INT(fstat(i.fd, &before), 0);
	image_close(&i);
	q.ephemeral = true;
	CHECK_INT(image_open(&q, &a, &e), 0);
	CHECK_INT(image_open(&q, &b, &e), 0);
	throw_away_layer(&q, &a);
	throw_away_layer(&q, &b);
	no_temporary_name_is_left();
	CHECK(image_open(&own, &i, &e) < 0);
	CHECK_INT(e.exit_status, EXIT_IN_USE);
	fresh.fresh = true;
	CHECK(image_open(&fresh, &i, &e) < 0);
	CHECK_INT(e.exit_status, EXIT_IN_USE);
	image_close(&a);
	image_close(&b);

	CHECK_INT(image_open(&fresh, &i, &e), 0);
	CHECK(i.zero && i.new_size == SIZE);
	CHECK_INT(make_and_name(&fresh, &i, &e), 0);
	CHECK_INT(stat(in_top("share.qcow2"), &st), 0);
	CHECK(st.st_ino != before.st_ino && i.made);
	image_close(&i);
}

static void refused(const char *name, const char *text)
{
	const struct image_request q = request(name);
	struct image i = IMAGE_INIT;
	struct err e = { 0 };

	CHECK(image_open(&q, &i, &e) < 0);
	CHECK_INT(e.exit_status, EXIT_IMAGE);
	CHECK_HAS(e.text, text);
	CHECK_INT(i.fd, -1);
	image_close(&i);
}

static void what_is_refused(void)
{
	char backing[PATH_MAX + 16], layer[PATH_MAX + 16], link_name[PATH_MAX + 16];
	const char *const make_base[] = { qemu_img, "create", "-q", "-f",
					  "qcow2",  backing,  "1M", NULL };
	const char *const make_layer[] = { qemu_img, "create", "-q",	"-f",  "qcow2", "-b",
					   backing,  "-F",     "qcow2", layer, NULL };
	struct err e = { 0 };
	struct stat st;

	snprintf(backing, sizeof(backing), "%s/base.qcow2", top);
	snprintf(layer, sizeof(layer), "%s/layer.qcow2", top);
	run_qemu_img(make_base);
	run_qemu_img(make_layer);
	CHECK_INT(folder_write(top, "empty", "", 0, &e), 0);
	CHECK_INT(folder_write(top, "raw", "0123456789", 10, &e), 0);
	CHECK_INT(folder_write(top, "a lock", "0123456789", 10, &e), 0);
	snprintf(link_name, sizeof(link_name), "%s/dangling", top);
	CHECK(symlink("nowhere", link_name) == 0 || errno == EPERM);

	refused("layer.qcow2", "only a layer over");
	refused("empty", "is empty");
	refused("raw", "no qcow2 image that can be used");
	refused("a lock", "no qcow2 image that can be used");
	if (lstat(link_name, &st) == 0) /* not on FAT */
		refused("dangling", "a link to nothing");
	refused(".", "is no file");
	refused("no-such/x.qcow2", "its folder: No such file");
	CHECK(lstat(in_top("nowhere"), &st) < 0);
}

/* What a guest with a writable shared folder does before the next run, or during it. */
static void a_link_of_a_guest(void)
{
	const char *const make[] = { qemu_img, "create",	 "-q", "-f",
				     "raw",    in_top("secret"), "1M", NULL };
	struct image_request q = request("data.raw");
	struct image i = IMAGE_INIT;
	struct err e = { 0 };
	struct stat st, before;

	run_qemu_img(make);
	if (symlink("secret", in_top("data.raw")) < 0)
		return; /* FAT */
	CHECK_INT(stat(in_top("secret"), &before), 0);
	q.format = "raw";
	for (int how = 0; how < 3; how++) {
		q.read_only = how == 1;
		q.ephemeral = how == 2;
		CHECK_INT(image_open(&q, &i, &e), -ELOOP);
		CHECK_INT(e.exit_status, EXIT_IMAGE);
		CHECK_HAS(e.text, "/data.raw: a link leads there, and a guest may have made it; "
				  "name the file itself, /");
		CHECK_INT(i.fd, -1);
		image_close(&i);
	}
	q = request("data.raw");
	CHECK_INT(unlink(in_top("data.raw")), 0);
	CHECK_INT(image_open(&q, &i, &e), 0);
	CHECK_INT(image_ready(&q, &i, &e), 0);
	CHECK_INT(fstat(i.fd, &st), 0);
	CHECK_INT(st.st_mode & 0077, 0); /* another user could lock it, or read it */
	CHECK_INT(symlink("secret", in_top("data.raw")), 0);
	CHECK(image_commit(&i, &e) < 0);
	image_undo(&q, &i);
	image_close(&i);
	CHECK_INT(lstat(in_top("data.raw"), &st), 0);
	CHECK(S_ISLNK(st.st_mode));
	CHECK_INT(stat(in_top("secret"), &st), 0);
	CHECK_INT(st.st_ino, before.st_ino);
	CHECK_INT(st.st_size, before.st_size);
	CHECK_INT(unlink(in_top("data.raw")) + unlink(in_top("secret")), 0);
}

/* QEMU opens a data file that the header names, also to look at the image. */
static void a_header_of_a_guest(void)
{
	static const uint8_t features[8] = { 0, 0, 0, 0, 0, 0, 0, 4 };
	const char *const make[] = { qemu_img, "create", "-q", "-f", "qcow2", in_top("own.qcow2"),
				     "1M",     NULL };
	_cleanup_close_ int fd = -1;

	run_qemu_img(make);
	fd = open(in_top("own.qcow2"), O_WRONLY | O_CLOEXEC);
	CHECK_INT(pwrite(fd, features, sizeof(features), 72), sizeof(features));
	refused("own.qcow2", "keeps its data in another file");
}

/* CIFS and 9p: QEMU could not open the layer. */
static void layer_that_is_lost(void)
{
	struct image_request q = request("none.qcow2");
	struct image i = IMAGE_INIT;
	struct err e = { 0 };

	lacks |= NO_REOPEN;
	q.ephemeral = true;
	CHECK_INT(image_open(&q, &i, &e), 0);
	CHECK(image_ready(&q, &i, &e) < 0);
	CHECK_INT(e.exit_status, EXIT_IMAGE);
	CHECK_HAS(e.text, "loses an open file with its name; set TMPDIR to a folder elsewhere");
	CHECK_INT(i.layer_fd, -1);
	lacks &= ~(unsigned int)NO_REOPEN;
}

static void tests(const char *folder)
{
	const char *tmpdir = getenv("TMPDIR");
	_cleanup_free_ char *before = strdup(tmpdir ? tmpdir : "/tmp");

	top = folder;
	setenv("TMPDIR", top, 1); /* the layers', too */
	RUN(made_once_then_opened);
	RUN(never_replaces);
	RUN(refused_by_qemu);
	RUN(grows_and_never_shrinks);
	RUN(shared_and_aside);
	RUN(a_link_of_a_guest);
	RUN(a_header_of_a_guest);
	RUN(layer_that_is_lost);
	RUN(what_is_refused);
	RUN(no_temporary_name_is_left);
	setenv("TMPDIR", before, 1);
}

int main(int argc, char **argv)
{
	struct err e = { 0 };

	if (proc_find(NULL, "qemu-img", "qemu-utils", qemu_img, &e) < 0) {
		printf("# %s\n", e.text);
		return 1;
	}
	(void)argv;
	as_it_is = argc > 1;
	lesser_run(argc, tests);
	TEST_END();
}
