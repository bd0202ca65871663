/* SPDX-License-Identifier: MIT */
/* initrd_view.c - `storeboot initrd ls|cat|verify|diff`: the contents of any initramfs */
#include "host/initrd/initrd_view.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

#include "host/lib/escapes.h"
#include "host/lib/exit.h"
#include "host/lib/harmless.h"
#include "host/initrd/initrd_read.h"
#include "host/lib/input.h"
#include "host/lib/opt.h"
#include "init/lib/file.h"
#include "init/lib/log.h"

#define INITRD_MAX ((size_t)1 << 30)
#define DIFFERENT 1 /* as in diff(1) and cmp(1) */

struct values {
	bool details;
};

struct initramfs {
	const char *path;
	struct buf bytes;
	struct initrd_content content;
};

static void initramfs_free(struct initramfs *i)
{
	initrd_content_free(&i->content);
	buf_free(&i->bytes);
}

static int load(const char *path, struct initramfs *ret, struct err *e)
{
	const struct initrd_content *c = &ret->content;
	const struct initrd_part *last;
	int r = input_read(path, INITRD_MAX, &ret->bytes);

	ret->path = path;
	if (r < 0)
		return err_exit(e, EXIT_BAD_INPUT, r, "%s: %s", path, input_why(path, -r));
	r = initrd_read(ret->bytes.data ? ret->bytes.data : "", ret->bytes.len, &ret->content);
	if (r == -ENOEXEC)
		return err_exit(e, EXIT_BAD_INPUT, -r, "%s is no initramfs", path);
	if (c->n_parts == 0)
		return err_exit(e, EXIT_BAD_INPUT, -r, "%s %s", path, initrd_why(r));
	last = &c->parts[c->n_parts - 1];
	if (r < 0)
		return err_exit(e, EXIT_BAD_INPUT, -r,
				"%s: the archive at byte %zu (%s) %s behind %zu entries", path,
				last->offset, last->format, initrd_why(r), last->entries);
	if (last->unread)
		return err_exit(
			e, EXIT_BAD_INPUT, EOPNOTSUPP,
			"%s: the archive at byte %zu is packed by %s, which is not unpacked here",
			path, last->offset, last->format);
	return 0;
}

static void print_name(const char *name, size_t len)
{
	_cleanup_buf_ struct buf text = { 0 };

	if (harmless_add(&text, name, len) == 0)
		fwrite(text.data, 1, text.len, stdout);
}

/* As in ls -l. */
static const char *mode_text(mode_t mode, char dst[11])
{
	static const char letters[] = "rwxrwxrwx";

	dst[0] = S_ISDIR(mode)	? 'd' :
		 S_ISLNK(mode)	? 'l' :
		 S_ISCHR(mode)	? 'c' :
		 S_ISBLK(mode)	? 'b' :
		 S_ISFIFO(mode) ? 'p' :
		 S_ISSOCK(mode) ? 's' :
				  '-';
	for (int i = 0; i < 9; i++)
		dst[1 + i] = mode & (0400u >> i) ? letters[i] : '-';
	if (mode & S_ISUID)
		dst[3] = mode & S_IXUSR ? 's' : 'S';
	if (mode & S_ISGID)
		dst[6] = mode & S_IXGRP ? 's' : 'S';
	if (mode & S_ISVTX)
		dst[9] = mode & S_IXOTH ? 't' : 'T';
	dst[10] = '\0';
	return dst;
}

static bool is_device(const struct initrd_entry *f)
{
	return S_ISCHR(f->mode) || S_ISBLK(f->mode);
}

static void print_details(const struct initrd_entry *f)
{
	const time_t mtime = f->mtime;
	struct tm tm;
	char mode[11], when[32] = "", size[32];

	if (gmtime_r(&mtime, &tm))
		strftime(when, sizeof(when), "%Y-%m-%d %H:%M:%S", &tm);
	if (is_device(f))
		snprintf(size, sizeof(size), "%u, %u", f->rdev_major, f->rdev_minor);
	else
		snprintf(size, sizeof(size), "%u", f->size);
	printf("%s %3u %5u %5u %10s %s ", mode_text(f->mode, mode), f->nlink, f->uid, f->gid, size,
	       when);
}

static int do_ls(const struct values *v, struct initramfs *in, _unused_ char *const *more,
		 _unused_ struct err *e)
{
	for (size_t i = 0; i < in->content.n; i++) {
		const struct initrd_entry *f = &in->content.v[i];

		if (v->details)
			print_details(f);
		print_name(f->name, strlen(f->name));
		if (v->details && S_ISLNK(f->mode)) {
			printf(" -> ");
			print_name(f->data, f->size);
		}
		putchar('\n');
	}
	return EXIT_OK;
}

static int do_cat(_unused_ const struct values *v, struct initramfs *in, char *const *names,
		  struct err *e)
{
	int r;

	for (; *names; names++) {
		const struct initrd_entry *f = initrd_find(&in->content, *names);

		if (!f)
			return err_exit(e, EXIT_BAD_INPUT, ENOENT, "%s: there is no %s in it",
					in->path, *names);
		if (S_ISLNK(f->mode))
			return err_exit(e, EXIT_BAD_INPUT, ELOOP, "%s: %s is a link to %.*s",
					in->path, *names, (int)f->size, f->data);
		if (!S_ISREG(f->mode))
			return err_exit(e, EXIT_BAD_INPUT, EINVAL, "%s: %s is no file", in->path,
					*names);
		r = escapes_write(STDOUT_FILENO, f->data, f->size);
		if (r < 0)
			return err_sys(e, r, "cannot write to stdout");
	}
	return EXIT_OK;
}

/* load has found all archives complete. /init is what the kernel starts, unless rdinit= names
 * another program. */
static int do_verify(_unused_ const struct values *v, struct initramfs *in,
		     _unused_ char *const *more, struct err *e)
{
	const struct initrd_content *c = &in->content;

	for (size_t i = 0; i < c->n_parts; i++)
		printf("byte %zu: %s, %zu bytes, %zu unpacked, %zu entries\n", c->parts[i].offset,
		       c->parts[i].format, c->parts[i].size, c->parts[i].plain_size,
		       c->parts[i].entries);
	if (!initrd_find(c, "init"))
		return err_exit(e, EXIT_BAD_INPUT, ENOENT,
				"%s is whole, but there is no /init in it", in->path);
	return EXIT_OK;
}

/* Appends the differences between a and b to what. Returns 0 or -ENOMEM. */
static int compare(const struct initrd_entry *a, const struct initrd_entry *b, struct buf *what)
{
	const struct {
		const char *name;
		uint32_t a, b;
	} rows[] = { { "mode", a->mode, b->mode },
		     { "uid", a->uid, b->uid },
		     { "gid", a->gid, b->gid },
		     { "size", a->size, b->size },
		     { "major", a->rdev_major, b->rdev_major },
		     { "minor", a->rdev_minor, b->rdev_minor } };
	int r = 0;

	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(rows); i++)
		if (rows[i].a != rows[i].b)
			r = buf_addf(what, i == 0 ? " %s %07o %07o" : " %s %u %u", rows[i].name,
				     rows[i].a, rows[i].b);
	if (r == 0 && a->size == b->size && memcmp(a->data, b->data, a->size) != 0)
		r = buf_addf(what, " content");
	return r;
}

/* By name; entries of the same name last to first, by their place in the array. */
static int by_name(const void *a, const void *b)
{
	const struct initrd_entry *x = *(const struct initrd_entry *const *)a;
	const struct initrd_entry *y = *(const struct initrd_entry *const *)b;
	int r = strcmp(initrd_name(x->name), initrd_name(y->name));

	return r ? r : x > y ? -1 : x < y;
}

/* The entries that remain after unpacking, sorted by name. ret is NULL-terminated. */
static int sorted(const struct initrd_content *c, const struct initrd_entry ***ret)
{
	const struct initrd_entry **v = calloc(c->n + 1, sizeof(const struct initrd_entry *));
	size_t n = 0;

	if (!v)
		return -ENOMEM;
	for (size_t i = 0; i < c->n; i++)
		v[i] = &c->v[i];
	qsort(v, c->n, sizeof(*v), by_name);
	for (size_t i = 0; i < c->n; i++)
		if (n == 0 || !str_eq(initrd_name(v[n - 1]->name), initrd_name(v[i]->name)))
			v[n++] = v[i];
	v[n] = NULL;
	*ret = v;
	return 0;
}

static void print_change(char sign, const struct initrd_entry *f, const char *what)
{
	printf("%c ", sign);
	print_name(initrd_name(f->name), strlen(initrd_name(f->name)));
	printf("%s%s\n", *what ? ":" : "", what);
}

/* Returns 1 if there is a difference, 0 if not, or -ENOMEM. */
static int print_changes(const struct initrd_entry **a, const struct initrd_entry **b)
{
	int r = 0, changed = 0;

	while (r == 0 && (*a || *b)) {
		_cleanup_buf_ struct buf what = { 0 };
		int order = !*a ? 1 :
			    !*b ? -1 :
				  strcmp(initrd_name((*a)->name), initrd_name((*b)->name));

		if (order < 0)
			print_change('-', *a, "");
		else if (order > 0)
			print_change('+', *b, "");
		else
			r = compare(*a, *b, &what);
		if (order == 0 && what.len > 0)
			print_change('!', *a, what.data);
		changed |= order != 0 || what.len > 0;
		a += order <= 0;
		b += order >= 0;
	}
	return r < 0 ? r : changed;
}

static int do_diff(_unused_ const struct values *v, struct initramfs *in, char *const *more,
		   struct err *e)
{
	_cleanup_(initramfs_free) struct initramfs other = { 0 };
	_cleanup_free_ const struct initrd_entry **a = NULL, **b = NULL;
	int r = load(more[0], &other, e);

	if (r < 0)
		return r;
	r = sorted(&in->content, &a);
	if (r == 0)
		r = sorted(&other.content, &b);
	if (r == 0)
		r = print_changes(a, b);
	return r < 0 ? err_sys(e, r, "diff") : r ? DIFFERENT : EXIT_OK;
}

static const struct opt ls_opts[] = { OPT(FLAG, struct values, details, "long", NULL,
					  "mode, links, owner, group, size and time, too",
					  .letter = 'l'),
				      { 0 } };

/* The first argument is the file; look gets the others as more. */
static int view(int (*look)(const struct values *v, struct initramfs *in, char *const *more,
			    struct err *e),
		const void *values, const struct opt_args *a, struct err *e)
{
	_cleanup_(initramfs_free) struct initramfs in = { 0 };
	int r = load(a->args.v[0], &in, e);

	return r < 0 ? r : look(values, &in, a->args.v + 1, e);
}

#define VIEW(name) \
	static int view_##name(void *values, const struct opt_args *a, struct err *e) \
	{ \
		return view(do_##name, values, a, e); \
	}
VIEW(ls)
VIEW(cat)
VIEW(verify)
VIEW(diff)

static const struct opt_command views[] = {
	{ .name = "initrd ls",
	  .synopsis = "FILE [-l]",
	  .min_args = 1,
	  .max_args = 1,
	  .opts = ls_opts,
	  .about =
		  "Lists the names in an initramfs in their order. Of equal names the last counts.",
	  .examples = "  storeboot initrd ls /boot/initrd.img\n"
		      "  storeboot initrd ls -l initrd",
	  .run = view_ls,
	  .failed = EXIT_BAD_INPUT },
	{ .name = "initrd cat",
	  .synopsis = "FILE NAME...",
	  .min_args = 2,
	  .max_args = 1024,
	  .about = "Prints files of an initramfs as the kernel would unpack them.",
	  .examples = "  storeboot initrd cat initrd etc/fstab\n"
		      "  storeboot initrd cat initrd init >init",
	  .run = view_cat,
	  .failed = EXIT_BAD_INPUT },
	{ .name = "initrd verify",
	  .synopsis = "FILE",
	  .min_args = 1,
	  .max_args = 1,
	  .about =
		  "Reads each archive of an initramfs to the end and looks for /init. Exits with 65\n"
		  "if an archive is damaged or there is no /init.",
	  .examples = "  storeboot initrd verify initrd\n"
		      "  storeboot initrd verify /boot/initrd.img",
	  .run = view_verify,
	  .failed = EXIT_BAD_INPUT },
	{ .name = "initrd diff",
	  .synopsis = "FILE FILE",
	  .min_args = 2,
	  .max_args = 2,
	  .about =
		  "Compares two initramfs as they are when unpacked: - only in the first, + only in\n"
		  "the second, ! in both but different. Exits with 1 if they differ.",
	  .examples = "  storeboot initrd diff old new\n"
		      "  storeboot initrd diff initrd /boot/initrd.img",
	  .run = view_diff,
	  .failed = EXIT_BAD_INPUT },
};

static const struct opt_command *view_of(const char *word)
{
	for (size_t i = 0; i < ARRAY_SIZE(views); i++)
		if (str_eq(views[i].name + strlen("initrd "), word))
			return &views[i];
	return NULL;
}

bool initrd_view_is(const char *word)
{
	return view_of(word) != NULL;
}

int initrd_view(int argc, char **argv)
{
	struct values v = { 0 };

	return opt_run(view_of(argv[0]), argc, argv, &v);
}
