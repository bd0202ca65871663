/* SPDX-License-Identifier: MIT */
/* devices.c - the screen, firmware and TPM of a machine, and the places of their files */
#include "host/run/devices.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/lib/exit.h"
#include "host/lib/place.h"
#include "host/qemu/display.h"

/* Where a file of the machine is kept: `variable` overrides the default. */
static int place(const char *machine, const char *variable, const char *suffix, char *ret,
		 struct err *e)
{
	_cleanup_free_ char *here = get_current_dir_name();
	const char *env = getenv(variable);
	int r;

	if (!here)
		return err_sys(e, errno, "the working directory");
	if (!env || !env[0])
		r = str_format(ret, PATH_MAX, "%s/%s%s", here, machine, suffix);
	else if (env[0] == '/')
		r = str_format(ret, PATH_MAX, "%s", env);
	else
		r = str_format(ret, PATH_MAX, "%s/%s", here, env);
	return r < 0 ? err_exit(e, EXIT_USAGE, ENAMETOOLONG, "%s: the name is too long", variable) :
		       0;
}

static int refuse(const char *what, const char *path, int num, struct err *e)
{
	return err_exit(e, EXIT_IMAGE, num, "%s %s: %s", what, path, strerror(num));
}

/* Checks that path can be made: its parent is a folder that we may write. */
static int look_around(const char *what, const char *path, struct err *e)
{
	char folder[PATH_MAX];
	size_t n = strlen(path);

	while (n > 1 && path[n - 1] == '/')
		n--;
	while (n > 1 && path[n - 1] != '/')
		n--;
	if (str_format(folder, sizeof(folder), "%.*s", (int)n, path) < 0)
		return refuse(what, path, ENAMETOOLONG, e);
	return access(folder, W_OK | X_OK) < 0 ? refuse(what, path, errno, e) : 0;
}

/*
 * The file or folder is made or opened after the disks are changed, so any error must be found
 * here. kind: S_IFREG or S_IFDIR. only_read: it is copied, or ignored if missing.
 */
static int look_at(const char *what, const char *path, mode_t kind, bool only_read, struct err *e)
{
	const int mode = R_OK | (only_read ? 0 : W_OK) | (kind == S_IFDIR ? X_OK : 0);
	_cleanup_(place_close) struct place place = PLACE_INIT;
	struct stat st;

	if (place_find(path, false, NULL, NULL, &place) == -ELOOP)
		return err_exit(e, EXIT_IMAGE, ELOOP, "%s %s: " PLACE_BY_LINK "%s itself with %s",
				what, path, kind == S_IFDIR ? "folder" : "file",
				kind == S_IFDIR ? "NIX_SWTPM_DIR" : "NIX_EFI_VARS");
	if (stat(path, &st) < 0 && errno != ENOENT)
		return refuse(what, path, errno, e);
	if (stat(path, &st) < 0)
		return only_read ? 0 : look_around(what, path, e);
	if (kind == S_IFDIR && !S_ISDIR(st.st_mode))
		return refuse(what, path, ENOTDIR, e);
	if (kind == S_IFREG && S_ISDIR(st.st_mode))
		return refuse(what, path, EISDIR, e);
	if (kind == S_IFREG && !S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode))
		return err_exit(e, EXIT_IMAGE, EINVAL, "%s %s: no regular file", what, path);
	return access(path, mode) < 0 ? refuse(what, path, errno, e) : 0;
}

static int find_efi(struct plan *p, struct err *e)
{
	char vars[PATH_MAX];
	const struct efi_request q = { .arch = p->qemu.arch,
				       .qemu = p->qemu.program,
				       .firmware = p->v.efi_firmware,
				       .variables = p->v.efi_variables,
				       .vars = vars };
	int r = place(p->system.name, "NIX_EFI_VARS", "-efi-vars.fd", vars, e);

	if (r == 0)
		r = efi_find(&q, &p->qemu.efi, e);
	return r < 0 ? r : look_at("EFI variables", vars, S_IFREG, p->v.ephemeral, e);
}

static int find_tpm(struct plan *p, struct err *e)
{
	char state[PATH_MAX];
	int r = place(p->system.name, "NIX_SWTPM_DIR", "-swtpm", state, e);

	if (r == 0 && !p->qemu.arch->tpm)
		r = err_exit(e, EXIT_USAGE, EINVAL, "run: --tpm: not for %s guests",
			     p->qemu.arch->name);
	if (r == 0)
		r = tpm_find(state, &p->tpm, e);
	return r < 0 || p->v.ephemeral ? r : look_at("--tpm:", state, S_IFDIR, false, e);
}

/* With EFI the firmware would draw its messages pixel by pixel. */
static int find_screen(struct plan *p, struct err *e)
{
	const char *const *extra = (const char *const *)p->qemu.extra.v;

	p->qemu.adapter = !p->qemu.graphics && !p->v.efi && p->qemu.arch->adapter &&
			  !display_is_theirs(extra);
	return display_find((enum graphics)p->qemu.graphics, p->qemu.program, extra,
			    &p->qemu.display, e);
}

int devices_find(struct plan *p, struct err *e)
{
	int r = find_screen(p, e);

	if (r == 0 && p->v.efi)
		r = find_efi(p, e);
	return r == 0 && p->v.tpm ? find_tpm(p, e) : r;
}
