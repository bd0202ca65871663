/* SPDX-License-Identifier: MIT */
/* nix_store.c - run the system's own nix-store on the guest's database */
#include "init/nix/nix_store.h"

#include <errno.h>

#include "init/lib/spawn.h"

#define OUTPUT_MAX ((size_t)256 << 20)

extern char **environ;

/* Builds its environment from ours, with root's home (the kernel sets HOME=/) and with the
 * program's folder as PATH. Only for this call; the environment of stage 2 stays unchanged. */
static int make_environment(const struct nix_store *n, struct strv *ret)
{
	const char *slash = strrchr(n->program, '/');
	int r = strv_add(ret, "HOME=/root");

	if (r == 0 && slash)
		r = strv_addf(ret, "PATH=%.*s", (int)(slash - n->program), n->program);
	for (char **v = environ; *v && r == 0; v++)
		if (!str_after(*v, "HOME=") && !str_after(*v, "PATH="))
			r = strv_add(ret, *v);
	return r;
}

/* Returns the last line that is not a warning: --verify ends with one that names no problem. */
static const char *last_line(struct buf *b)
{
	char *line = b->data;

	while (b->len > 0 && (line = strrchr(b->data, '\n')) && str_after(line + 1, "warning:"))
		*line = '\0';
	return b->len == 0 ? "it said nothing" : line ? line + 1 : b->data;
}

int nix_store_run(const struct nix_store *n, const char *const *operation, int stdin_fd,
		  const char *on, struct buf *ret_out, struct err *e)
{
	/* Empty: as root, nix would otherwise chown /nix/store, which is read-only. */
	const char *const base[] = { n->program, "--option", "build-users-group", "", NULL };
	_cleanup_strv_ struct strv env = { 0 }, argv = { 0 };
	_cleanup_buf_ struct buf said = { 0 };
	struct spawn s = { .path = n->program,
			   .stdin_fd = stdin_fd,
			   .timeout_ms = n->timeout_ms,
			   .max_output = OUTPUT_MAX };
	char text[64];
	int status = 0, r = make_environment(n, &env);

	if (r == 0)
		r = strv_add_all(&argv, base);
	if (r == 0)
		r = strv_add_all(&argv, operation);
	if (r < 0)
		return err_sys(e, r, "cannot run %s", n->program);
	s.argv = (const char *const *)argv.v;
	s.envp = env.v;
	r = spawn_run(&s, ret_out, &said, &status);
	if (r == -ETIMEDOUT)
		return err_set(e, ETIMEDOUT, "%s %s did not end within %u s with %s", n->program,
			       operation[0], n->timeout_ms / 1000, on);
	if (r < 0)
		return err_sys(e, r, "cannot run %s %s", n->program, operation[0]);
	if (status != 0)
		return err_set(e, ECHILD, "%s %s refused %s: %s: %s", n->program, operation[0], on,
			       spawn_status_text(status, text, sizeof(text)), last_line(&said));
	return 0;
}
