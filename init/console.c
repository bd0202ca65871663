/* SPDX-License-Identifier: MIT */
/* console.c - the first steps: the API file systems, the log, the command line, the report */
#include "init/console.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "init/shared_folder.h"
#include "init/kernel_log.h"
#include "init/lib/file.h"
#include "init/lib/log.h"
#include "init/lib/str.h"
#include "init/step.h"
#include "mount/api.h"

/*
 * By default /dev/kmsg takes 10 lines in 5 s (kernel document admin-guide/sysctl/kernel,
 * printk_devkmsg); stage 1 writes more. The value must end with a newline (kernel/printk/printk.c,
 * devkmsg_sysctl_set_loglvl).
 */
#define DEVKMSG "/proc/sys/kernel/printk_devkmsg"

#define SHARED_FOLDERS_MAX_SIZE ((size_t)1 << 20)

/* The first number is the console log level; it can be written alone (proc(5)). */
#define LOGLEVEL "/proc/sys/kernel/printk"

/* Reopens standard input, output and error on the /dev/console that stage 2 will see. The kernel
 * opened them on the initramfs's own node, if it has one, which switch root removes. */
static int open_stdio(struct boot *b)
{
	int fd = open("/dev/console", O_RDWR | O_NOCTTY);

	if (fd < 0) /* a kernel without any console */
		fd = open("/dev/null", O_RDWR);
	if (fd < 0)
		return err_sys(&b->err, errno, "cannot open /dev/console or /dev/null");
	for (int i = STDIN_FILENO; i <= STDERR_FILENO; i++)
		if (fd != i && dup2(fd, i) < 0)
			return err_sys(&b->err, errno, "cannot set up standard input and output");
	if (fd > STDERR_FILENO)
		close(fd);
	return 0;
}

static void open_log(struct boot *b)
{
	int fd = open("/dev/kmsg", O_WRONLY | O_CLOEXEC);

	if (fd < 0) /* a kernel without CONFIG_PRINTK: log to standard error */
		return;
	log_open(fd, true, "storeboot", LOG_TRACE);
	if (file_read_line(AT_FDCWD, DEVKMSG, b->devkmsg, sizeof(b->devkmsg)) < 0 ||
	    file_write(AT_FDCWD, DEVKMSG, "on\n", 3) < 0)
		b->devkmsg[0] = '\0'; /* printk.devkmsg= on the command line locks it */
}

int step_console(struct boot *b)
{
	int r = mount_api_all(&b->err);

	if (r < 0)
		return r;
	r = open_stdio(b);
	if (r < 0)
		return r;
	open_log(b);
	return 0;
}

/* A serial console has no other way to learn its size. */
static void set_console_size(const struct boot *b)
{
	const struct winsize size = { .ws_row = b->config.console_rows,
				      .ws_col = b->config.console_columns };

	if (size.ws_row > 0 && ioctl(STDIN_FILENO, TIOCSWINSZ, &size) < 0)
		runner_trace(b, "the console is no terminal: it has no size");
}

/* Checks every line before the first folder is mounted. */
static int read_shared_folders(struct boot *b)
{
	int r = file_read(AT_FDCWD, "/" SHARED_FOLDERS_FILE, SHARED_FOLDERS_MAX_SIZE, &b->folders);
	const char *text = b->folders.data;
	size_t len = b->folders.len;
	struct shared_folder entry;

	if (r < 0)
		return r == -ENOENT ?
			       0 :
			       err_sys(&b->err, r, "/" SHARED_FOLDERS_FILE " in the initramfs");
	while ((r = shared_folder_next(&text, &len, &entry)) > 0)
		b->folder_kinds |= 1U << entry.kind;
	return r < 0 ? err_set(&b->err, EINVAL,
			       "/" SHARED_FOLDERS_FILE
			       " in the initramfs: no line \"SHARE ro|rw SOURCE PATH\": %.*s",
			       (int)strcspn(text, "\n"), text) :
		       0;
}

/* Raises the log level to show the trace, because most command lines have loglevel=4. */
static void show_trace(struct boot *b)
{
	char levels[64];

	if (!b->config.param.trace ||
	    file_read_line(AT_FDCWD, LOGLEVEL, levels, sizeof(levels)) < 0)
		return;
	levels[strcspn(levels, "\t ")] = '\0';
	if (atoi(levels) > LOG_INFO ||
	    str_format(b->loglevel, sizeof(b->loglevel), "%s", levels) < 0)
		return;
	if (file_write(AT_FDCWD, LOGLEVEL, "7", 1) < 0)
		b->loglevel[0] = '\0';
}

int step_config(struct boot *b)
{
	_cleanup_buf_ struct buf text = { 0 };
	int r = file_read(AT_FDCWD, "/proc/cmdline", 2 * CONFIG_CMDLINE_MAX, &text);

	if (r < 0)
		return err_sys(&b->err, r, "cannot read /proc/cmdline");
	r = config_parse(text.data, text.len, &b->config, &b->err);
	if (r == 0)
		r = read_shared_folders(b);
	if (r < 0)
		return r;
	set_console_size(b);
	show_trace(b);
	runner_trace(b, "%s", b->config.param.init ? b->config.param.init : "no stage 2");
	return 0;
}

int step_report(struct boot *b)
{
	struct err e;

	if (report_open(&b->report, b->config.param.report, &e) < 0) {
		report_off(&b->report);
		runner_warn(b, "%s; the host gets no records", e.text);
		return STEP_SKIPPED;
	}
	kernel_log_report(b);
	return 0;
}

void console_restore(const struct boot *b)
{
	char line[sizeof(b->devkmsg) + 1];

	if (b->loglevel[0] && file_write(AT_FDCWD, LOGLEVEL, b->loglevel, strlen(b->loglevel)) < 0)
		runner_trace(b, LOGLEVEL " stays at 7");
	if (!b->devkmsg[0] || str_format(line, sizeof(line), "%s\n", b->devkmsg) < 0)
		return;
	if (file_write(AT_FDCWD, DEVKMSG, line, strlen(line)) < 0)
		runner_trace(b, DEVKMSG " stays on");
}
