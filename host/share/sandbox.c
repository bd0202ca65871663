/* SPDX-License-Identifier: MIT */
/* sandbox.c - a server run by bwrap, with access only to its program and the binds */
#include "host/share/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/wait.h>

#include "host/lib/exit.h"
#include "host/lib/said.h"
#include "init/lib/spawn.h"

static void bind_same(struct argv *a, const char *path)
{
	argv_words(a, "--ro-bind", path, path);
}

/* Adds a folder of the host, or the link that replaces it on a merged /usr. */
static void add_system_folder(struct argv *a, int root, const char *name)
{
	char target[PATH_MAX];
	ssize_t n = readlinkat(root, name + 1, target, sizeof(target) - 1);

	target[n > 0 ? n : 0] = '\0';
	if (n >= 0)
		argv_words(a, "--symlink", target, name);
	else if (errno == EINVAL) /* no link */
		bind_same(a, name);
	else if (errno != ENOENT)
		argv_fail(a, -errno);
}

/* Adds the folder of a program outside the system's folders. */
static void add_home(const char *program, struct argv *a)
{
	char home[PATH_MAX], *slash;
	int r = str_format(home, sizeof(home), "%s", program);

	slash = r < 0 ? NULL : strrchr(home, '/');
	if (!slash || slash == home) {
		argv_fail(a, r < 0 ? r : -EINVAL);
		return;
	}
	*slash = '\0';
	bind_same(a, home);
}

/* Adds the program and its libraries: the store, or the system's folders. */
static void add_programs(const char *program, const char *root_path, struct argv *a)
{
	static const char *const folders[] = { "/usr", "/lib", "/lib32", "/lib64", "/bin" };
	_cleanup_close_ int root = -1;

	if (str_after(program, "/nix/store/")) {
		bind_same(a, "/nix/store");
		return;
	}
	root = open(root_path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root < 0)
		argv_fail(a, -errno);
	for (size_t i = 0; i < ARRAY_SIZE(folders); i++)
		add_system_folder(a, root, folders[i]);
	argv_words(a, "--ro-bind-try", "/etc/ld.so.cache", "/etc/ld.so.cache");
	if (!str_after(program, "/usr/"))
		add_home(program, a);
}

void sandbox_begin(const struct sandbox *s, const char *root, struct argv *ret)
{
	argv_words(ret, s->bwrap, "--unshare-all", "--unshare-user", "--uid", s->id, "--gid", s->id,
		   "--die-with-parent", "--new-session", "--cap-drop", "ALL", "--clearenv",
		   "--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp");
	if (s->filter < 0)
		argv_fail(ret, s->filter);
	argv_add(ret, "--seccomp", "%d", argv_fd(ret, s->filter));
	for (const char *const *cap = s->caps; cap && *cap; cap++)
		argv_words(ret, "--cap-add", *cap);
	add_programs(s->program, root, ret);
}

void sandbox_bind(int fd, bool writable, const char *dest, struct argv *ret)
{
	argv_add(ret, writable ? "--bind-fd" : "--ro-bind-fd", "%d", argv_fd(ret, fd));
	argv_words(ret, dest);
}

/* Reports why: bwrap lacks permission, or the server does not start. */
static int did_not_start(const struct sandbox *s, int status, struct buf *said, struct err *e)
{
	const char *why = said_why(said);
	char how[64];

	if (str_after(why, "bwrap: ") && (strstr(why, "namespace") || strstr(why, "ermi")))
		return err_exit(e, EXIT_MISSING, EPERM,
				"the file server cannot be shut in here: %s; this host must allow "
				"unprivileged user namespaces (sysctl user.max_user_namespaces, "
				"kernel.unprivileged_userns_clone, "
				"kernel.apparmor_restrict_unprivileged_userns); inside a chroot "
				"no kernel does; --share 9p needs none",
				why);
	if (strstr(why, "-bind-fd"))
		return err_exit(
			e, EXIT_MISSING, ENOTSUP,
			"%s is too old: it cannot show a server a folder by its "
			"descriptor (--ro-bind-fd; bubblewrap 0.10, or a distribution's fix "
			"for CVE-2024-42472); update bubblewrap; --share 9p needs none",
			s->bwrap);
	return err_exit(e, EXIT_MISSING, ENOEXEC, "%s does not start (%s): %s", s->program,
			spawn_status_text(status, how, sizeof(how)), why);
}

int sandbox_try(const struct sandbox *s, const struct argv *argv, struct buf *ret_out,
		struct err *e)
{
	_cleanup_buf_ struct buf said = { 0 };
	static char *const empty[] = { NULL };
	const struct spawn run = { .path = s->bwrap,
				   .argv = (const char *const *)argv->words.v,
				   .envp = empty,
				   .stdin_fd = -1,
				   .pass = argv->fds,
				   .timeout_ms = SPAWN_ASK_TIMEOUT_MS };
	int status = 0, r = argv->error;

	if (r == 0)
		r = spawn_run(&run, ret_out, &said, &status);
	if (r < 0)
		return err_sys(e, r, "cannot start %s", s->bwrap);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		return did_not_start(s, status, &said, e);
	return 0;
}
