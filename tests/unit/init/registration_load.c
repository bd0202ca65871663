/* SPDX-License-Identifier: MIT */
/* registration_load.c - tests of loading a registration: when, what nix-store gets, what its
 * failure says */
#include "init/nix/registration_load.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "init/guard.h"
#include "init/lib/file.h"
#include "init/lib/str.h"
#include "tests/lib/test.h"

#define DB "nix/var/nix/db/db.sqlite"
#define STAMP "nix/var/nix/db/storeboot-registration"
#define REGISTRATION "/nix/store/a\nhash\n10\n\n0\n"

static char dir[] = "/tmp/storeboot-registration.XXXXXX";
static char program[64];
static int root;
static struct err e;

static void put(const char *name, const char *text, mode_t mode)
{
	CHECK_INT(file_replace(root, name, text, strlen(text), mode), 0);
}

/*
 * nix-store stands in as a script: the real one is run by the VM tests. $D: the folder; body: what
 * --load-db does. The file known is what the database holds, and after --verify known-then is.
 */
static void put_program(const char *body)
{
	char text[1024];

	CHECK_INT(str_format(text, sizeof(text),
			     "#!/bin/sh\nPATH=$PATH:/usr/bin:/bin D=%s\n"
			     "case $4 in\n"
			     "--dump-db) ! [ -e $D/known ] || cat $D/known; exit ;;\n"
			     "--verify) [ \"$5\" ] && w=c || w=v; printf $w >>$D/verified\n"
			     "mv $D/known-then $D/known\n"
			     "[ $w = v ] || echo 'path a was modified' >&2; echo 'warning: x' >&2\n"
			     "exit $(cat $D/verdict) ;;\n"
			     "esac\n%s\n",
			     dir, body),
		  0);
	put("nix-store", text, 0755);
}

enum { UNCHANGED, LOADED, WITH_WARNING };

static struct registration_result done;

static bool verify;

static int load(unsigned int timeout_ms)
{
	struct registration_source r = { root, "/reg", { program, timeout_ms }, verify };
	int n;

	e = (struct err){ 0 };
	registration_result_free(&done);
	done = (struct registration_result){ 0 };
	n = registration_load(&r, &done, &e);
	return n < 0 ? n : done.warning.num ? WITH_WARNING : done.loaded ? LOADED : UNCHANGED;
}

static int runs(void)
{
	_cleanup_buf_ struct buf b = { 0 };

	return file_read(root, "runs", 4096, &b) < 0 ? 0 : (int)b.len;
}

static void check_file(const char *name, const char *want)
{
	_cleanup_buf_ struct buf b = { 0 };

	CHECK_INT(file_read(root, name, 65536, &b), 0);
	CHECK_STR(b.data, want);
}

static void loads_once(void)
{
	put("reg", REGISTRATION, 0644);
	put_program(
		"printf x >>$D/runs; cat >$D/stdin; echo \"$# $4|$HOME\" >$D/args; "
		"mkdir -p $D/nix/var/nix/db; : >$D/nix/var/nix/db/db.sqlite; echo warning: x >&2");
	CHECK_INT(load(60000), 1);
	check_file("stdin", REGISTRATION);
	check_file("args", "4 --load-db|/root\n");
	check_file(STAMP, REGISTRATION);
	CHECK_INT(load(60000), 0);
	CHECK_INT(runs(), 1);
}

static void loads_again_when_something_changed(void)
{
	put("reg", "/nix/store/b\nhash\n10\n\n0\n", 0644); /* the same length */
	CHECK_INT(load(60000), 1);
	CHECK_INT(runs(), 2);
	put("reg", REGISTRATION REGISTRATION, 0644);
	CHECK_INT(load(60000), 1);
	CHECK_INT(runs(), 3);
	CHECK_INT(unlinkat(root, DB, 0), 0);
	CHECK_INT(load(60000), 1);
	CHECK_INT(runs(), 4);
	CHECK_INT(load(60000), 0);
}

/* The stamp tells of the database that it was left beside, as it was then. */
static void loads_again_when_the_database_changed(void)
{
	/* What a write does, without the wait for the clock's next tick. */
	const struct timespec later[2] = { { 1300000000, 0 }, { 1300000000, 0 } };
	int before = runs();

	CHECK_INT(load(60000), UNCHANGED);
	CHECK_INT(utimensat(root, DB, later, 0), 0);
	CHECK_INT(load(60000), LOADED);
	CHECK_INT(load(60000), UNCHANGED);
	/* Changes that are not in the file itself yet. */
	put(DB "-wal", "", 0644);
	CHECK_INT(load(60000), UNCHANGED);
	put(DB "-wal", "x", 0644);
	CHECK_INT(load(60000), LOADED);
	CHECK_INT(unlinkat(root, DB "-wal", 0), 0);
	CHECK_INT(load(60000), UNCHANGED);
	CHECK_INT(runs(), before + 2);
}

static void a_stamp_that_cannot_be_left_is_no_failure(void)
{
	char tmp[sizeof(STAMP) + 32];

	snprintf(tmp, sizeof(tmp), STAMP ".tmp.%d", (int)getpid()); /* as file_replace calls it */
	CHECK_INT(unlinkat(root, STAMP, 0), 0);
	CHECK_INT(mkdirat(root, tmp, 0700), 0);
	CHECK_INT(load(60000), WITH_WARNING);
	CHECK_HAS(done.warning.text, "cannot write /" STAMP);
	CHECK_INT(load(60000), WITH_WARNING);
	CHECK_INT(unlinkat(root, tmp, AT_REMOVEDIR), 0);
	CHECK_INT(load(60000), LOADED);
	CHECK_INT(load(60000), UNCHANGED);
}

/* The hash that is in the database stays: only what has one, or is not there yet, is loaded. */
static void no_zero_hash_over_a_real_one(void)
{
#define ZERO "0000000000000000000000000000000000000000000000000000000000000000"
	put("known", "/nix/store/a\nsha256:1b\n10\n\n0\n/nix/store/c\n" ZERO "\n0\n\n0\n", 0644);
	put("reg",
	    "/nix/store/c\n" ZERO "\n0\n\n0\n/nix/store/b\n" ZERO "\n0\n\n1\n/nix/store/a\n"
	    "/nix/store/a\n" ZERO "\n0\n\n0\n",
	    0644);
	CHECK_INT(load(60000), LOADED);
	check_file("stdin", "/nix/store/b\n" ZERO "\n0\n\n1\n/nix/store/a\n"
			    "/nix/store/c\n" ZERO "\n0\n\n0\n");
	CHECK_INT(load(60000), UNCHANGED);
	put("known", "/nix/store/a\nsha256:1b\n10\n\n0\n/nix/store/b\n1b\n10\n\n0\n", 0644);
	put("stdin", "untouched", 0644);
	put("reg", "/nix/store/a\n" ZERO "\n0\n\n0\n", 0644);
	CHECK_INT(load(60000), LOADED);
	check_file("stdin", "untouched");
	CHECK_INT(unlinkat(root, "known", 0), 0);
}

/* Of what the database has besides, only paths that are gone are dropped; nix-store is not asked in
 * vain. */
static void drops_what_has_vanished(void)
{
	unlinkat(root, "verified", 0);
	CHECK_INT(file_mkdirs(root, "nix/store/here", 0755), 0);
	CHECK_INT(symlinkat("/nowhere", root, "nix/store/link"), 0);
	put("known",
	    "/nix/store/gone\n1\n1\n\n0\n/nix/store/here\n1\n1\n\n0\n/nix/store/link\n1\n1\n\n0\n"
	    "/nix/store/used\n1\n1\n\n0\n",
	    0644);
	put("known-then",
	    "/nix/store/here\n1\n1\n\n0\n/nix/store/link\n1\n1\n\n0\n/nix/store/used\n1\n1\n\n0\n",
	    0644);
	put("reg", "/nix/store/n\n1\n1\n\n0\n", 0644);
	put("verdict", "1", 0644);
	CHECK_INT(load(60000), LOADED);
	CHECK_STR(done.dropped.data, "/nix/store/gone\n");
	CHECK_STR(done.dangling.data, "/nix/store/used\n");
	check_file("verified", "v");
	/* Once more for the one that is left; when it is there again, nothing. */
	CHECK_INT(file_mkdirs(root, "nix/store/used", 0755), 0);
	CHECK_INT(load(60000), UNCHANGED);
	CHECK(!done.dropped.len && !done.dangling.len);
	check_file("verified", "v");
	/* It vanishes while the registration stays the same. */
	CHECK_INT(unlinkat(root, "nix/store/here", AT_REMOVEDIR), 0);
	put("known-then", "/nix/store/link\n1\n1\n\n0\n", 0644);
	put("verdict", "0", 0644);
	CHECK_INT(load(60000), UNCHANGED);
	CHECK_STR(done.dropped.data, "/nix/store/here\n");
	CHECK_INT(load(60000), UNCHANGED);
	CHECK(!done.dropped.len);
	check_file("verified", "vv");
	CHECK_INT(unlinkat(root, "known", 0), 0);
}

static void a_failure_is_named_and_leaves_no_stamp(void)
{
	put("reg", REGISTRATION, 0644);
	put_program("echo first >&2; echo 'error: bad hash' >&2; exit 1");
	CHECK_INT(load(60000), -ECHILD);
	CHECK_HAS(e.text, program);
	CHECK_HAS(e.text, "/reg");
	CHECK_HAS(e.text, "exit status 1: error: bad hash");
	CHECK(!strstr(e.text, "first"));
	check_file(STAMP, "/nix/store/n\n1\n1\n\n0\n");
	put_program("kill -9 $$");
	CHECK_INT(load(60000), -ECHILD);
	CHECK_HAS(e.text, "signal 9");
	CHECK_HAS(e.text, "it said nothing");
	put_program("exec sleep 600");
	CHECK_INT(load(50), -ETIMEDOUT);
	CHECK_INT(unlinkat(root, "nix-store", 0), 0);
	CHECK_INT(load(60000), -ENOENT);
	CHECK_HAS(e.text, "nix-store --dump-db: No such file");
}

/* A check of the contents is made whether or not something is loaded; what it finds is a warning.
 */
static void verifies(void)
{
	put("reg", REGISTRATION, 0644);
	put("known-then", REGISTRATION, 0644);
	put("verdict", "0", 0644);
	put_program("printf x >>$D/runs; : >$D/nix/var/nix/db/db.sqlite");
	unlinkat(root, "verified", 0);
	verify = true;
	CHECK_INT(load(60000), LOADED);
	CHECK(done.verified);
	check_file("verified", "c");
	CHECK_INT(load(60000), UNCHANGED);
	CHECK(done.verified);
	check_file("verified", "cc");
	put("verdict", "1", 0644);
	CHECK_INT(load(60000), WITH_WARNING);
	CHECK(!done.verified);
	CHECK_HAS(done.warning.text, "exit status 1: path a was modified");
	verify = false;
	put("verdict", "0", 0644);
	CHECK_INT(load(60000), UNCHANGED);
	check_file("verified", "ccc");
	CHECK_INT(unlinkat(root, "known", 0), 0);
}

static void bad_registrations(void)
{
	put("reg", REGISTRATION "/nix/store/b\nhash\n", 0644);
	CHECK_INT(load(60000), -EBADMSG);
	CHECK_HAS(e.text, "regInfo=/reg:8: no registration, or it is cut short here");
	put("reg", "# a comment\n" REGISTRATION, 0644);
	CHECK_INT(load(60000), -EBADMSG);
	CHECK_HAS(e.text, "regInfo=/reg:1: ");
	put("reg", "", 0644);
	CHECK_INT(load(60000), -ENODATA);
	CHECK_HAS(e.text, "regInfo=/reg is empty");
	CHECK_INT(unlinkat(root, "reg", 0), 0);
	CHECK_INT(load(60000), -ENOENT);
	CHECK_HAS(e.text, "regInfo=/reg: No such file");
}

int main(void)
{
	if (!mkdtemp(dir))
		return 1;
	root = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	snprintf(program, sizeof(program), "%s/nix-store", dir);
	RUN(loads_once);
	RUN(loads_again_when_something_changed);
	RUN(loads_again_when_the_database_changed);
	RUN(a_stamp_that_cannot_be_left_is_no_failure);
	RUN(no_zero_hash_over_a_real_one);
	RUN(drops_what_has_vanished);
	RUN(a_failure_is_named_and_leaves_no_stamp);
	RUN(verifies);
	RUN(bad_registrations);
	registration_result_free(&done);
	guard_empty(root);
	rmdir(dir);
	TEST_END();
}
