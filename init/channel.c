/* SPDX-License-Identifier: MIT */
/*
 * channel.c - when and where the agent (init/agent) serves the host
 *
 * Theory of operation: only one process at a time has the port open. Beside stage 2 it is a child
 * that PID 1 forks before it executes stage 2. In place of stage 2, and after a failed step, it is
 * PID 1 itself. The host distinguishes them by their FRAME_HELLO.
 */
#include "init/channel.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "init/agent/agent.h"
#include "init/agent/off.h"
#include "init/lib/record.h"
#include "init/lib/file.h"
#include "init/lib/str.h"
#include "init/shell.h"
#include "init/step.h"
#include "init/uevent.h"

#define PORTS "/sys/class/virtio-ports"
#define RESCUE_DEADLINE_MS 5000 /* the port has existed before, or never will */
/* Abstract: needs no file system, and stage 2 cannot mount over it (sd_notify(3), unix(7)). */
#define NOTIFY_NAME "@storeboot/notify"

static int try_port(const struct boot *b, const char *port)
{
	char path[128], name[64];
	int r = str_format(path, sizeof(path), "%s" PORTS "/%s/name", boot_api(b), port), fd;

	if (r == 0)
		r = file_read_line(AT_FDCWD, path, name, sizeof(name));
	if (r < 0)
		return r;
	if (!str_eq(name, b->config.param.channel) ||
	    str_format(path, sizeof(path), "%s/dev/%s", boot_api(b), port) < 0)
		return -ENOENT;
	fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* A port gets its name some time after its node (drivers/char/virtio_console.c,
 * VIRTIO_CONSOLE_PORT_NAME). */
static int look_for_port(void *arg)
{
	const struct boot *b = arg;
	char path[64];
	_cleanup_closedir_ DIR *d = NULL;
	struct dirent *ent;
	int fd = -ENOENT;

	if (str_format(path, sizeof(path), "%s" PORTS, boot_api(b)) < 0)
		return -ENAMETOOLONG;
	d = opendir(path);
	while (d && fd < 0 && (ent = readdir(d)))
		if (ent->d_name[0] != '.')
			fd = try_port(b, ent->d_name);
	return fd < 0 ? -ENOENT : fd;
}

static int open_port(struct boot *b, unsigned int deadline_ms, struct err *e)
{
	char path[64];
	int fd;

	if (str_format(path, sizeof(path), "%s" PORTS, boot_api(b)) < 0 || access(path, F_OK) < 0)
		return err_set(e, ENODEV,
			       "no way for commands into the guest: this kernel has no driver for "
			       "virtio-serial (CONFIG_VIRTIO_CONSOLE), or it is not loaded");
	fd = uevent_wait(look_for_port, b, deadline_ms);
	return fd < 0 ? err_sys(e, fd,
				"no way for commands into the guest: the virtio-serial port %s",
				b->config.param.channel) :
			fd;
}

/* Returns the path of the console's terminal for the agent; NULL if there is none. */
static const char *console_path(const struct boot *b, char *dst, size_t size)
{
	char tty[64];

	if (shell_console(b, tty, sizeof(tty)) < 0 || str_format(dst, size, "/dev/%s", tty) < 0)
		return NULL;
	return dst;
}

/* A NixOS toplevel has a link named systemd. Otherwise check the name of stage 2. */
static bool is_systemd(const struct boot *b)
{
	char path[4096];

	return b->config.param.nixos_init || str_ends(b->config.param.init, "/systemd") ||
	       (b->config.param.system_config &&
		str_format(path, sizeof(path), "%s/systemd", b->config.param.system_config) == 0 &&
		access(path, F_OK) == 0);
}

static int open_notify(void)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	_cleanup_close_ int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int on = 1;

	memcpy(sa.sun_path + 1, NOTIFY_NAME + 1, strlen(NOTIFY_NAME + 1));
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)) < 0 ||
	    bind(fd, (struct sockaddr *)&sa,
		 (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(NOTIFY_NAME))) < 0)
		return -errno;
	return take_fd(&fd);
}

/* When memory is short, the kernel must not kill the agent, which gives the host access to the
 * guest (proc_pid_oom_score_adj(5)). Commands get the normal value again (agent/command.c). */
static void spare_from_oom(const struct boot *b)
{
	char path[64];

	if (str_format(path, sizeof(path), "%s/proc/self/oom_score_adj", boot_api(b)) == 0 &&
	    file_write(AT_FDCWD, path, "-1000", 5) < 0)
		return; /* then it is killed like any other process */
}

/* Detaches the agent from PID 1's session and console, which stage 2 may hang up. */
static void become_agent(const struct boot *b)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	setsid();
	spare_from_oom(b);
	prctl(PR_SET_NAME, "storeboot-agent");
	for (int fd = STDIN_FILENO; null >= 0 && fd <= STDERR_FILENO; fd++)
		dup2(null, fd);
}

static void agent(struct boot *b, struct agent_config *c) __attribute__((noreturn));

static void agent(struct boot *b, struct agent_config *c)
{
	char console[80];
	struct err e;

	become_agent(b);
	c->system_config = b->config.param.system_config;
	c->console = console_path(b, console, sizeof(console));
	c->port = open_port(b, b->config.deadline_ms, &e);
	if (c->port < 0) {
		b->step = RECORD_AGENT;
		runner_warn(b, "%s", e.text);
		_exit(1);
	}
	report_off(&b->report);
	if (agent_run(c) == AGENT_OFF)
		off_now();
	_exit(0);
}

void channel_start(struct boot *b)
{
	struct agent_config c = {
		.port = -1, .place = FRAME_AT_STAGE2, .text = "", .exec_fd = -1, .notify_fd = -1
	};
	int ends[2];

	if (!b->config.param.channel)
		return;
	c.notify_fd = open_notify();
	if (c.notify_fd >= 0 && setenv("NOTIFY_SOCKET", NOTIFY_NAME, 1) == 0 && is_systemd(b))
		c.place = FRAME_AT_SYSTEMD;
	if (pipe2(ends, O_CLOEXEC) < 0) {
		runner_warn(b, "no way for commands into the guest: %s", strerror(errno));
		return;
	}
	b->agent = fork();
	if (b->agent == 0) {
		close(ends[1]);
		c.exec_fd = ends[0];
		agent(b, &c);
	}
	close(ends[0]);
	cleanup_close(&c.notify_fd);
	if (b->agent < 0)
		runner_warn(b, "no way for commands into the guest: %s", strerror(errno));
	/* A successful exec closes ends[1]; the agent waits for that. */
}

void channel_stop(struct boot *b)
{
	if (b->agent <= 0)
		return;
	kill(b->agent, SIGKILL);
	while (waitpid(b->agent, NULL, 0) < 0 && errno == EINTR)
		;
	b->agent = 0;
	unsetenv("NOTIFY_SOCKET");
}

/* In place of stage 2: PID 1 runs the host's command as a child, then powers the machine off. */
int step_command(struct boot *b)
{
	char console[80];
	struct agent_config c = { .place = FRAME_AT_COMMAND,
				  .text = "",
				  .exec_fd = -1,
				  .notify_fd = -1,
				  .system_config = b->config.param.system_config,
				  .console = console_path(b, console, sizeof(console)) };

	c.port = open_port(b, b->config.deadline_ms, &b->err);
	if (c.port < 0)
		return c.port;
	runner_leaving(b, "the host's command");
	if (agent_run(&c) == AGENT_LOST) {
		close(c.port);
		return err_set(&b->err, EIO, "the channel to the host failed");
	}
	off_now();
}

/* Binds the API mounts below the new root, for a shell there, or unmounts them again. The steps
 * expect them at their own paths, so do not move them. */
static void show_api(bool show)
{
	static const char *const names[] = { "/dev", "/proc", "/sys", "/run" };
	char path[64];

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (str_format(path, sizeof(path), NEW_ROOT "%s", names[i]) < 0)
			continue;
		if (!show)
			umount2(path, MNT_DETACH);
		else if (file_mkdirs(AT_FDCWD, path, 0755) == 0 &&
			 mount(names[i], path, NULL, MS_BIND | MS_REC, NULL) < 0)
			continue; /* the shell works without it */
	}
}

/* A shell from the closure needs a chroot to the new root; a static shell runs in our root. */
static void choose_shell(const struct boot *b, struct agent_config *c)
{
	static const char *const given[] = { "/" RESCUE_SHELL_INITRAMFS, RESCUE_SHELL_RUN };

	c->system_config = b->config.param.system_config;
	c->shell = given[b->switched];
	if (access(c->shell, X_OK) == 0)
		return;
	c->shell = NULL;
	c->root = b->switched ? NULL : NEW_ROOT;
}

bool channel_rescue(struct boot *b)
{
	char console[80];
	struct agent_config c = {
		.place = FRAME_AT_RESCUE, .text = b->step, .exec_fd = -1, .notify_fd = -1
	};
	enum agent_end how;
	bool show;
	struct err e;

	if (!b->config.param.rescue || !b->config.param.channel)
		return false;
	channel_stop(b);
	c.console = console_path(b, console, sizeof(console));
	c.port = open_port(b, RESCUE_DEADLINE_MS, &e);
	if (c.port < 0) {
		b->step = RECORD_AGENT;
		runner_warn(b, "%s", e.text);
		return false;
	}
	choose_shell(b, &c);
	show = c.root && b->root_mounted && !b->api_moved;
	if (show)
		show_api(true);
	how = agent_run(&c);
	close(c.port);
	if (show)
		show_api(false);
	if (how == AGENT_OFF) /* the user has seen the failure and wants no shell */
		b->config.param.shell_on_fail = NULL;
	return how == AGENT_RETRY;
}
