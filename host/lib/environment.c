/* SPDX-License-Identifier: MIT */
/* environment.c - what a program that storeboot starts gets of the caller's environment */
#include "host/lib/environment.h"

#include <string.h>
#include <unistd.h>

#include "init/lib/macro.h"

/* Names, or with * the begin of names. storeboot(1), ENVIRONMENT, lists them. */
static const char *const of_programs[] = {
	"PATH",
	"HOME",
	"TMPDIR",
	"LANG",
	"LC_*",
	"TZ",
	"TZDIR",
	"LOCALE_ARCHIVE*",
	"LD_LIBRARY_PATH",
	"NIX_LD*",
	"QEMU_MODULE_DIR",
	"QEMU_AUDIO_*",
	"PULSE_*",
	"ALSA_*",
	"PIPEWIRE_*",
	"XDG_RUNTIME_DIR",
	"SDL_AUDIODRIVER",
	"JACK_*",
	"STOREBOOT_GC_ROOTS_*", /* ours: host/run/roots.h */
};
static const char *const of_windows[] = {
	"DISPLAY",    "WAYLAND_DISPLAY",
	"XAUTHORITY", "DBUS_SESSION_BUS_ADDRESS",
	"XDG_*",      "GDK_*",
	"GTK_*",      "GSK_*",
	"GIO_*",      "GSETTINGS_*",
	"SDL_*",      "FONTCONFIG_*",
	"XCURSOR_*",  "XMODIFIERS",
	"XKB_*",      "XLOCALEDIR",
	"LIBGL_*",    "MESA_*",
	"GALLIUM_*",  "DRI_PRIME",
	"__GLX_*",    "__EGL_*",
	"__NV_*",     "EGL_*",
	"GBM_*",      "VK_*",
};

static bool matches(const char *variable, const char *const *names, size_t n)
{
	const size_t len = strcspn(variable, "=");

	for (size_t i = 0; i < n; i++) {
		const size_t begin = strcspn(names[i], "*");

		if (strncmp(variable, names[i], begin) == 0 &&
		    (names[i][begin] ? len >= begin : len == begin))
			return true;
	}
	return false;
}

int environment_of_programs(bool window, struct strv *ret)
{
	for (char *const *v = environ; v && *v; v++)
		if (matches(*v, of_programs, ARRAY_SIZE(of_programs)) ||
		    (window && matches(*v, of_windows, ARRAY_SIZE(of_windows)))) {
			int r = strv_add(ret, *v);

			if (r < 0)
				return r;
		}
	return 0;
}
