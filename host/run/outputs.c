/* SPDX-License-Identifier: MIT */
/* outputs.c - the files that a run writes: no two options may name one */
#include "host/run/outputs.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "host/disk/disk.h"
#include "host/lib/exit.h"

#define OUTPUTS 3

struct written {
	const char *option, *path; /* path NULL: not given */
};

/* The name that a file would get which is not there yet, with its folder's links resolved. */
static int new_name(const char *path, char *ret)
{
	char folder[PATH_MAX], real[PATH_MAX];
	const char *slash = strrchr(path, '/');
	int n = slash ? (int)(slash - path) + 1 : 0;

	if (str_format(folder, sizeof(folder), "%.*s", n ? n : 1, n ? path : ".") < 0 ||
	    !realpath(folder, real))
		return -ENOENT;
	return str_format(ret, PATH_MAX, "%s/%s", real, path + n);
}

/* Two descriptors of a terminal or a pipe may well be one thing. */
static bool same_file(const char *a, const char *b)
{
	char name_a[PATH_MAX], name_b[PATH_MAX];
	struct stat x, y;
	const bool there_a = stat(a, &x) == 0, there_b = stat(b, &y) == 0;

	if (there_a && there_b)
		return S_ISREG(x.st_mode) && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
	return !there_a && !there_b && new_name(a, name_a) == 0 && new_name(b, name_b) == 0 &&
	       str_eq(name_a, name_b);
}

static int check_pair(const struct written *a, const struct written *b, struct err *e)
{
	if (!a->path || !b->path || !same_file(a->path, b->path))
		return 0;
	return err_exit(e, EXIT_USAGE, EINVAL,
			"run: %s and %s name the same file, %s; each needs one of its own", a->option,
			b->option, a->path);
}

/* d: PATH[,...]; an ill-formed one is refused later. */
static int check_disk(const struct written *outputs, const char *text, struct err *e)
{
	_cleanup_free_ struct disk *d = calloc(1, sizeof(*d));
	struct err none = { 0 };
	int r = 0;

	if (!d || disk_parse(text, d, &none) < 0)
		return 0;
	for (size_t i = 0; r == 0 && i < OUTPUTS; i++)
		r = check_pair(&outputs[i], &(struct written){ "--disk", d->path }, e);
	return r;
}

int outputs_check(const struct run_values *v, struct err *e)
{
	const char *said = v->image ? v->image : getenv("NIX_DISK_IMAGE");
	const char *image = v->root == ROOT_DISK && said && said[0] ? said : NULL;
	const struct written files[OUTPUTS + 1] = {
		{ "--json", v->json },
		{ "--console-log", v->console_log },
		{ "--plot", v->plot },
		{ v->image ? "--image" : "NIX_DISK_IMAGE", image },
	};
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		for (size_t j = i + 1; r == 0 && j < ARRAY_SIZE(files); j++)
			r = check_pair(&files[i], &files[j], e);
	for (size_t i = 0; r == 0 && i < v->disks.n; i++)
		r = check_disk(files, v->disks.v[i], e);
	return r;
}
