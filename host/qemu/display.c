/* SPDX-License-Identifier: MIT */
/*
 * display.c - the guest's screen and its window
 *
 * Without -display QEMU opens a gtk, SDL or Cocoa window if it can, and otherwise VNC on
 * 127.0.0.1:5900 or the next free port, without a password (system/vl.c, "localhost:0,to=99").
 */
#include "host/qemu/display.h"

#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "host/lib/distro.h"
#include "host/lib/exit.h"
#include "init/lib/spawn.h"

#define ANSWER_MS 20000
#define INSTEAD "; for a screen without a window say --graphics=none"

const char *const graphics_words[] = { "off", "auto", "gtk", "sdl", "none", NULL };

/* --- the user's own arguments --- */

/* QEMU accepts one dash or two. */
static const char *option_of(const char *word)
{
	return word[0] != '-' ? "" : word[1] == '-' ? word + 2 : word + 1;
}

static bool names_display(const char *const *extra)
{
	static const char *const options[] = { "display", "vnc", "spice", "curses", "sdl", "gtk" };

	for (; extra && *extra; extra++)
		for (size_t i = 0; i < ARRAY_SIZE(options); i++)
			if (str_eq(option_of(*extra), options[i]))
				return true;
	return false;
}

static bool is_adapter(const char *device)
{
	static const char *const parts[] = { "vga", "VGA", "gpu", "qxl", "-display", "ramfb" };

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
		if (strstr(device, parts[i]))
			return true;
	return false;
}

bool display_is_theirs(const char *const *extra)
{
	for (; extra && *extra; extra++)
		if (str_eq(option_of(*extra), "vga") ||
		    (str_eq(option_of(*extra), "device") && extra[1] && is_adapter(extra[1])))
			return true;
	return false;
}

/* --- the display of this session --- */

/* Does a server listen there? name: a path, or an abstract name, which begins with a NUL. */
static bool answers(const char *name, size_t len)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	_cleanup_close_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || len >= sizeof(a.sun_path))
		return false;
	memcpy(a.sun_path, name, len);
	len += offsetof(struct sockaddr_un, sun_path);
	return connect(fd, (struct sockaddr *)&a, (socklen_t)len) == 0;
}

/* display: a path, or a name in $XDG_RUNTIME_DIR (wl_display_connect(3)). */
static bool wayland_answers(const char *display)
{
	const char *run = getenv("XDG_RUNTIME_DIR");
	char path[PATH_MAX];

	if (str_format(path, sizeof(path), "%s%s%s",
		       display[0] == '/' ? "" :
		       run		 ? run :
					   "",
		       display[0] == '/' ? "" : "/", display) < 0)
		return false;
	return answers(path, strlen(path) + 1);
}

/* display: [HOST]:NUMBER[.SCREEN] (X(7)). A display on another host is not tested. */
static bool x11_answers(const char *display)
{
	char name[64] = "";
	int n;

	if (display[0] != ':' && !str_after(display, "unix:"))
		return strchr(display, ':') != NULL;
	n = snprintf(name + 1, sizeof(name) - 1, "/tmp/.X11-unix/X%d",
		     atoi(strchr(display, ':') + 1));
	return answers(name + 1, (size_t)n + 1) || answers(name, (size_t)n + 1);
}

/* Tests for a display. Returns 0, or -ENOENT with the reason in why. */
static int is_here(char *why, size_t size)
{
	const struct {
		const char *name, *value;
		bool (*answers)(const char *display);
	} rows[] = { { "WAYLAND_DISPLAY", getenv("WAYLAND_DISPLAY"), wayland_answers },
		     { "DISPLAY", getenv("DISPLAY"), x11_answers } };

	snprintf(why, size, "neither WAYLAND_DISPLAY nor DISPLAY is set");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (!rows[i].value || !rows[i].value[0])
			continue;
		if (rows[i].answers(rows[i].value))
			return 0;
		snprintf(why, size, "nothing answers on %s=%.100s", rows[i].name, rows[i].value);
	}
	return -ENOENT;
}

/* --- the displays that this QEMU supports --- */

/* Is name a whole line of text? */
static bool has_line(const char *text, const char *name)
{
	const size_t len = strlen(name);

	for (const char *p = text; p; p = strchr(p, '\n')) {
		p += *p == '\n';
		if (!strncmp(p, name, len) && (!p[len] || p[len] == '\n'))
			return true;
	}
	return false;
}

const char *display_in_list(const char *text, enum graphics wanted)
{
	static const enum graphics order[] = { GRAPHICS_GTK, GRAPHICS_SDL };

	for (size_t i = 0; i < ARRAY_SIZE(order); i++)
		if ((wanted == GRAPHICS_AUTO || wanted == order[i]) &&
		    has_line(text, graphics_words[order[i]]))
			return graphics_words[order[i]];
	return NULL;
}

static int ask_qemu(const char *qemu, struct buf *ret, struct err *e)
{
	const char *const argv[] = { qemu, "-display", "help", NULL };
	const struct spawn s = {
		.path = qemu, .argv = argv, .stdin_fd = -1, .timeout_ms = ANSWER_MS
	};
	_cleanup_buf_ struct buf said = { 0 };
	int status, r = spawn_run(&s, ret, &said, &status);

	return r < 0 ? err_exit(e, EXIT_MISSING, r, "%s -display help: %s", qemu, strerror(-r)) : 0;
}

static int find_window(enum graphics wanted, const char *qemu, const char **ret, struct err *e)
{
	_cleanup_buf_ struct buf has = { 0 };
	char install[256];
	int r = ask_qemu(qemu, &has, e);

	if (r < 0)
		return r;
	*ret = display_in_list(has.len > 0 ? has.data : "", wanted);
	if (*ret)
		return 0;
	return err_exit(e, EXIT_MISSING, ENOENT,
			"--graphics: %s has no window (%s); to have one: %s" INSTEAD, qemu,
			wanted == GRAPHICS_AUTO ? "gtk or sdl" : graphics_words[wanted],
			distro_install("qemu-system-gui", install, sizeof(install)));
}

int display_find(enum graphics wanted, const char *qemu, const char *const *extra, const char **ret,
		 struct err *e)
{
	char why[200];

	*ret = wanted != GRAPHICS_OFF && names_display(extra) ? NULL : "none";
	if (!*ret || wanted == GRAPHICS_OFF || wanted == GRAPHICS_NONE)
		return 0;
	if (is_here(why, sizeof(why)) < 0)
		return err_exit(e, EXIT_MISSING, ENOENT,
				"--graphics: there is no display to show a window on: %s" INSTEAD,
				why);
	return find_window(wanted, qemu, ret, e);
}
