/* SPDX-License-Identifier: MIT */
/* booted.c - tests of what an image remembers, on a real file's attributes */
#include "host/disk/booted.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/xattr.h>

#include "host/run/remember.h"
#include "init/lib/log.h"
#include "init/lib/str.h"
#include "tests/lib/test.h"

static char file[] = "/var/tmp/storeboot-booted.XXXXXX", log_file[] = "/tmp/storeboot-said.XXXXXX";
static int fd, log_fd;

static void values(void)
{
	static const char *const bad[] = {
		"", "\n", "a", "a\n", "\n/b", "a\n/b\n", "a\x1b[31m\n/b", "a\n/\x7f"
	};
	struct booted b = { "left", "as it was" };

	CHECK_INT(booted_parse("web\n/nix/store/x", 16, &b), 0);
	CHECK_STR(b.name, "web");
	CHECK_STR(b.system, "/nix/store/x");
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		CHECK_INT(booted_parse(bad[i], strlen(bad[i]), &b), -ENODATA);
	CHECK_INT(booted_parse("a\0\n/b", 5, &b), -ENODATA);
	CHECK_STR(b.name, "web");
}

static void kept_with_the_file(void)
{
	struct booted b = { "web", "/nix/store/x" }, got;

	CHECK_INT(booted_read(fd, &got), -ENODATA);
	CHECK_INT(booted_write(fd, &b), 0);
	CHECK_INT(booted_read(fd, &got), 0);
	CHECK_STR(got.name, b.name);
	CHECK_STR(got.system, b.system);
	memset(b.system, 'x', sizeof(b.system) - 1);
	CHECK(booted_write(fd, &b) < 0);
	CHECK_INT(booted_read(fd, &got), 0);
	CHECK_STR(got.system, "/nix/store/x");
	CHECK_INT(fsetxattr(fd, BOOTED_XATTR, "nonsense", 8, 0), 0);
	CHECK_INT(booted_read(fd, &got), -ENODATA);
}

/* What was said since the last call. */
static const char *said(void)
{
	static char text[2048];
	ssize_t n = pread(log_fd, text, sizeof(text) - 1, 0);

	text[n > 0 ? n : 0] = '\0';
	CHECK_INT(ftruncate(log_fd, 0), 0);
	CHECK_INT(lseek(log_fd, 0, SEEK_SET), 0);
	return text;
}

static void a_users_runs(void)
{
	struct disk d = { .image = {
				  .fd = fd, .layer_fd = -1, .path = "/d/x.qcow2", .made = true } };
	struct booted got;

	/* A new image says nothing of whom its file's attributes may name. */
	CHECK_STR(remember_system(&d, "web", "/nix/store/1-web"), ", new");
	CHECK_STR(said(), "");
	d.image.made = false;
	CHECK_STR(remember_system(&d, "web", "/nix/store/1-web"), "");
	CHECK_STR(remember_system(&d, "other-name", "/nix/store/1-web"), "");
	/* Rebuilt: part of the line that is said anyway. */
	CHECK_STR(remember_system(&d, "web", "/nix/store/2-web"),
		  ", which last booted another build of it");
	CHECK_STR(remember_system(&d, "web", "/nix/store/2-web"), "");
	CHECK_STR(said(), "");
	/* A throw-away run is told, and remembers nothing. */
	d.request.ephemeral = true;
	CHECK_STR(remember_system(&d, "mail", "/nix/store/3-mail"), "");
	CHECK_HAS(said(), "/d/x.qcow2 last booted another system, web (/nix/store/2-web)");
	CHECK_INT(booted_read(fd, &got), 0);
	CHECK_STR(got.name, "web");
	d.request.ephemeral = false;
	CHECK_STR(remember_system(&d, "mail", "/nix/store/3-mail"), "");
	CHECK_HAS(said(), "another system, web");
	CHECK_STR(remember_system(&d, "mail", "/nix/store/3-mail"), "");
	CHECK_STR(said(), "");
	/* No image is there to ask. */
	d.image.fd = -1;
	CHECK_STR(remember_system(&d, "web", "/nix/store/1-web"), "");
	CHECK_STR(said(), "");
}

/* --name names another disk: said once, when that is made, where the system has one already. */
static void another_name_is_another_disk(void)
{
	char top[] = "/tmp/storeboot-booted.XXXXXX", other[sizeof(top) + 16];
	struct image i = { .fd = fd, .made = true };
	int made;

	CHECK(mkdtemp(top) != NULL);
	snprintf(other, sizeof(other), "%s/web.qcow2", top);
	snprintf(i.path, sizeof(i.path), "%s/mail.qcow2", top);
	remember_other_disk(&i, "mail", "web");
	CHECK_STR(said(), "");
	made = open(other, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	CHECK(made >= 0 && close(made) == 0);
	remember_other_disk(&i, "mail", "web");
	CHECK_HAS(said(), "/mail.qcow2; the system's disk without it, ");
	i.made = false;
	remember_other_disk(&i, "mail", "web");
	i.made = true;
	snprintf(i.path, sizeof(i.path), "%s/given.qcow2", top); /* --image */
	remember_other_disk(&i, "mail", "web");
	remember_other_disk(&i, "web", "web");
	CHECK_STR(said(), "");
	CHECK(unlink(other) == 0 && rmdir(top) == 0);
}

/* /proc stands for every file system that keeps no such attributes. */
static void told_once_where_it_cannot_be_kept(void)
{
	int proc = open("/proc/self/comm", O_RDWR | O_CLOEXEC);
	struct disk d = {
		.image = { .fd = proc, .layer_fd = -1, .path = "/d/x.qcow2", .made = true }
	};

	CHECK(proc >= 0);
	CHECK_STR(remember_system(&d, "web", "/nix/store/1-web"), ", new");
	CHECK_HAS(said(), "/d/x.qcow2 will not remember which system it booted");
	d.image.made = false;
	CHECK_STR(remember_system(&d, "web", "/nix/store/1-web"), "");
	CHECK_STR(said(), "");
	close(proc);
}

int main(void)
{
	fd = mkstemp(file);
	log_fd = mkstemp(log_file);
	if (fd < 0 || log_fd < 0)
		return 1;
	unlink(log_file);
	log_open(log_fd, false, "storeboot", LOG_INFO);
	RUN(values);
	if (fsetxattr(fd, BOOTED_XATTR, "", 0, 0) < 0 && errno == EOPNOTSUPP) {
		SKIP("kept_with_the_file", "/var/tmp keeps no extended attributes");
	} else {
		fremovexattr(fd, BOOTED_XATTR);
		RUN(kept_with_the_file);
		RUN(a_users_runs);
	}
	RUN(another_name_is_another_disk);
	RUN(told_once_where_it_cannot_be_kept);
	unlink(file);
	TEST_END();
}
