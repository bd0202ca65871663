/* SPDX-License-Identifier: MIT */
/*
 * nixos.c - the steps for a NixOS system without shell activation
 *
 * Theory of operation: with system.etc.overlay.enable /etc is an overlay that the initramfs mounts.
 * With system.nixos-init.enable there is no script before systemd either: the initramfs does what
 * the script did. boot.json in the system's folder says with what, in its extension
 * org.nixos.nixos-init.v1 (nixpkgs, nixos/modules/system/activation/nixos-init.nix and
 * pkgs/by-name/ni/nixos-init). The host has found out which of the two this system has.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "init/inroot.h"
#include "init/lib/file.h"
#include "init/lib/str.h"
#include "init/nix/boot_json.h"
#include "init/step.h"
#include "mount/etc.h"

#define EXTENSION "org.nixos.nixos-init.v1"
#define BOOT_JSON_MAX (1 << 20)
#define METADATA "/run/nixos-etc-metadata"
#define STORE NEW_ROOT "/nix/store"

/* What boot.json says; text holds it. */
struct nixos {
	char system[PATH_MAX]; /* the system's folder, in the new root */
	struct buf text;
	struct json extension;
	int root; /* the new root */
};

static void nixos_free(struct nixos *n)
{
	buf_free(&n->text);
	cleanup_close(&n->root);
}
#define _cleanup_nixos_ _cleanup_(nixos_free)

static int nixos_read(struct boot *b, struct nixos *n)
{
	const char *init = b->config.param.init, *slash = strrchr(init, '/');
	char path[PATH_MAX];
	_cleanup_close_ int fd = -1;
	struct json all;
	int r = str_format(n->system, sizeof(n->system), "%.*s", (int)(slash - init), init);

	n->root = open(NEW_ROOT, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (r == 0)
		r = str_format(path, sizeof(path), "%s/boot.json", n->system);
	if (r == 0)
		r = fd = inroot_open(n->root, path, O_RDONLY, 0);
	if (r >= 0)
		r = file_read_fd(fd, BOOT_JSON_MAX, &n->text);
	if (r < 0)
		return err_sys(&b->err, r, "cannot read %s/boot.json", n->system);
	while (n->text.len > 0 && n->text.data[n->text.len - 1] == '\n')
		n->text.data[--n->text.len] = '\0';
	all = (struct json){ n->text.data, n->text.len };
	r = json_member(&all, EXTENSION, &n->extension);
	return r < 0 ? err_set(&b->err, r, "%s has no extension " EXTENSION ": %s", path,
			       r == -ENOENT ? "the system is not for nixos-init" : "damaged") :
		       0;
}

/* Reads a path. Returns 1; 0 if boot.json has none, or null; or -errno with b->err. */
static int get(struct boot *b, const struct nixos *n, const char *key, char *ret)
{
	struct json value;
	int r = json_member(&n->extension, key, &value);

	if (r == -ENOENT || (r == 0 && value.len == 4 && memcmp(value.s, "null", 4) == 0))
		return 0;
	if (r == 0)
		r = json_text(&value, ret, PATH_MAX);
	return r < 0 ? err_sys(&b->err, r, "%s/boot.json, %s", n->system, key) : 1;
}

/* Reads a path and resolves it: ret is in the initramfs's view, below the new root. */
static int get_real(struct boot *b, const struct nixos *n, const char *key, char *ret)
{
	char path[PATH_MAX], link[32];
	_cleanup_close_ int fd = -1;
	ssize_t len = -1;
	int r = get(b, n, key, path);

	if (r == 0)
		return err_set(&b->err, ENOENT, "%s/boot.json has no %s", n->system, key);
	if (r < 0)
		return r;
	fd = inroot_open(n->root, path, O_PATH, 0);
	if (fd < 0)
		return err_sys(&b->err, fd, "%s (%s)", path, key);
	if (str_format(link, sizeof(link), "/proc/self/fd/%d", fd) == 0)
		len = readlink(link, ret, PATH_MAX - 1);
	if (len < 0)
		return err_sys(&b->err, errno, "%s (%s)", path, key);
	ret[len] = '\0';
	return 0;
}

int step_etc(struct boot *b)
{
	_cleanup_nixos_ struct nixos n = { .root = -1 };
	char image[PATH_MAX], basedir[PATH_MAX];
	const bool read_only = str_eq(b->config.param.etc, "ro");
	const struct mount_etc m = { .image = image,
				     .metadata = METADATA,
				     .basedir = basedir,
				     .layer = read_only ? NULL : NEW_ROOT "/.rw-etc",
				     .etc = NEW_ROOT "/etc" };
	int r = nixos_read(b, &n);

	if (r == 0)
		r = get_real(b, &n, "etc_metadata_image", image);
	if (r == 0)
		r = get_real(b, &n, "etc_basedir", basedir);
	if (r == 0)
		r = mount_etc(&m, &b->err);
	if (r < 0)
		return r;
	snprintf(b->note, sizeof(b->note), "%s", read_only ? "read-only" : "kept in /.rw-etc");
	if (r > 0)
		runner_trace(b, "%d folders are no longer opaque", r);
	return 0;
}

/* The store's mount options that NixOS may ask for, in statvfs(3) and in mount(2). */
static const struct {
	const char *name;
	unsigned long has, sets;
} store_flags[] = {
	{ "ro", ST_RDONLY, MS_RDONLY },		  { "nosuid", ST_NOSUID, MS_NOSUID },
	{ "nodev", ST_NODEV, MS_NODEV },	  { "noexec", ST_NOEXEC, MS_NOEXEC },
	{ "noatime", ST_NOATIME, MS_NOATIME },	  { "nodiratime", ST_NODIRATIME, MS_NODIRATIME },
	{ "relatime", ST_RELATIME, MS_RELATIME },
};

/* Returns the flag of an option in boot.json, or 0. */
static unsigned long flag_of(const struct json *option)
{
	char name[16];

	for (size_t i = 0;
	     json_text(option, name, sizeof(name)) == 0 && i < ARRAY_SIZE(store_flags); i++)
		if (str_eq(store_flags[i].name, name))
			return store_flags[i].sets;
	return 0;
}

/* Gives the store the options that it lacks. The nix-daemon takes ro off in a mount namespace of
 * its own, so they are on a mount over the store's. */
static int set_store_options(struct boot *b, const struct nixos *n)
{
	struct json list = { 0 }, key, option;
	unsigned long flags = 0, wanted = 0;
	struct statvfs st;

	if (chown(STORE, 0, 0) < 0 || chmod(STORE, 01775) < 0)
		runner_trace(b, "the store's mode stays");
	if (json_member(&n->extension, "nix_store_mount_opts", &list) < 0 ||
	    statvfs(STORE, &st) < 0)
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(store_flags); i++)
		flags |= st.f_flag & store_flags[i].has ? store_flags[i].sets : 0;
	while (json_next(&list, &key, &option) > 0)
		wanted |= flag_of(&option);
	if ((wanted & ~flags) == 0)
		return 0;
	if (mount(STORE, STORE, NULL, MS_BIND, NULL) < 0 ||
	    mount(NULL, STORE, NULL, MS_REMOUNT | MS_BIND | flags | wanted, NULL) < 0)
		return err_sys(&b->err, errno, "cannot mount /nix/store with its options");
	return 0;
}

/* Makes path in the folder a link to target, in place of what was there; target "": removes it. */
static int set_link(struct boot *b, int folder, const char *name, const char *target)
{
	char made[32];
	int r = str_format(made, sizeof(made), ".%s.storeboot", name);

	unlinkat(folder, made, 0);
	if (r == 0 && !target[0])
		r = unlinkat(folder, name, 0) < 0 && errno != ENOENT ? -errno : 0;
	else if (r == 0)
		r = symlinkat(target, folder, made) < 0 ||
				    renameat(folder, made, folder, name) < 0 ?
			    -errno :
			    0;
	return r < 0 ? err_sys(&b->err, r, "cannot make the link %s to %s", name, target) : 0;
}

/* The links that the kernel and programs rely on. */
static int set_binary(struct boot *b, const struct nixos *n, const char *key, const char *folder,
		      const char *name)
{
	_cleanup_close_ int fd = -1;
	char target[PATH_MAX];
	int r = get(b, n, key, target);

	if (r <= 0)
		return r;
	fd = inroot_mkdirs(n->root, folder, 0755);
	return fd < 0 ? err_sys(&b->err, fd, "cannot make %s", folder) :
			set_link(b, fd, name, target);
}

/* Tells the kernel a path; one without modules or firmware has no such file. */
static int tell_kernel(struct boot *b, const struct nixos *n, const char *key, const char *file)
{
	char value[PATH_MAX];
	int r = get(b, n, key, value);

	if (r <= 0)
		return r;
	r = file_write(AT_FDCWD, file, value, strlen(value));
	return r < 0 && r != -ENOENT ? err_sys(&b->err, r, "cannot write %s", file) : 0;
}

int step_nixos(struct boot *b)
{
	_cleanup_nixos_ struct nixos n = { .root = -1 };
	_cleanup_close_ int run = open("/run", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int r = nixos_read(b, &n);

	return r									  ?:
		       set_store_options(b, &n)						  ?:
		       set_link(b, run, "booted-system", n.system)			  ?:
		       set_link(b, run, "current-system", n.system)			  ?:
		       tell_kernel(b, &n, "modprobe_binary", "/proc/sys/kernel/modprobe") ?:
		       tell_kernel(b, &n, "firmware", "/sys/module/firmware_class/parameters/path") ?:
		       set_binary(b, &n, "env_binary", "/usr/bin", "env") ?:
		       set_binary(b, &n, "sh_binary", "/bin", "sh");
}
