/* SPDX-License-Identifier: MIT */
/* modtree.c - finding and reading a kernel's folder of modules */
#include "host/initrd/modtree.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "host/lib/exit.h"
#include "host/lib/input.h"
#include "init/lib/file.h"

#define TEXT_MAX ((size_t)64 << 20)
#define MODULE_FILE_MAX ((size_t)256 << 20)

/* Folders, below the user's, that hold one folder per release. */
static const char *const places[] = { "lib/modules", "usr/lib/modules" };

void modtree_close(struct modtree *t)
{
	cleanup_close(&t->fd);
	modules_free(&t->dep);
	modules_free(&t->builtin);
	buf_free(&t->softdep);
	*t = (struct modtree)MODTREE_INIT;
}

static int bad(struct err *e, int r, const char *what, const char *path)
{
	return err_exit(e, EXIT_BAD_INPUT, r, "%s %s: %s", what, path, strerror(-r));
}

static bool is_folder(int dir, const char *name)
{
	struct stat st;

	return fstatat(dir, name, &st, 0) == 0 && S_ISDIR(st.st_mode);
}

/* Is it the folder of one release, whatever its name? */
static bool is_release_folder(int dir)
{
	return faccessat(dir, "modules.dep", F_OK, 0) == 0 ||
	       faccessat(dir, "modules.builtin", F_OK, 0) == 0 || is_folder(dir, "kernel");
}

static bool listed(const struct strv *names, const char *name)
{
	for (size_t i = 0; i < names->n; i++)
		if (str_eq(names->v[i], name))
			return true;
	return false;
}

/* Adds the folders in place, each name once: /lib may be a link to /usr/lib. */
static int list_place(int dir, const char *place, struct strv *names)
{
	_cleanup_closedir_ DIR *d = NULL;
	int fd = openat(dir, place, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	const struct dirent *n;

	if (fd < 0)
		return errno == ENOENT || errno == ENOTDIR ? 0 : -errno;
	d = fdopendir(fd);
	if (!d) {
		int r = -errno;

		close(fd);
		return r;
	}
	while ((n = readdir(d))) {
		if (n->d_name[0] == '.' || listed(names, n->d_name) ||
		    !is_folder(dirfd(d), n->d_name))
			continue;
		if (strv_add(names, n->d_name) < 0)
			return -ENOMEM;
	}
	return 0;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int list_releases(int dir, const char *path, struct strv *names, struct err *e)
{
	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		int r = list_place(dir, places[i], names);

		if (r < 0)
			return err_exit(e, EXIT_BAD_INPUT, r, "cannot list %s/%s: %s", path,
					places[i], strerror(-r));
	}
	if (names->n > 0)
		qsort(names->v, names->n, sizeof(*names->v), by_text);
	return 0;
}

static void join(const struct strv *names, char *dst, size_t size)
{
	size_t n = 0;

	dst[0] = '\0';
	for (size_t i = 0; i < names->n && n < size; i++)
		n += (size_t)snprintf(dst + n, size - n, "%s%s", i ? ", " : "", names->v[i]);
}

/* Chooses the requested release, or the only one. */
static int choose(int dir, const char *path, const char *release, struct modtree *t, struct err *e)
{
	_cleanup_strv_ struct strv names = { 0 };
	char all[512];
	int r = list_releases(dir, path, &names, e);

	if (r < 0)
		return r;
	if (names.n == 0)
		return err_exit(e, EXIT_BAD_INPUT, ENOENT,
				"no kernel modules in %s: want a folder with lib/modules/RELEASE, "
				"or RELEASE's folder itself",
				path);
	join(&names, all, sizeof(all));
	if (release && !listed(&names, release))
		return err_exit(e, EXIT_BAD_INPUT, ENOENT,
				"no modules for kernel %s in %s, only for %s", release, path, all);
	if (!release && names.n > 1)
		return err_exit(e, EXIT_BAD_INPUT, EINVAL,
				"modules of several kernels in %s (%s); choose one with "
				"--kernel-version, or give the kernel with --kernel",
				path, all);
	if (str_format(t->release, sizeof(t->release), "%s", release ? release : names.v[0]) < 0)
		return err_exit(e, EXIT_BAD_INPUT, ENAMETOOLONG, "kernel release too long in %s",
				path);
	return 0;
}

static int open_release(int dir, const char *path, struct modtree *t, struct err *e)
{
	int r = -ENOENT;

	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		char name[PATH_MAX];

		if (str_format(name, sizeof(name), "%s/%s", places[i], t->release) < 0 ||
		    str_format(t->path, sizeof(t->path), "%s%s%s", path,
			       str_ends(path, "/") ? "" : "/", name) < 0)
			return bad(e, -ENAMETOOLONG, "cannot open the modules in", path);
		t->fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		if (t->fd >= 0)
			return 0;
		r = -errno;
		if (r != -ENOENT)
			break;
	}
	return bad(e, r, "cannot open", t->path);
}

/* path is the folder of a release. Its name is the release unless the caller gives one; each
 * module's vermagic is checked later. */
static int take_release_folder(int *dir, const char *path, const char *release, struct modtree *t,
			       struct err *e)
{
	char real[PATH_MAX];

	if (!realpath(path, real))
		return bad(e, -errno, "cannot resolve", path);
	if (str_format(t->release, sizeof(t->release), "%s",
		       release ? release : strrchr(real, '/') + 1) < 0 ||
	    str_format(t->path, sizeof(t->path), "%s", path) < 0)
		return bad(e, -ENAMETOOLONG, "cannot open the modules in", path);
	t->fd = take_fd(dir);
	return 0;
}

static int read_index(const struct modtree *t, const char *name, struct buf *ret, struct err *e)
{
	int r = file_read(t->fd, name, TEXT_MAX, ret);

	if (r < 0 && r != -ENOENT)
		return err_exit(e, EXIT_BAD_INPUT, r, "cannot read %s/%s: %s", t->path, name,
				input_why(name, -r));
	return r;
}

static int bad_index(const struct modtree *t, const char *name, int r, size_t line, struct err *e)
{
	if (r == -ENODATA)
		return err_exit(e, EXIT_BAD_INPUT, r, "%s/%s is cut short; run: depmod %s", t->path,
				name, t->release);
	return err_exit(e, EXIT_BAD_INPUT, r, "%s/%s, line %zu: %s; run: depmod %s", t->path, name,
			line, r == -EBADMSG ? "not what depmod writes" : strerror(-r), t->release);
}

static int read_dep(struct modtree *t, struct err *e)
{
	_cleanup_buf_ struct buf text = { 0 };
	size_t line = 0;
	int r = read_index(t, "modules.dep", &text, e);

	if (r == -ENOENT)
		return err_exit(e, EXIT_BAD_INPUT, r,
				"no modules.dep in %s; run: depmod -b ROOT %s (ROOT: the folder "
				"that holds lib/modules)",
				t->path, t->release);
	if (r < 0)
		return r;
	r = modules_parse_dep(&text, &t->dep, &line);
	return r < 0 ? bad_index(t, "modules.dep", r, line, e) : 0;
}

static int read_builtin(struct modtree *t, struct err *e)
{
	static const struct {
		const char *name;
		int (*parse)(struct buf *text, struct modules *ret, size_t *ret_line);
	} files[] = {
		{ "modules.builtin", modules_parse_builtin },
		{ "modules.builtin.modinfo", modules_parse_modinfo },
	};

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		_cleanup_buf_ struct buf text = { 0 };
		size_t line = 0;
		int r = read_index(t, files[i].name, &text, e);

		if (r == -ENOENT)
			continue;
		if (r < 0)
			return r;
		r = files[i].parse(&text, &t->builtin, &line);
		return r < 0 ? bad_index(t, files[i].name, r, line, e) : 0;
	}
	return 0; /* a kernel may have none; a needed module that is missing is an error later */
}

/* Is it a kernel's source tree or its build folder (O=)? Either has a folder kernel, like that of a
 * release. */
static bool is_build_tree(int dir)
{
	static const char *const marks[] = { "Kconfig", "include/config/auto.conf",
					     "include/config/kernel.release" };

	if (faccessat(dir, "modules.dep", F_OK, 0) == 0)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(marks); i++)
		if (faccessat(dir, marks[i], F_OK, 0) == 0)
			return true;
	return false;
}

static int refuse_build_tree(const char *path, struct err *e)
{
	return err_exit(
		e, EXIT_BAD_INPUT, ENOENT,
		"%s is a tree in which a kernel is built, and its modules are not installed; run: "
		"make -C %s modules_install INSTALL_MOD_PATH=DIR, and name that DIR with --modules",
		path, path);
}

int modtree_open(const char *path, const char *release, struct modtree *ret, struct err *e)
{
	_cleanup_modtree_ struct modtree t = MODTREE_INIT;
	_cleanup_close_ int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int r;

	if (dir < 0)
		return bad(e, -errno, "cannot open the folder of modules", path);
	if (is_build_tree(dir))
		return refuse_build_tree(path, e);
	if (is_release_folder(dir)) {
		r = take_release_folder(&dir, path, release, &t, e);
	} else {
		r = choose(dir, path, release, &t, e);
		if (r == 0)
			r = open_release(dir, path, &t, e);
	}
	if (r == 0)
		r = read_dep(&t, e);
	if (r == 0)
		r = read_builtin(&t, e);
	if (r < 0)
		return r;
	r = read_index(&t, "modules.softdep", &t.softdep, e);
	if (r < 0 && r != -ENOENT)
		return r;
	*ret = t;
	t = (struct modtree)MODTREE_INIT;
	return 0;
}

int modtree_read(const struct modtree *t, const struct module *m, struct buf *ret, struct err *e)
{
	int r = file_read(t->fd, m->path, MODULE_FILE_MAX, ret);

	if (r < 0)
		return err_exit(e, EXIT_BAD_INPUT, r, "cannot read the module %s/%s: %s%s", t->path,
				m->path, input_why(m->path, -r),
				r == -ENOENT ? "; modules.dep names it: run depmod" : "");
	return 0;
}
