/* SPDX-License-Identifier: MIT */
/*
 * sandbox.c - a server's command below bwrap, with its program, what is bound in, and nothing else
 */
#include "host/share/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "host/lib/exit.h"
#include "init/lib/spawn.h"

int sandbox_bind(struct strv *v, const char *how, const char *from, const char *to)
{
	const char *const words[] = { how, from, to, NULL };

	return strv_add_all(v, words);
}

/* The host's folder, or the link that stands for it on a merged /usr. */
static int add_system_folder(struct strv *v, int root, const char *name)
{
	char target[PATH_MAX], path[64];
	struct stat st;
	ssize_t n;

	if (fstatat(root, name + 1, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISLNK(st.st_mode))
		return sandbox_bind(v, "--ro-bind", name, name);
	n = readlinkat(root, name + 1, target, sizeof(target) - 1);
	if (n < 0)
		return -errno;
	target[n] = '\0';
	if (str_format(path, sizeof(path), "%s", name) < 0)
		return -ENAMETOOLONG;
	return sandbox_bind(v, "--symlink", target, path);
}

/* Where the program and its libraries are: in the store, or in the system's folders. */
static int add_programs(const struct sandbox *s, int root, struct strv *v)
{
	static const char *const folders[] = { "/usr", "/lib", "/lib32", "/lib64", "/bin" };
	char home[PATH_MAX], *slash;
	int r = 0;

	if (str_after(s->program, "/nix/store/"))
		return sandbox_bind(v, "--ro-bind", "/nix/store", "/nix/store");
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(folders); i++)
		r = add_system_folder(v, root, folders[i]);
	if (r == 0)
		r = sandbox_bind(v, "--ro-bind-try", "/etc/ld.so.cache", "/etc/ld.so.cache");
	if (r < 0 || str_after(s->program, "/usr/"))
		return r;
	/* Somewhere else: the folder that it is in. */
	if (str_format(home, sizeof(home), "%s", s->program) < 0)
		return -ENAMETOOLONG;
	slash = strrchr(home, '/');
	*slash = '\0';
	return slash == home ? -EINVAL : sandbox_bind(v, "--ro-bind", home, home);
}

int sandbox_begin(const struct sandbox *s, int root, struct strv *ret)
{
	const char *const walls[] = {
		s->bwrap,
		"--unshare-all",
		"--unshare-user",
		"--uid",
		s->id,
		"--gid",
		s->id,
		"--die-with-parent",
		"--new-session",
		"--cap-drop",
		"ALL",
		"--clearenv",
		"--proc",
		"/proc",
		"--dev",
		"/dev",
		"--tmpfs",
		"/tmp",
		NULL,
	};
	int r = strv_add_all(ret, walls);

	for (const char *const *cap = s->caps; r == 0 && cap && *cap; cap++) {
		r = strv_add(ret, "--cap-add");
		if (r == 0)
			r = strv_add(ret, *cap);
	}
	return r < 0 ? r : add_programs(s, root, ret);
}

/* The last line is the reason; the others are what led to it. */
static const char *last_line(const struct buf *b)
{
	const char *nl = b->len > 0 ? strrchr(b->data, '\n') : NULL;

	return b->len == 0 ? "no reason given" : nl ? nl + 1 : b->data;
}

/* bwrap that may not, or a server that does not start. */
static int did_not_start(const struct sandbox *s, int status, const struct buf *said, struct err *e)
{
	const char *why = last_line(said);
	char how[64];

	if (str_after(why, "bwrap: ") && (strstr(why, "namespace") || strstr(why, "ermi")))
		return err_exit(e, EXIT_MISSING, EPERM,
				"the file server cannot be shut in here: %s; this host must allow "
				"unprivileged user namespaces (sysctl user.max_user_namespaces, "
				"kernel.unprivileged_userns_clone, "
				"kernel.apparmor_restrict_unprivileged_userns); inside a chroot "
				"no kernel does; --share 9p needs none",
				why);
	return err_exit(e, EXIT_MISSING, ENOEXEC, "%s does not start (%s): %s", s->program,
			spawn_status_text(status, how, sizeof(how)), why);
}

int sandbox_try(const struct sandbox *s, char *const *argv, struct buf *ret_out, struct err *e)
{
	_cleanup_buf_ struct buf said = { 0 };
	static char *const empty[] = { NULL };
	const struct spawn run = { .path = argv[0],
				   .argv = (const char *const *)argv,
				   .envp = empty,
				   .stdin_fd = -1,
				   .timeout_ms = SPAWN_ASK_TIMEOUT_MS };
	int status = 0, r = spawn_run(&run, ret_out, &said, &status);

	if (r < 0)
		return err_sys(e, r, "cannot start %s", s->bwrap);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		return did_not_start(s, status, &said, e);
	return 0;
}
