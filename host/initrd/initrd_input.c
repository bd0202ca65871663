/* SPDX-License-Identifier: MIT */
/* initrd_input.c - reading and checking what goes into an initramfs */
#include "host/initrd/initrd_input.h"

#include <errno.h>

#include "host/lib/arch.h"
#include "host/lib/exit.h"
#include "host/initrd/decompress.h"
#include "host/initrd/module_elf.h"
#include "host/lib/input.h"

#define INIT_MAX ((size_t)64 << 20)
#define MODULE_MAX ((size_t)256 << 20)

void initrd_input_free(struct initrd_input *in)
{
	for (size_t i = 0; in->raw && i < in->needs.n; i++)
		buf_free(&in->raw[i]);
	free(in->raw);
	need_list_free(&in->needs);
	modtree_close(&in->tree);
	buf_free(&in->init);
	*in = (struct initrd_input)INITRD_INPUT_INIT;
}

/*
 * Finds storeboot-init beside this program (the build folder), in ../lib/storeboot from there
 * (`make install`), or in STOREBOOT_LIBDIR. For another architecture it lies in a subfolder named
 * after the machine.
 */
static int find_init(uint16_t machine, char *dst, size_t size, struct err *e)
{
	const char *name = machine ? arch_name(machine) : arch_host();
	char self[PATH_MAX], installed[PATH_MAX];
	const char *const folders[] = { self, installed, STOREBOOT_LIBDIR };
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	self[n > 0 ? n : 0] = '\0';
	if (strrchr(self, '/'))
		*strrchr(self, '/') = '\0';
	if (str_format(installed, sizeof(installed), "%s/../lib/storeboot", self) < 0)
		installed[0] = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(folders); i++) {
		if (str_eq(name, arch_host()) &&
		    str_format(dst, size, "%s/storeboot-init", folders[i]) == 0 &&
		    access(dst, F_OK) == 0)
			return 0;
		if (str_format(dst, size, "%s/%s/storeboot-init", folders[i], name) == 0 &&
		    access(dst, F_OK) == 0)
			return 0;
	}
	if (str_eq(name, arch_host()))
		return err_exit(
			e, EXIT_MISSING, ENOENT,
			"storeboot-init is missing: neither in %s nor %s; run make (and make "
			"install), or name it with --init",
			self, STOREBOOT_LIBDIR);
	return err_exit(e, EXIT_MISSING, ENOENT,
			"storeboot-init for %s is missing: neither in %s/%s nor %s/%s; run make "
			"ARCH=%s (and make install ARCH=%s), or name it with --init",
			name, self, name, STOREBOOT_LIBDIR, name, name, name);
}

static int read_init(const struct initrd_options *o, struct initrd_input *in, struct err *e)
{
	bool is_static = true;
	enum elf_fault f;
	int r = 0;

	if (!o->init_program)
		r = find_init(in->kernel.machine, in->init_path, sizeof(in->init_path), e);
	else if (str_format(in->init_path, sizeof(in->init_path), "%s", o->init_program) < 0)
		r = err_exit(e, EXIT_BAD_INPUT, ENAMETOOLONG,
			     "the init program's path is too long");
	if (r < 0)
		return r;
	r = input_read(in->init_path, INIT_MAX, &in->init);
	if (r < 0)
		return err_exit(e, r == -ENOENT ? EXIT_MISSING : EXIT_BAD_INPUT, r,
				"cannot read the init program %s: %s", in->init_path,
				input_why(in->init_path, -r));
	f = elf_program(in->init.data, in->init.len, &in->machine, &is_static);
	if (f != ELF_OK)
		return err_exit(e, EXIT_BAD_INPUT, ENOEXEC, "init program %s %s", in->init_path,
				elf_fault_text(f));
	if (!is_static)
		return err_exit(
			e, EXIT_BAD_INPUT, ENOEXEC,
			"init program %s is linked dynamically; the initramfs has no libraries",
			in->init_path);
	if (in->kernel.machine && in->kernel.machine != in->machine)
		return err_exit(e, EXIT_BAD_INPUT, ENOEXEC,
				"init program %s is for %s, but the kernel %s is for %s",
				in->init_path, arch_name(in->machine), o->kernel,
				arch_name(in->kernel.machine));
	return 0;
}

/* Sets ret to the release of the modules, or to NULL for the only one in the tree. */
static int wanted_release(const struct initrd_options *o, const struct initrd_input *in,
			  const char **ret, struct err *e)
{
	const char *own = in->kernel.release[0] ? in->kernel.release : NULL;

	if (o->version && own && !str_eq(o->version, own))
		return err_exit(e, EXIT_BAD_INPUT, EINVAL, "kernel %s is %s, not %s", o->kernel,
				own, o->version);
	*ret = o->version ? o->version : own;
	return 0;
}

static int read_modules(const struct initrd_options *o, struct initrd_input *in, struct err *e)
{
	const struct arch *a = arch_find(in->machine);
	const char *release = NULL;
	int r = wanted_release(o, in, &release, e);

	if (r == 0)
		r = modtree_open(o->modules, release, &in->tree, e);
	if (r == 0)
		r = need_resolve(&in->tree, a && a->pci_only, o->needs, o->more_needs,
				 o->extra_modules, &in->needs, e);
	if (r < 0)
		return r;
	in->raw = calloc(in->needs.n + 1, sizeof(*in->raw));
	if (!in->raw)
		return err_sys(e, ENOMEM, "cannot read the modules");
	for (size_t i = 0; i < in->needs.n && r == 0; i++)
		r = modtree_read(&in->tree, in->needs.v[i].module, &in->raw[i], e);
	return r;
}

/* The CONFIG_ names of the kernel's decompressors, best first: zstd is about a seventh smaller than
 * gzip at the same cost in the guest; xz costs four times as much (tests/bench/initrd.sh). */
static const struct {
	enum compression how;
	const char *config;
} readers[] = {
	{ COMPRESS_ZSTD, "RD_ZSTD" },
	{ COMPRESS_GZIP, "RD_GZIP" },
	{ COMPRESS_XZ, "RD_XZ" },
};

/* A kernel may lack any of the decompressors, even gzip. Every kernel reads an uncompressed
 * archive; use that if the kernel has none of them or its configuration is not known. */
static enum compression choose(const struct initrd_options *o, const struct initrd_input *in,
			       const char *release)
{
	for (size_t i = 0; i < ARRAY_SIZE(readers); i++)
		if (kernel_config(o->kernel, release, in->tree.fd, readers[i].config) > 0)
			return readers[i].how;
	return COMPRESS_NONE;
}

/* Keep the user's choice, unless the kernel is known to lack the decompressor. */
static int set_compression(const struct initrd_options *o, struct initrd_input *in, struct err *e)
{
	const char *release = in->kernel.release[0] ? in->kernel.release : in->tree.release;

	in->compression = o->compression == COMPRESS_AUTO ? choose(o, in, release) : o->compression;
	for (size_t i = 0; i < ARRAY_SIZE(readers); i++)
		if (readers[i].how == in->compression &&
		    kernel_config(o->kernel, release, in->tree.fd, readers[i].config) == 0)
			return err_exit(
				e, EXIT_BAD_INPUT, ENOTSUP,
				"kernel %s cannot read an initramfs packed by %s: it lacks CONFIG_%s; "
				"leave out --compress",
				release, compress_names[in->compression], readers[i].config);
	return 0;
}

/* Refuses options that select modules if there is no folder of modules. */
static int check_no_modules(const struct initrd_options *o, struct err *e)
{
	const struct {
		const char *what, *value;
	} rows[] = {
		{ "module", o->extra_modules ? o->extra_modules[0] : NULL },
		{ "need", o->needs ? o->needs[0] : NULL },
		{ "kernel version", o->version },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (rows[i].value)
			return err_exit(e, EXIT_USAGE, EINVAL,
					"%s %s: no folder of modules was given", rows[i].what,
					rows[i].value);
	return 0;
}

int initrd_input_read(const struct initrd_options *o, struct initrd_input *ret, struct err *e)
{
	int r = o->kernel ? kernel_read(o->kernel, &ret->kernel, e) : 0;

	if (r == 0)
		r = read_init(o, ret, e);
	if (r == 0 && o->modules)
		r = read_modules(o, ret, e);
	if (r == 0 && !o->modules)
		r = check_no_modules(o, e);
	return r < 0 ? r : set_compression(o, ret, e);
}

static int check_configs(const struct initrd_options *o, const struct kernel *k, struct err *e)
{
	for (size_t i = 0; o->needs[i]; i++) {
		const char *const *config = need_configs(o->needs[i]);

		for (; config && *config; config++) {
			int r = kernel_config(o->kernel, k->release, -1, *config);

			if (r < 0)
				return err_exit(
					e, EXIT_BAD_INPUT, ENODATA,
					"nothing says whether kernel %s has CONFIG_%s: no folder of "
					"modules, no config-%s beside %s",
					k->release, *config, k->release, o->kernel);
			if (r == 0)
				return err_exit(e, EXIT_BAD_INPUT, ENOENT,
						"kernel %s lacks CONFIG_%s=y (needed for %s)",
						k->release, *config, o->needs[i]);
		}
	}
	return 0;
}

int initrd_check_needs(const struct initrd_options *o, struct err *e)
{
	_cleanup_initrd_input_ struct initrd_input in = INITRD_INPUT_INIT;
	const char *release = NULL;
	int r = o->kernel ? kernel_read(o->kernel, &in.kernel, e) : 0;

	if (r < 0)
		return r;
	if (!o->modules)
		return check_configs(o, &in.kernel, e);
	r = wanted_release(o, &in, &release, e);
	if (r == 0)
		r = modtree_open(o->modules, release, &in.tree, e);
	return r < 0 ? r :
		       need_resolve(&in.tree, false, o->needs, NULL, o->extra_modules, &in.needs,
				    e);
}

int initrd_input_module(const struct initrd_input *in, size_t i, struct buf *ret, struct err *e)
{
	const char *path = in->needs.v[i].module->path;
	const struct modtree *t = &in->tree;
	struct elf_module m = { 0 };
	size_t start = ret->len;
	enum elf_fault f;
	int r = decompress_buf(in->raw[i].data, in->raw[i].len, MODULE_MAX, ret);

	if (r < 0)
		return err_exit(e, EXIT_BAD_INPUT, r, "module %s/%s %s", t->path, path,
				decompress_why(r));
	if (ret->len == start)
		return err_exit(e, EXIT_BAD_INPUT, ENODATA, "module %s/%s is empty", t->path, path);
	f = elf_module(ret->data + start, ret->len - start, &m);
	if (f != ELF_OK)
		return err_exit(e, EXIT_BAD_INPUT, EBADMSG, "module %s/%s %s", t->path, path,
				elf_fault_text(f));
	if (m.machine != in->machine)
		return err_exit(e, EXIT_BAD_INPUT, ENOEXEC, "module %s/%s is for %s, not %s",
				t->path, path, arch_name(m.machine), arch_name(in->machine));
	if (m.release_len != strlen(t->release) ||
	    memcmp(m.release, t->release, m.release_len) != 0)
		return err_exit(e, EXIT_BAD_INPUT, EINVAL,
				"module %s/%s is for kernel %.*s, not %s", t->path, path,
				(int)(m.release_len > 64 ? 64 : m.release_len), m.release,
				t->release);
	return 0;
}
