/* SPDX-License-Identifier: MIT */
/* stage2.c - the last steps, in the system's own root: its registration, then its init */
#include <errno.h>
#include <fcntl.h>
#include <linux/random.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/wait.h>
#include <unistd.h>

#include "init/channel.h"
#include "init/console.h"
#include "init/lib/str.h"
#include "init/nix/registration_load.h"
#include "init/step.h"

/* 2,000 paths took 9 s in an emulated guest. */
#define LOAD_DB_TIMEOUT_MS (600 * 1000)

extern char **environ;

static int find_nix_store(struct boot *b, char *dst, size_t size)
{
	const struct config *c = &b->config;

	if (!c->param.nix_store && !c->param.system_config)
		return err_set(&b->err, EINVAL,
			       "regInfo= needs systemConfig= or storeboot.nix-store= on the kernel "
			       "command line, to find nix-store by");
	if (str_format(dst, size, "%s%s",
		       c->param.nix_store ? c->param.nix_store : c->param.system_config,
		       c->param.nix_store ? "" : "/sw/bin/nix-store") < 0)
		return err_set(&b->err, ENAMETOOLONG, "the path of nix-store is too long");
	return 0;
}

/* Warns of paths (one per line): their number and the first one. */
static void warn_paths(struct boot *b, const struct buf *paths, const char *what)
{
	size_t n = 0;

	for (size_t i = 0; i < paths->len; i++)
		n += paths->data[i] == '\n';
	if (n > 0)
		runner_warn(
			b,
			"store paths that the database has and the store has not, %s: %zu, %.*s%s",
			what, n, (int)strcspn(paths->data, "\n"), paths->data,
			n > 1 ? ", ..." : "");
}

int step_reginfo(struct boot *b)
{
	_cleanup_close_ int root = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	_cleanup_registration_result_ struct registration_result done = { 0 };
	char program[4096];
	struct registration_source ri = { .root = root,
					  .file = b->config.param.reg_info,
					  .nix = { program, LOAD_DB_TIMEOUT_MS },
					  .verify = b->config.param.verify };
	int r = find_nix_store(b, program, sizeof(program));

	if (r < 0)
		return r;
	if (root < 0)
		return err_sys(&b->err, errno, "cannot open /");
	r = registration_load(&ri, &done, &b->err);
	if (r < 0)
		return r;
	warn_paths(b, &done.dropped, "dropped from it");
	warn_paths(b, &done.dangling, "left in it since others refer to them");
	if (done.warning.num)
		runner_warn(b, "%s; the next boot looks again", done.warning.text);
	snprintf(b->note, sizeof(b->note), "%s%s: %.200s", done.loaded ? "loaded" : "unchanged",
		 done.verified ? ", verified" : "", ri.file);
	return done.loaded || done.verified || done.dropped.len > 0 ? 0 : STEP_SKIPPED;
}

/* Parameters that the kernel did not know, and all after "--", are our arguments; pass them on. */
static char **make_argv(const struct boot *b)
{
	size_t n = 0;
	char **argv;

	while (b->argv[n])
		n++;
	argv = calloc(n + 2, sizeof(*argv));
	if (!argv)
		return NULL;
	argv[0] = (char *)b->config.param.init;
	for (size_t i = 1; i < n; i++)
		argv[i] = b->argv[i];
	return argv;
}

int step_stage2(struct boot *b)
{
	const char *system = b->config.param.system_config;
	_cleanup_free_ char **argv = make_argv(b);
	int num;

	if (!argv || (system && setenv("systemConfig", system, 1) < 0))
		return err_set(&b->err, ENOMEM, "cannot execute %s: out of memory",
			       b->config.param.init);
	while (waitpid(-1, NULL, WNOHANG) > 0)
		; /* reap what nix-store may have left behind */
	console_restore(b);
	channel_start(b);
	/* After the fork: root may read the agent's memory, and ours is gone after the exec. */
	if (getrandom(&b->token, sizeof(b->token), GRND_INSECURE) < 0)
		b->token = 0;
	runner_leaving(b, b->config.param.init);
	/* All descriptors except 0, 1 and 2 are O_CLOEXEC; signal handling was never changed. */
	execve(b->config.param.init, argv, environ);
	num = errno;
	channel_stop(b);
	return err_sys(&b->err, num, "cannot execute stage 2 %s", b->config.param.init);
}
