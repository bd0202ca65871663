/* SPDX-License-Identifier: MIT */
/*
 * efi.c - EFI firmware for the guest, and its variables
 *
 * Distributions install OVMF in different places, and list it in descriptors that QEMU defines
 * (docs/interop/firmware.json); the first by name is the one that the distribution prefers. QEMU
 * passes kernel, initramfs and command line to the firmware, which boots them.
 */
#include "host/qemu/efi.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/disk/image.h"
#include "host/lib/distro.h"
#include "host/lib/exit.h"
#include "host/lib/lock.h"
#include "init/lib/file.h"

#define DESCRIPTOR_MAX ((size_t)1 << 20)
#define VARIABLES_MAX ((size_t)64 << 20)

static json_object *member(json_object *o, const char *name)
{
	json_object *found = NULL;

	return json_object_is_type(o, json_type_object) &&
			       json_object_object_get_ex(o, name, &found) ?
		       found :
		       NULL;
}

static const char *text(json_object *o, const char *name)
{
	json_object *found = member(o, name);

	return json_object_is_type(found, json_type_string) ? json_object_get_string(found) : "";
}

/* Does a string in the array match word? The strings may be patterns. */
static bool any(json_object *array, const char *word)
{
	if (!json_object_is_type(array, json_type_array))
		return false;
	for (size_t i = 0; i < json_object_array_length(array); i++) {
		json_object *o = json_object_array_get_idx(array, i);

		if (json_object_is_type(o, json_type_string) &&
		    fnmatch(json_object_get_string(o), word, 0) == 0)
			return true;
	}
	return false;
}

static bool for_machine(json_object *targets, const struct arch *arch)
{
	if (!json_object_is_type(targets, json_type_array))
		return false;
	for (size_t i = 0; i < json_object_array_length(targets); i++) {
		json_object *o = json_object_array_get_idx(targets, i);

		if (str_eq(text(o, "architecture"), arch->name) &&
		    any(member(o, "machines"), arch->efi_machine))
			return true;
	}
	return false;
}

/* "mode" exists since QEMU 6.2; without it the descriptor means both images. */
static bool two_raw_images(json_object *mapping)
{
	const char *mode = text(mapping, "mode");

	return str_eq(text(mapping, "device"), "flash") && (!*mode || str_eq(mode, "split")) &&
	       str_eq(text(member(mapping, "executable"), "format"), "raw") &&
	       str_eq(text(member(mapping, "nvram-template"), "format"), "raw");
}

static int match(json_object *o, const struct arch *arch, struct efi *ret)
{
	json_object *mapping = member(o, "mapping"), *features = member(o, "features");

	if (!any(member(o, "interface-types"), "uefi") || !two_raw_images(mapping) ||
	    !for_machine(member(o, "targets"), arch) || any(features, "secure-boot") ||
	    any(features, "requires-smm") || any(features, "enrolled-keys"))
		return 0;
	if (str_format(ret->code, sizeof(ret->code), "%s",
		       text(member(mapping, "executable"), "filename")) < 0)
		return 0;
	return str_format(ret->variables, sizeof(ret->variables), "%s",
			  text(member(mapping, "nvram-template"), "filename")) == 0;
}

int efi_descriptor(const char *json, const struct arch *arch, struct efi *ret)
{
	json_object *o = json_tokener_parse(json);
	int r = o ? match(o, arch, ret) : -EINVAL;

	json_object_put(o);
	return r;
}

static int is_descriptor(const struct dirent *d)
{
	return d->d_name[0] != '.' && str_ends(d->d_name, ".json");
}

/* Returns 1 if a descriptor matches and its files can be read. */
static int look_in(const char *folder, const struct arch *arch, struct efi *ret)
{
	struct dirent **entries;
	int n = scandir(folder, &entries, is_descriptor, alphasort), found = 0;

	for (int i = 0; i < n; i++) {
		_cleanup_buf_ struct buf json = { 0 };
		char path[PATH_MAX];

		if (!found &&
		    str_format(path, sizeof(path), "%s/%s", folder, entries[i]->d_name) == 0 &&
		    file_read(AT_FDCWD, path, DESCRIPTOR_MAX, &json) == 0 && json.len > 0)
			found = efi_descriptor(json.data, arch, ret) == 1 &&
				access(ret->code, R_OK) == 0 && access(ret->variables, R_OK) == 0;
		free(entries[i]);
	}
	if (n >= 0)
		free(entries);
	return found;
}

/* The firmware shipped with this QEMU comes first. */
static int look(const struct efi_request *q, struct efi *ret, struct err *e)
{
	char own[PATH_MAX], install[256];
	const char *const folders[] = { own, "/etc/qemu/firmware", "/usr/share/qemu/firmware",
					"/usr/local/share/qemu/firmware" };
	const char *slash = strrchr(q->qemu, '/');

	if (str_format(own, sizeof(own), "%.*s/../share/qemu/firmware",
		       slash ? (int)(slash - q->qemu) : 0, q->qemu) < 0)
		own[0] = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(folders); i++)
		if (look_in(folders[i], q->arch, ret))
			return 0;
	return err_exit(e, EXIT_MISSING, ENOENT,
			"--efi: no firmware for %s without secure boot is described in "
			"/usr/share/qemu/firmware; to have one: %s; or say --efi-firmware and "
			"--efi-variables",
			q->arch->name,
			distro_install(q->arch->efi_package, install, sizeof(install)));
}

/* Checks a file given by an option. Refuses a FIFO: QEMU would wait for its writer, as we
 * would. */
static int take(const char *option, const char *file, char *ret, struct err *e)
{
	struct stat st;

	if (stat(file, &st) == 0 && !S_ISREG(st.st_mode))
		return err_exit(e, EXIT_BAD_INPUT, EINVAL, "--%s %s is no regular file", option,
				file);
	if (!realpath(file, ret) || access(ret, R_OK) < 0)
		return err_exit(e, EXIT_BAD_INPUT, errno, "--%s %s: %s", option, file,
				strerror(errno));
	return 0;
}

int efi_find(const struct efi_request *q, struct efi *ret, struct err *e)
{
	int r;

	if (!q->arch->efi_machine)
		return err_exit(e, EXIT_USAGE, EINVAL, "run: --efi: not for %s guests",
				q->arch->name);
	if (!q->firmware != !q->variables)
		return err_exit(e, EXIT_USAGE, EINVAL,
				"run: --efi-firmware and --efi-variables go together");
	if (q->firmware) {
		r = take("efi-firmware", q->firmware, ret->code, e);
		if (r == 0)
			r = take("efi-variables", q->variables, ret->variables, e);
	} else {
		r = look(q, ret, e);
	}
	if (r < 0)
		return r;
	ret->wanted = true;
	return str_format(ret->vars, sizeof(ret->vars), "%s", q->vars) < 0 ?
		       err_exit(e, EXIT_USAGE, ENAMETOOLONG, "%s: the name is too long", q->vars) :
		       0;
}

static int failed(const struct efi *efi, int r, struct err *e)
{
	return err_exit(e, EXIT_IMAGE, r, "EFI variables %s: %s", efi->vars,
			r == -ELOOP ? PLACE_BY_LINK "file itself with NIX_EFI_VARS" : strerror(-r));
}

/* Opens and locks the variables, until this process exits: QEMU's own locks do not protect a flash
 * image, and two guests would overwrite each other's variables. */
static int open_vars(struct efi *efi, struct err *e)
{
	static const int flags = O_RDWR | O_CREAT | O_NONBLOCK | O_CLOEXEC;
	_cleanup_close_ int fd = place_open(&efi->place, flags | O_EXCL, 0600);
	int r;

	efi->made = fd >= 0;
	if (fd == -EEXIST)
		fd = place_open(&efi->place, flags, 0600);
	if (fd < 0)
		return failed(efi, fd, e);
	r = lock_file(fd, false);
	if (r == -EBUSY)
		return image_in_use(efi->vars, e);
	return r < 0 ? err_exit(e, EXIT_IMAGE, r, "cannot lock the EFI variables %s: %s", efi->vars,
				strerror(-r)) :
		       take_fd(&fd);
}

static int fill(const struct efi *efi, const struct buf *b, struct err *e)
{
	int r = file_write_all(efi->fd, b->data, b->len);

	if (r == 0 && fsync(efi->fd) < 0)
		r = -errno;
	if (r < 0 && ftruncate(efi->fd, 0) < 0) /* the next run fills an empty file */
		return err_exit(e, EXIT_IMAGE, r,
				"EFI variables %s: %s; the file is no use, remove it", efi->vars,
				strerror(-r));
	return r < 0 ? err_exit(e, EXIT_IMAGE, r, "EFI variables %s: %s", efi->vars, strerror(-r)) :
		       0;
}

/* Reads the variables of this machine, or the template. */
static int read_vars(const struct efi *efi, struct buf *ret, struct err *e)
{
	_cleanup_close_ int fd = place_open(&efi->place, O_RDONLY | O_NONBLOCK | O_CLOEXEC, 0);
	int r = fd == -ENOENT ? 0 : fd < 0 ? fd : file_read_fd(fd, VARIABLES_MAX, ret);

	if (r < 0)
		return failed(efi, r, e);
	r = ret->len > 0 ? 0 : file_read(AT_FDCWD, efi->variables, VARIABLES_MAX, ret);
	return r < 0 ? err_exit(e, EXIT_BAD_INPUT, r, "EFI variables %s: %s", efi->variables,
				strerror(-r)) :
		       0;
}

static int find_vars(struct efi *efi, struct err *e)
{
	int r;

	place_close(&efi->place);
	r = place_find(efi->vars, false, NULL, NULL, &efi->place);
	return r < 0 ? failed(efi, r, e) : 0;
}

int efi_ready(struct efi *efi, const char *thrown_away, struct err *e)
{
	_cleanup_buf_ struct buf b = { 0 };
	struct stat st;
	int r = find_vars(efi, e);

	if (r == 0)
		r = read_vars(efi, &b, e);
	if (r == 0 && thrown_away) {
		if (str_format(efi->vars, sizeof(efi->vars), "%s/efi-vars.fd", thrown_away) < 0)
			return err_sys(e, ENAMETOOLONG, "%s", thrown_away);
		r = find_vars(efi, e);
	}
	if (r < 0)
		return r;
	efi->fd = open_vars(efi, e);
	if (efi->fd < 0)
		return efi->fd;
	if (fstat(efi->fd, &st) < 0)
		return err_sys(e, errno, "%s", efi->vars);
	efi->filled = st.st_size == 0;
	return efi->filled ? fill(efi, &b, e) : 0;
}

void efi_undo(struct efi *efi)
{
	if (efi->filled && !efi->made && ftruncate(efi->fd, 0) < 0)
		return;
	if (efi->made && place_has(&efi->place, efi->fd))
		unlinkat(efi->place.dir, efi->place.name, 0);
	efi->made = efi->filled = false;
}

void efi_close(struct efi *efi)
{
	place_close(&efi->place);
	cleanup_close(&efi->fd);
	efi->fd = -1;
}
