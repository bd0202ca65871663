/* SPDX-License-Identifier: MIT */
/* display.c - tests of the guest's screen: a display is always named, and none is promised that is
 * not there */
#include "host/qemu/display.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "host/lib/exit.h"
#include "host/lib/folder.h"
#include "host/lib/proc.h"
#include "tests/lib/test.h"

static char top[PATH_MAX], qemu[PATH_MAX];

/* The value of -display, "user" where the user's words have one, or what is said. */
static const char *found(enum graphics wanted, const char *const *extra)
{
	static struct err e;
	const char *display = NULL;

	e = (struct err){ 0 };
	if (display_find(wanted, qemu, extra, &display, &e) < 0) {
		CHECK_INT(e.exit_status, EXIT_MISSING);
		return e.text;
	}
	return display ? display : "user";
}

static void lists_of_qemu(void)
{
	/* What QEMU 5.2, 7.2 and 10.0 print. */
	static const char
		all[] = "Available display backend types:\nnone\ngtk\nsdl\negl-headless\ncurses\n",
		sdl[] = "Available display backend types:\nnone\nsdl\nvnc\n",
		few[] = "Available display backend types:\nnone\negl-headless\ncurses\ndbus\n";

	CHECK_STR(display_in_list(all, GRAPHICS_AUTO), "gtk");
	CHECK_STR(display_in_list(all, GRAPHICS_SDL), "sdl");
	CHECK_STR(display_in_list(sdl, GRAPHICS_AUTO), "sdl");
	CHECK(!display_in_list(sdl, GRAPHICS_GTK));
	CHECK(!display_in_list(few, GRAPHICS_AUTO));
	CHECK(!display_in_list("", GRAPHICS_AUTO));
	CHECK(!display_in_list("gtk-like\n", GRAPHICS_AUTO));
	CHECK_STR(display_in_list("gtk", GRAPHICS_AUTO), "gtk");
}

static void without_a_window(void)
{
	static const char *const vnc[] = { "-vnc", ":1", NULL };

	CHECK_STR(found(GRAPHICS_OFF, NULL), "none");
	CHECK_STR(found(GRAPHICS_OFF, vnc), "none");
	CHECK_STR(found(GRAPHICS_NONE, NULL), "none");
}

static void no_display_no_window(void)
{
	CHECK_STR(
		found(GRAPHICS_AUTO, NULL),
		"--graphics: there is no display to show a window on: neither WAYLAND_DISPLAY nor DISPLAY is "
		"set; for a screen without a window say --graphics=none");
	setenv("DISPLAY", ":4711.0", 1);
	CHECK_HAS(found(GRAPHICS_GTK, NULL), "nothing answers on DISPLAY=:4711.0;");
	setenv("DISPLAY", "", 1);
	setenv("WAYLAND_DISPLAY", "wayland-7", 1);
	CHECK_HAS(found(GRAPHICS_AUTO, NULL), "nothing answers on WAYLAND_DISPLAY=wayland-7;");
	unsetenv("WAYLAND_DISPLAY");
	unsetenv("DISPLAY");
}

/* A display answers: then it is QEMU that has a window, or is said to have none. */
static void a_display_that_answers(void)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	const char *got;

	snprintf(a.sun_path, sizeof(a.sun_path), "%.80s/wayland-7", top);
	CHECK_INT(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	CHECK_INT(listen(fd, 5), 0);
	setenv("XDG_RUNTIME_DIR", top, 1);
	for (int absolute = 0; absolute < 2; absolute++) {
		setenv("WAYLAND_DISPLAY", absolute ? a.sun_path : "wayland-7", 1);
		got = found(GRAPHICS_AUTO, NULL);
		CHECK(str_eq(got, "gtk") || str_eq(got, "sdl") ||
		      strstr(got, "has no window (gtk or sdl); to have one: "));
	}
	unsetenv("WAYLAND_DISPLAY");
	close(fd);
}

static void the_users_own(void)
{
	static const char *const displays[][3] = {
		{ "-display", "none" },
		{ "--display", "curses" },
		{ "-vnc", ":1" },
		{ "-spice", "x" },
	};
	static const char *const adapters[][3] = {
		{ "-vga", "std" },
		{ "-device", "virtio-vga" },
		{ "--device", "qxl,id=q" },
		{ "-device", "bochs-display" },
		{ "-device", "virtio-gpu-pci" },
		{ "-device", "vfio-pci,x-vga=on" },
	};
	static const char *const others[] = { "-device", "virtio-rng-pci", "-name",
					      "vga",	 "-device",	   NULL };

	for (size_t i = 0; i < ARRAY_SIZE(displays); i++) {
		CHECK_STR(found(GRAPHICS_AUTO, displays[i]), "user");
		CHECK(!display_is_theirs(displays[i]));
	}
	for (size_t i = 0; i < ARRAY_SIZE(adapters); i++)
		CHECK(display_is_theirs(adapters[i]));
	CHECK(!display_is_theirs(others));
	CHECK(!display_is_theirs(NULL));
	CHECK_HAS(found(GRAPHICS_AUTO, others), "there is no display");
}

int main(void)
{
	struct err e = { 0 };

	unsetenv("DISPLAY");
	unsetenv("WAYLAND_DISPLAY");
	if (folder_make(top, &e) < 0 ||
	    proc_find(NULL, "qemu-system-x86_64", "qemu-system-x86", qemu, &e) < 0) {
		printf("# %s\n", e.text);
		return 1;
	}
	RUN(lists_of_qemu);
	RUN(without_a_window);
	RUN(no_display_no_window);
	RUN(a_display_that_answers);
	RUN(the_users_own);
	folder_remove(top);
	TEST_END();
}
