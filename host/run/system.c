/* SPDX-License-Identifier: MIT */
/*
 * system.c - finds and checks SYSTEM: its kernel, modules, parameters and stage 2
 *
 * Links in a store are absolute and begin with /nix/store. If another folder is served as the store
 * (--store), they are followed in that folder, not in the host's own store.
 */
#include "host/run/system.h"

#include <ctype.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "host/lib/exit.h"
#include "host/initrd/kernel.h"
#include "init/lib/file.h"

#define LINKS_MAX 40 /* the kernel's MAXSYMLINKS */
#define PARAMS_MAX 65536
#define BOOT_JSON_MAX (1 << 20)
#define STORE_HASH_LEN 32 /* base-32 characters before a store path's name */

/* The host's path for `path`: in the served store, if path is in the guest's store. */
static int on_host(const struct system *s, const char *path, char *ret)
{
	const char *rest = str_after(path, GUEST_STORE);

	if (rest && (*rest == '/' || *rest == '\0'))
		return str_format(ret, PATH_MAX, "%s%s", s->store, rest);
	return str_format(ret, PATH_MAX, "%s", path);
}

/* Follows one link: replaces `at` by its target. Returns 1, 0 if `at` is no link, or -errno. */
static int follow(const struct system *s, char *at)
{
	char target[PATH_MAX], next[PATH_MAX], *slash;
	ssize_t n = readlink(at, target, sizeof(target) - 1);

	if (n < 0)
		return errno == EINVAL ? 0 : -errno;
	target[n] = '\0';
	if (target[0] == '/') {
		if (on_host(s, target, at) < 0)
			return -ENAMETOOLONG;
		return 1;
	}
	slash = strrchr(at, '/');
	if (str_format(next, sizeof(next), "%.*s/%s", (int)(slash - at), at, target) < 0)
		return -ENAMETOOLONG;
	memcpy(at, next, strlen(next) + 1);
	return 1;
}

/* realpath(3), but links into the guest's store lead to the served store. */
static int resolve(const struct system *s, const char *path, char *ret)
{
	char at[PATH_MAX];
	int r, links = 0;

	if (str_eq(s->store, GUEST_STORE) || path[0] != '/')
		return realpath(path, ret) ? 0 : -errno;
	r = on_host(s, path, at);
	if (r < 0)
		return r;
	while ((r = follow(s, at)) > 0)
		if (++links > LINKS_MAX)
			return -ELOOP;
	if (r < 0)
		return r;
	return realpath(at, ret) ? 0 : -errno;
}

void system_name(const char *path, char *dst, size_t size)
{
	const char *base = strrchr(path, '/');
	size_t n = 0, hash = 0;

	base = base ? base + 1 : path;
	while (islower((unsigned char)base[hash]) || isdigit((unsigned char)base[hash]))
		hash++;
	if (hash == STORE_HASH_LEN && base[hash] == '-' && base[hash + 1])
		base += hash + 1;
	for (; *base && n + 1 < size; base++, n++) {
		bool kept = isalnum((unsigned char)*base) || (n > 0 && strchr("._-", *base));

		dst[n] = kept ? *base : '-';
	}
	dst[n] = '\0';
	if (n == 0)
		snprintf(dst, size, "storeboot");
}

/* A given name is used unchanged: two changed names could become equal, and share one disk. */
static int check_name(const char *given, struct err *e)
{
	char plain[SYSTEM_NAME_MAX + 1];

	system_name(given, plain, sizeof(plain));
	if (str_eq(given, plain))
		return 0;
	return err_exit(
		e, EXIT_USAGE, EINVAL,
		"run: --name %s: want at most %d letters (a to z), digits and, after the first, dots, "
		"underscores and dashes, as in %s: the disk image is named after it too",
		given, SYSTEM_NAME_MAX, plain);
}

/* Uses SYSTEM's host name, which stays the same after a rebuild; else the folder's name. */
static void find_name(struct system *s, const char *dir, const char *given)
{
	char path[PATH_MAX], real[PATH_MAX], host[64];

	if (dir[0] && str_format(path, sizeof(path), "%s/etc/hostname", dir) == 0 &&
	    resolve(s, path, real) == 0 &&
	    file_read_line(AT_FDCWD, real, host, sizeof(host)) == 0 && host[0])
		system_name(host, s->own_name, sizeof(s->own_name));
	else
		system_name(dir, s->own_name, sizeof(s->own_name));
	snprintf(s->name, sizeof(s->name), "%s", given ? given : s->own_name);
}

/* Finds SYSTEM's folder, and its path in the guest. */
static int find_dir(const struct system_options *o, struct system *s, char *dir, struct err *e)
{
	struct stat st;
	const char *rest;
	int r;

	if (!o->system) {
		dir[0] = '\0';
		return 0;
	}
	r = resolve(s, o->system, dir);
	if (r < 0)
		return err_exit(e, EXIT_BAD_INPUT, r, "%s: no such system: %s", o->system,
				strerror(-r));
	if (stat(dir, &st) < 0 || !S_ISDIR(st.st_mode))
		return err_exit(e, EXIT_BAD_INPUT, ENOTDIR, "%s is no system: it is no folder",
				o->system);
	rest = str_after(dir, s->store);
	if (rest && *rest == '/' &&
	    str_format(s->config, sizeof(s->config), GUEST_STORE "%s", rest) < 0)
		return err_sys(e, ENAMETOOLONG, "%s", dir);
	return 0;
}

/* A part of a system, and the option that replaces it. */
struct part {
	const char *name;
	const char *given;
	bool optional; /* may be missing */
	mode_t type;   /* S_IFREG or S_IFDIR */
	char *real;    /* PATH_MAX */
};

/* Returns 0, 1 if the part is missing in SYSTEM, or -errno with e if a given part is wrong. */
static int find_part(const struct system *s, const char *dir, const struct part *p, struct err *e)
{
	char path[PATH_MAX];
	bool irregular = false;
	struct stat st;
	int r = p->given ? str_format(path, sizeof(path), "%s", p->given) :
			   str_format(path, sizeof(path), "%s/%s", dir, p->name);

	if (r == 0)
		r = resolve(s, path, p->real);
	if (r == 0 && stat(p->real, &st) < 0)
		r = -errno;
	if (r == 0 && (st.st_mode & S_IFMT) != p->type) {
		irregular = p->type == S_IFREG;
		r = irregular ? -EINVAL : -ENOTDIR;
	}
	if (r == 0)
		return 0;
	p->real[0] = '\0';
	if (!p->given)
		return p->optional && r == -ENOENT ? 0 : 1;
	if (irregular)
		return err_exit(e, EXIT_BAD_INPUT, r, "%s %s is no regular file", p->name,
				p->given);
	return err_exit(e, EXIT_BAD_INPUT, r, "%s %s: %s", p->name, p->given, strerror(-r));
}

/*
 * The name of stage 2 in SYSTEM. If NixOS's own initramfs uses systemd, its default since 26.05,
 * init is systemd's binary, for a root that prepare-root has prepared in that initramfs. As PID 1
 * prepare-root does what init did before: it prepares the root and becomes systemd (NixOS's
 * boot/stage-2-init.sh).
 */
static const char *init_name(const struct system *s, const char *dir)
{
	static const char prepare[] = "prepare-root";
	char path[PATH_MAX], real[PATH_MAX];

	return str_format(path, sizeof(path), "%s/%s", dir, prepare) == 0 &&
			       resolve(s, path, real) == 0 ?
		       prepare :
		       "init";
}

/* Reads boot.json, whose extension says what the initramfs has to do for a NixOS without shell
 * activation (nixpkgs, nixos/modules/system/activation/nixos-init.nix). Returns 0, with NULL if
 * there is none, or -errno with e. */
static int read_boot_json(const struct system *s, const char *dir, json_object **ret, struct err *e)
{
	_cleanup_buf_ struct buf text = { 0 };
	char path[PATH_MAX], real[PATH_MAX];
	int r;

	if (str_format(path, sizeof(path), "%s/boot.json", dir) < 0 || resolve(s, path, real) < 0)
		return 0;
	r = file_read(AT_FDCWD, real, BOOT_JSON_MAX, &text);
	if (r < 0)
		return err_exit(e, EXIT_BAD_INPUT, r, "%s: %s", real, strerror(-r));
	*ret = json_tokener_parse(text.data);
	return *ret ? 0 : err_exit(e, EXIT_BAD_INPUT, EBADMSG, "%s is no JSON", real);
}

/* Has the system an overlay on /etc (system.etc.overlay.enable)? */
static bool has_etc_overlay(json_object *boot_json)
{
	json_object *extension, *image;

	return json_object_object_get_ex(boot_json, "org.nixos.nixos-init.v1", &extension) &&
	       json_object_object_get_ex(extension, "etc_metadata_image", &image) &&
	       json_object_get_string_len(image) > 0;
}

/* Is stage 2 systemd's binary, and nothing in SYSTEM prepares the root for it
 * (system.nixos-init.enable)? */
static bool needs_nixos_init(const struct system *s, const char *dir, const char *init)
{
	_cleanup_close_ int fd = open(init, O_RDONLY | O_CLOEXEC);
	char version[PATH_MAX], real[PATH_MAX], magic[SELFMAG];

	return str_format(version, sizeof(version), "%s/nixos-version", dir) == 0 &&
	       resolve(s, version, real) == 0 && !str_eq(init_name(s, dir), "prepare-root") &&
	       fd >= 0 && file_pread_all(fd, magic, sizeof(magic), 0) == 0 &&
	       memcmp(magic, ELFMAG, SELFMAG) == 0;
}

static int find_nixos(const struct system_options *o, struct system *s, const char *dir,
		      const char *init, struct err *e)
{
	json_object *boot_json = NULL;
	int r = read_boot_json(s, dir, &boot_json, e);

	s->nixos_init = needs_nixos_init(s, dir, init);
	s->etc_overlay = has_etc_overlay(boot_json);
	/* As NixOS does by default. boot.json does not have the setting,
	 * system.etc.overlay.mutable. */
	if (s->etc_overlay && !(s->params.data && strstr(s->params.data, "storeboot.etc=")))
		s->etc_mode = "rw";
	json_object_put(boot_json);
	if (r < 0 || !s->nixos_init || s->etc_overlay)
		return r;
	return err_exit(
		e, EXIT_BAD_INPUT, ENOTSUP,
		"%s: only its own initramfs can prepare its root (NixOS's system.nixos-init.enable): "
		"no boot.json in it names the overlay on /etc (org.nixos.nixos-init.v1, "
		"etc_metadata_image)",
		o->system);
}

static int read_params(const char *path, struct buf *ret, struct err *e)
{
	int r = file_read(AT_FDCWD, path, PARAMS_MAX, ret);

	if (r < 0)
		return err_exit(e, EXIT_BAD_INPUT, r, "%s: %s", path, strerror(-r));
	if (strlen(ret->data) != ret->len)
		return err_exit(e, EXIT_BAD_INPUT, EINVAL, "%s is no text: it has a NUL byte in it",
				path);
	return 0;
}

static int find_parts(const struct system_options *o, struct system *s, const char *dir,
		      struct err *e)
{
	char params[PATH_MAX] = "", init[PATH_MAX], missing[128] = "";
	const struct part parts[] = {
		{ "kernel", o->kernel, false, S_IFREG, s->kernel },
		{ "kernel-modules", o->modules, true, S_IFDIR, s->modules },
		{ "kernel-params", o->params, !dir[0] || o->kernel, S_IFREG, params },
		{ o->init ? "init" : init_name(s, dir), o->init, o->no_init, S_IFREG, init },
	};
	int r;

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		/* A stage 2 outside the store is on the guest's disk: stage 1 checks it. */
		if (parts[i].given == o->init && o->init && !str_after(o->init, GUEST_STORE "/"))
			continue;
		r = find_part(s, dir, &parts[i], e);
		if (r < 0)
			return r;
		if (r == 1)
			snprintf(missing + strlen(missing), sizeof(missing) - strlen(missing),
				 "%s%s", missing[0] ? ", " : "", parts[i].name);
	}
	if (missing[0] && !dir[0])
		return err_exit(e, EXIT_USAGE, EINVAL,
				"no SYSTEM is given, nor in its place: %s (--kernel, --init)",
				missing);
	if (missing[0])
		return err_exit(e, EXIT_BAD_INPUT, ENOENT, "%s is no system: it lacks %s",
				o->system, missing);
	r = params[0] ? read_params(params, &s->params, e) : 0;
	return r < 0 || o->init || o->no_init ? r : find_nixos(o, s, dir, init, e);
}

/* Finds stage 2's path in the guest. */
static int find_init(const struct system_options *o, struct system *s, const char *dir,
		     struct err *e)
{
	if (o->init) {
		if (o->init[0] != '/')
			return err_exit(e, EXIT_USAGE, EINVAL,
					"--init %s: want an absolute path, as the guest sees it",
					o->init);
		return str_format(s->init, sizeof(s->init), "%s", o->init) < 0 ?
			       err_sys(e, ENAMETOOLONG, "--init") :
			       0;
	}
	if (o->no_init)
		return 0;
	if (!s->config[0])
		return err_exit(
			e, EXIT_BAD_INPUT, EINVAL,
			"%s is not in %s, and the guest sees nothing else of this host; add it "
			"to the store, or name stage 2 with --init",
			dir, s->store);
	return str_format(s->init, sizeof(s->init), "%s/%s", s->config, init_name(s, dir)) < 0 ?
		       err_sys(e, ENAMETOOLONG, "%s: stage 2", s->config) :
		       0;
}

static int find_store(const struct system_options *o, struct system *s, struct err *e)
{
	const char *store = o->store ? o->store : GUEST_STORE;
	struct stat st;

	if (!realpath(store, s->store))
		return err_exit(e, EXIT_BAD_INPUT, errno, "%s: no such store: %s", store,
				strerror(errno));
	if (stat(s->store, &st) < 0 || !S_ISDIR(st.st_mode))
		return err_exit(e, EXIT_BAD_INPUT, ENOTDIR, "%s is no store: it is no folder",
				store);
	return 0;
}

int system_find(const struct system_options *o, struct system *ret, struct err *e)
{
	char dir[PATH_MAX];
	struct kernel kernel;
	int r = o->name ? check_name(o->name, e) : 0;

	r = r				       ?:
		    find_store(o, ret, e)      ?:
		    find_dir(o, ret, dir, e)   ?:
		    find_parts(o, ret, dir, e) ?:
		    find_init(o, ret, dir, e)  ?:
						 kernel_read(ret->kernel, &kernel, e);
	if (r < 0)
		return r;
	ret->machine = kernel.machine;
	ret->page_16k = kernel.page_16k;
	ret->kernel_needs = kernel.memory;
	ret->packed = kernel.packed;
	find_name(ret, dir, o->name);
	return 0;
}

void system_free(struct system *s)
{
	buf_free(&s->params);
}
