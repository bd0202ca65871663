/* SPDX-License-Identifier: MIT */
/* fail.c - the one place where a failed boot ends */
#include "init/fail.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/reboot.h>
#include <termios.h>
#include <unistd.h>

#include "init/agent/off.h"
#include "init/channel.h"
#include "init/lib/file.h"
#include "init/lib/log.h"
#include "init/lib/record.h"
#include "init/lib/str.h"
#include "init/lib/sys.h"
#include "init/shell.h"

static bool read_sysctl(const struct boot *b, const char *name, char *ret, size_t size)
{
	char path[64];

	return str_format(path, sizeof(path), "%s/proc/sys/kernel/%s", boot_api(b), name) == 0 &&
	       file_read_line(AT_FDCWD, path, ret, size) == 0;
}

/*
 * Returns true if the kernel itself prints an error line from its log on the consoles. The line
 * must reach the log: printk.devkmsg= on the command line, which console.c cannot override, may
 * drop it silently. Its level must be below the first number of printk (proc(5),
 * /proc/sys/kernel/printk).
 */
static bool kernel_shows_errors(const struct boot *b)
{
	char devkmsg[16], level[64];

	if (!read_sysctl(b, "printk_devkmsg", devkmsg, sizeof(devkmsg)) ||
	    (!str_eq(devkmsg, "on") && !b->devkmsg[0]))
		return false;
	return read_sysctl(b, "printk", level, sizeof(level)) &&
	       (level[0] > '0' + LOG_ERROR ||
		(level[0] >= '1' && level[1] >= '0' && level[1] <= '9'));
}

static void write_console(const struct boot *b, const char *tty, const char *line)
{
	char path[128];
	_cleanup_close_ int fd = -1;

	if (str_format(path, sizeof(path), "%s/dev/%s", boot_api(b), tty) < 0)
		return;
	/* O_NONBLOCK only for the open (report.c): it would truncate a long write. */
	fd = open(path, O_WRONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (fd >= 0 && fcntl(fd, F_SETFL, 0) == 0 && file_write_all(fd, line, strlen(line)) == 0)
		(void)tcdrain(fd);
}

static void write_consoles(const struct boot *b, const char *line)
{
	char path[64], list[256], *save = NULL;

	if (str_format(path, sizeof(path), "%s/sys/class/tty/console/active", boot_api(b)) < 0 ||
	    file_read_line(AT_FDCWD, path, list, sizeof(list)) < 0)
		return;
	for (char *tty = strtok_r(list, " ", &save); tty; tty = strtok_r(NULL, " ", &save))
		write_console(b, tty, line);
}

/* Writes the text once to kmsg and once to every console. */
static void say(const struct boot *b, const char *text)
{
	char line[1200];

	log_error("%s", text);
	if (kernel_shows_errors(b))
		return;
	snprintf(line, sizeof(line), "\r\nstoreboot: %s\r\n", text);
	write_consoles(b, line);
}

static void report(struct boot *b)
{
	struct record rec = { .kind = RECORD_FAIL,
			      .num = b->err.num,
			      .start_us = sys_now_us(),
			      .took_us = b->token };
	struct err ignored;

	/* step_config sets the device even if it fails at another parameter. */
	if (b->report.fd < 0 && b->config.param.value[PARAM_REPORT] &&
	    report_open(&b->report, b->config.param.value[PARAM_REPORT], &ignored) < 0)
		return;
	snprintf(rec.name, sizeof(rec.name), "%s", b->step);
	fail_text(b, rec.text, sizeof(rec.text));
	report_add(&b->report, &rec);
	report_drain(&b->report);
}

/* Makes the root disk clean and read-only, after killing what a shell left running there. */
static void put_disk_down(const struct boot *b)
{
	int r;

	if (!b->root_mounted)
		return;
	if (getpid() == 1)
		kill(-1, SIGKILL);
	r = off_read_only(b->switched ? "/" : NEW_ROOT);
	if (r < 0)
		log_warning("the root disk could not be made read-only: %s", strerror(-r));
}

int boot_fail(struct boot *b)
{
	char text[1024], line[1152];
	struct err e;

	fail_text(b, text, sizeof(text));
	snprintf(line, sizeof(line), "stage 1 failed at step %s: %s", b->step, text);
	say(b, line);
	report(b);
	if (channel_rescue(b))
		return 0;
	if (!b->config.param.panic_on_fail && b->config.param.shell_on_fail &&
	    shell_run(b, "exit powers off", &e) < 0)
		say(b, e.text);
	put_disk_down(b);
	if (b->config.param.panic_on_fail)
		return 1;
	reboot(RB_POWER_OFF);
	reboot(RB_HALT_SYSTEM);
	for (;;)
		pause();
}
