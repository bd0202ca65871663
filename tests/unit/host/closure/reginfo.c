/* SPDX-License-Identifier: MIT */
/*
 * reginfo.c - tests of `storeboot reginfo` on a real closure: Nix builds it into a store of its own
 * below /tmp, with a database of its own, so that nothing of the user's is touched
 */
#include "host/closure/reginfo.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host/closure/graph.h"
#include "host/lib/exit.h"
#include "init/lib/file.h"
#include "init/lib/spawn.h"
#include "tests/lib/test.h"

/* c refers to a, b and itself; graph is what exportReferencesGraph writes of c. */
static const char expression[] =
	"let sh = name: script: more: derivation ({ inherit name; builder = \"/bin/sh\";\n"
	"      system = builtins.currentSystem; args = [ \"-euc\" script ];\n"
	"      PATH = \"/usr/bin:/bin\"; } // more);\n"
	"    a = sh \"a\" \"echo one > $out\" { };\n"
	"    b = sh \"b\" ''mkdir -p $out/bin $out/empty; echo ${a} > $out/ref; ln -s ${a} $out/s\n"
	"      echo x > $out/bin/run; chmod 755 $out/bin/run; exit 0'' { };\n"
	"    c = sh \"c\" \"echo ${a} ${b} $out > $out\" { };\n"
	"in { inherit c; graph = sh \"graph\" \"cp graph $out; exit 0\" {\n"
	"      exportReferencesGraph = [ \"graph\" c ]; }; }\n";

static char dir[] = "/tmp/storeboot-reginfo.XXXXXX";
static char closure[256], graph_file[256], state[64], shared[64];

/* Runs a shell command, stdout to ret_out. Returns its exit status. */
static int shell(const char *command, struct buf *ret_out)
{
	const char *const argv[] = { "sh", "-euc", command, NULL };
	struct spawn s = { .path = "sh", .argv = argv, .stdin_fd = -1, .timeout_ms = 60000 };
	_cleanup_buf_ struct buf out = { 0 }, err = { 0 };
	int status, r = spawn_run(&s, ret_out ? ret_out : &out, &err, &status);

	if (r == 0 && status != 0)
		printf("# %s: %s\n", command, err.data ? err.data : "");
	return r < 0 ? r : WEXITSTATUS(status);
}

static int private_store(void)
{
	static const char *const vars[][2] = {
		{ "NIX_STORE_DIR", "store" }, { "NIX_STATE_DIR", "var" }, { "NIX_LOG_DIR", "log" },
		{ "NIX_CONF_DIR", "etc" },    { "HOME", "home" },	  { "TMPDIR", "" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(vars); i++) {
		char path[128];

		if (str_format(path, sizeof(path), "%s/%s", dir, vars[i][1]) < 0)
			return -1;
		setenv(vars[i][0], path, 1);
	}
	unsetenv("NIX_REMOTE");
	setenv("NIX_CONFIG", "build-users-group =\nsandbox = false\nsubstitute = false\n", 1);
	return file_mkdirs(AT_FDCWD, getenv("HOME"), 0755);
}

static int build(const char *attribute, char *ret, size_t size)
{
	_cleanup_buf_ struct buf out = { 0 };
	char command[64];

	snprintf(command, sizeof(command), "nix-build --no-out-link closure.nix -A %s", attribute);
	if (shell(command, &out) != 0 || out.len == 0)
		return -1;
	out.data[out.len - 1] = '\0';
	return str_format(ret, size, "%s", out.data);
}

static int build_closure(void)
{
	if (private_store() < 0 || chdir(dir) < 0 ||
	    file_replace(AT_FDCWD, "closure.nix", expression, strlen(expression), 0644) < 0)
		return -1;
	return build("c", closure, sizeof(closure)) < 0 ||
			       build("graph", graph_file, sizeof(graph_file)) < 0 ?
		       -1 :
		       0;
}

static void parse(const struct buf *b, struct graph *ret)
{
	struct err e = { 0 };

	CHECK_INT(graph_parse(GRAPH_REGISTRATION, b->data, b->len, "registration", ret, &e), 0);
	CHECK_STR(e.text, "");
}

static void same_as_the_database(void)
{
	const char *const paths[] = { closure, NULL };
	_cleanup_buf_ struct buf ours = { 0 }, theirs = { 0 };
	struct graph g = { 0 };
	struct err e = { 0 };
	char command[512];

	CHECK_INT(registration_from_nix(paths, &ours, &e), 0);
	CHECK_STR(e.text, "");
	/* The database's own words, path by path in the order of their names. */
	snprintf(command, sizeof(command),
		 "for p in $(nix-store -qR %s | LC_ALL=C sort); do nix-store --dump-db $p; done",
		 closure);
	CHECK_INT(shell(command, &theirs), 0);
	CHECK_STR(ours.data, theirs.data);
	parse(&ours, &g);
	CHECK_INT(g.n, 3);
	graph_free(&g);
}

/* Our own hashes, from the files, are the database's; only derivers are not in a graph. */
static void same_from_a_graph(void)
{
	const char *const paths[] = { closure, NULL };
	_cleanup_buf_ struct buf from_nix = { 0 }, from_graph = { 0 };
	struct graph a = { 0 }, b = { 0 };
	struct err e = { 0 };

	CHECK_INT(registration_from_nix(paths, &from_nix, &e), 0);
	CHECK_INT(registration_from_graph(graph_file, &from_graph, &e), 0);
	parse(&from_nix, &a);
	parse(&from_graph, &b);
	CHECK_INT(a.n, b.n);
	for (size_t i = 0; i < a.n && i < b.n; i++) {
		CHECK_STR(b.paths[i].path, a.paths[i].path);
		CHECK(memcmp(a.paths[i].hash, b.paths[i].hash, NAR_HASH_SIZE) == 0);
		CHECK_INT(b.paths[i].nar_size, a.paths[i].nar_size);
		CHECK(a.paths[i].nar_size > 0);
		CHECK_INT(b.paths[i].n_refs, a.paths[i].n_refs);
		for (size_t j = 0; j < a.paths[i].n_refs && j < b.paths[i].n_refs; j++)
			CHECK_STR(b.paths[i].refs[j], a.paths[i].refs[j]);
	}
	graph_free(&a);
	graph_free(&b);
}

static void nix_loads_it(void)
{
	_cleanup_buf_ struct buf reg = { 0 };
	struct err e = { 0 };

	CHECK_INT(registration_from_graph(graph_file, &reg, &e), 0);
	CHECK_INT(file_replace(AT_FDCWD, "registration", reg.data, reg.len, 0644), 0);
	/* A second, empty database of the same store. */
	CHECK_INT(
		shell("export NIX_STATE_DIR=$PWD/var2; nix-store --load-db < registration; "
		      "test \"$(nix-store -q --size $(sed -n 1p registration))\" = "
		      "\"$(sed -n 3p registration)\"; "
		      "nix-store --verify-path $(nix-store --dump-db | grep ^$PWD/store | sort -u)",
		      NULL),
		0);
}

static void bad_paths_are_refused(void)
{
	static const char *const bad[] = { "/etc/passwd", "no-such-file", "-x" };

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		const char *const paths[] = { bad[i], NULL };
		_cleanup_buf_ struct buf out = { 0 };
		struct err e = { 0 };

		CHECK(registration_from_nix(paths, &out, &e) < 0);
		CHECK_INT(e.exit_status, EXIT_BAD_INPUT);
		CHECK_HAS(e.text, "nix-store cannot tell the closure: error:");
		CHECK(!strchr(e.text, '\n') && !strchr(e.text, '\033'));
		CHECK_INT(out.len, 0);
	}
}

static void invalid_path_is_refused(void)
{
	_cleanup_buf_ struct buf out = { 0 };
	char path[256];
	const char *const paths[] = { path, NULL };
	struct err e = { 0 };

	snprintf(path, sizeof(path), "%s/store/s1y78axx3ky46cgzv60pyry4irrlv0pl-gone", dir);
	CHECK(registration_from_nix(paths, &out, &e) < 0);
	CHECK_INT(e.exit_status, EXIT_BAD_INPUT);
	CHECK_HAS(e.text, "s1y78axx3ky46cgzv60pyry4irrlv0pl-gone");
	CHECK_HAS(e.text, "not valid");
}

static void bad_graph_is_refused(void)
{
	_cleanup_buf_ struct buf out = { 0 };
	struct err e = { 0 };
	char line[256];

	CHECK(registration_from_graph("no-such-file", &out, &e) < 0);
	CHECK_INT(e.exit_status, EXIT_BAD_INPUT);
	snprintf(line, sizeof(line), "%s/store/s1y78axx3ky46cgzv60pyry4irrlv0pl-gone\n\n0\n", dir);
	CHECK_INT(file_replace(AT_FDCWD, "bad", line, strlen(line), 0644), 0);
	CHECK_INT(registration_from_graph("bad", &out, &e), -ENOENT);
	CHECK_INT(e.exit_status, EXIT_BAD_INPUT);
	CHECK_HAS(e.text, "-gone");
	CHECK_INT(file_replace(AT_FDCWD, "bad", line, strlen(line) - 1, 0644), 0);
	CHECK_INT(registration_from_graph("bad", &out, &e), -EBADMSG);
	CHECK_HAS(e.text, "bad:3: the file ends");
	CHECK_INT(out.len, 0);
}

/* In a child that is another user than the database's owner, where we may become one. */
static void as_reader(const struct buf *want)
{
	const char *const paths[] = { closure, NULL }, *const bad[] = { "/etc/passwd", NULL };
	_cleanup_buf_ struct buf out = { 0 };
	struct err e = { 0 };

	unsetenv("XDG_RUNTIME_DIR");
	if (geteuid() == 0)
		CHECK(setgroups(0, NULL) == 0 && setresgid(65534, 65534, 65534) == 0 &&
		      setresuid(65534, 65534, 65534) == 0);
	setenv("TMPDIR", shared, 1);
	CHECK(shell("nix-store --query --requisites $CLOSURE", NULL) != 0); /* else no test */
	CHECK_INT(registration_from_nix(paths, &out, &e), 0);
	CHECK_STR(e.text, "");
	CHECK_STR(out.data, want->data);
	CHECK_STR(getenv("NIX_STATE_DIR"), state);
	/* What is wrong is told as to any other user. */
	CHECK(registration_from_nix(bad, &out, &e) < 0);
	CHECK_INT(e.exit_status, EXIT_BAD_INPUT);
	CHECK_HAS(e.text, "is not in the Nix store");
}

/* A database that the user may read only, and no daemon. */
static void database_of_another_user(void)
{
	const char *const paths[] = { closure, NULL };
	_cleanup_buf_ struct buf want = { 0 };
	struct err e = { 0 };
	int status = -1;
	pid_t pid;

	CHECK_INT(registration_from_nix(paths, &want, &e), 0);
	snprintf(state, sizeof(state), "%s/var", dir);
	snprintf(shared, sizeof(shared), "%s/shared tmp", dir);
	setenv("CLOSURE", closure, 1);
	CHECK_INT(shell("chmod 755 . && chmod -R u-w var && mkdir 'shared tmp' && "
			"chmod 1777 'shared tmp'",
			NULL),
		  0);
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		as_reader(&want);
		fflush(stdout);
		_exit(!test_ok);
	}
	CHECK(pid > 0 && waitpid(pid, &status, 0) == pid && status == 0);
	CHECK_INT(rmdir(shared), 0); /* nothing is left in it */
	CHECK_INT(shell("chmod -R u+w var", NULL), 0);
}

static void command_line(void)
{
	char *neither[] = { (char[]){ "reginfo" }, NULL };
	char *both[] = { (char[]){ "reginfo" }, (char[]){ "--graph=x" }, closure, NULL };
	char *good[] = { (char[]){ "reginfo" }, (char[]){ "-o" }, (char[]){ "out" },
			 (char[]){ "--graph" }, graph_file,	  NULL };
	_cleanup_buf_ struct buf out = { 0 }, want = { 0 };
	struct err e = { 0 };

	CHECK_INT(cmd_reginfo(1, neither), EXIT_USAGE);
	CHECK_INT(cmd_reginfo(3, both), EXIT_USAGE);
	CHECK_INT(cmd_reginfo(5, good), EXIT_OK);
	CHECK_INT(file_read(AT_FDCWD, "out", 1 << 20, &out), 0);
	CHECK_INT(registration_from_graph(graph_file, &want, &e), 0);
	CHECK_STR(out.data, want.data);
}

static void without_nix(void)
{
	const char *const paths[] = { "/nix/store/x", NULL };
	_cleanup_buf_ struct buf out = { 0 };
	struct err e = { 0 };

	setenv("PATH", "/nonexistent", 1);
	CHECK(registration_from_nix(paths, &out, &e) < 0);
	CHECK_INT(e.exit_status, EXIT_MISSING);
	CHECK_HAS(e.text, "nix-store is missing on this host");
}

int main(void)
{
	char remove[128];

	if (!mkdtemp(dir))
		return 1;
	if (shell("command -v nix-build nix-store", NULL) != 0) {
		SKIP("reginfo", "nix-build or nix-store is missing");
	} else if (build_closure() < 0) {
		printf("not ok 1 - Nix cannot build the closure\n");
		return 1;
	} else {
		RUN(same_as_the_database);
		RUN(same_from_a_graph);
		RUN(nix_loads_it);
		RUN(bad_paths_are_refused);
		RUN(invalid_path_is_refused);
		RUN(bad_graph_is_refused);
		RUN(database_of_another_user);
		RUN(command_line);
	}
	snprintf(remove, sizeof(remove), "chmod -R u+w %s; rm -rf %s", dir, dir);
	if (chdir("/") < 0 || shell(remove, NULL) != 0)
		return 1;
	RUN(without_nix);
	TEST_END();
}
