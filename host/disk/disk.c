/* SPDX-License-Identifier: MIT */
/* disk.c - the disks of a run: the root disk, and those of --disk */
#include "host/disk/disk.h"

#include <errno.h>
#include <sys/stat.h>

#include "host/lib/exit.h"
#include "host/lib/opt.h"

/* QEMU's limits. qcow2: the entries of an L1 table (QCOW_MAX_L1_SIZE), each 512 MiB with clusters
 * of 64 KiB. raw: BDRV_MAX_LENGTH, though few file systems allow such a file. */
#define QCOW2_MAX ((uint64_t)2 << 50)
#define RAW_MAX ((uint64_t)INT64_MAX & ~(((uint64_t)1 << 30) - 1))

/* Takes a path, in which ",," is a comma. Returns the rest, which is "" or begins with a comma, or
 * NULL if the path is too long. */
static const char *take_path(const char *text, char *ret)
{
	size_t n = 0;

	for (; *text && (*text != ',' || text[1] == ','); text++) {
		if (n + 1 >= PATH_MAX)
			return NULL;
		ret[n++] = *text;
		text += *text == ',';
	}
	ret[n] = '\0';
	return text;
}

static int bad(const char *text, const char *why, struct err *e)
{
	return err_exit(e, EXIT_USAGE, EINVAL, "run: --disk %s: %s", text, why);
}

static int take_word(const char *word, struct disk *d)
{
	const char *value;

	if ((value = str_after(word, "size=")))
		return opt_size(value, &d->request.size);
	if ((value = str_after(word, "serial=")))
		return value[0] ? str_format(d->serial, sizeof(d->serial), "%s", value) : -EINVAL;
	if (str_eq(word, "ro"))
		d->request.read_only = true;
	else if (str_eq(word, "raw"))
		d->request.format = "raw";
	else
		return -EINVAL;
	return 0;
}

/* The file's name without its suffix, cut to BLOCKDEV_SERIAL_MAX bytes. */
static void default_serial(struct disk *d)
{
	const char *slash = strrchr(d->path, '/'), *base = slash ? slash + 1 : d->path;
	size_t n = strlen(base);
	const char *dot = strrchr(base, '.');

	if (dot && dot > base)
		n = (size_t)(dot - base);
	if (n > BLOCKDEV_SERIAL_MAX)
		n = BLOCKDEV_SERIAL_MAX;
	memcpy(d->serial, base, n);
	d->serial[n] = '\0';
}

/* A bare number used to mean bytes here, and MiB in all other options, so it is refused. */
static int no_unit(const char *text, const char *word, struct err *e)
{
	return err_exit(
		e, EXIT_USAGE, EINVAL,
		"run: --disk %s: %s has no unit; say %sM, or %sB for bytes (B, K, M, G or T)", text,
		word, word, word);
}

static bool lacks_unit(const char *word)
{
	const char *value = str_after(word, "size=");

	return value && value[0] && !value[strspn(value, "0123456789")];
}

int disk_parse(const char *text, struct disk *ret, struct err *e)
{
	const char *rest = take_path(text, ret->path);
	char word[64];

	if (!rest || !ret->path[0])
		return bad(text, "want PATH[,size=SIZE][,serial=TEXT][,ro][,raw]", e);
	ret->request.format = "qcow2";
	while (*rest == ',') {
		size_t n = strcspn(rest + 1, ",");

		if (str_format(word, sizeof(word), "%.*s", (int)n, rest + 1) < 0)
			word[0] = '\0'; /* too long for any option; take_word refuses it */
		if (lacks_unit(word))
			return no_unit(text, word, e);
		if (take_word(word, ret) < 0)
			return bad(
				text,
				"behind the path want size=SIZE, serial=TEXT (at most 20 bytes), ro "
				"or raw; a comma in the path is written twice",
				e);
		rest += n + 1;
	}
	if (ret->request.size > 0 && (ret->request.size % 512 || ret->request.read_only))
		return bad(text, "a size is of a disk that can be written, and a multiple of 512",
			   e);
	if (ret->request.size > (str_eq(ret->request.format, "raw") ? RAW_MAX : QCOW2_MAX))
		return bad(text, "QEMU has no such large disk; a qcow2 image ends at 2048T", e);
	ret->request.must_exist = ret->request.size == 0;
	if (!ret->serial[0])
		default_serial(ret);
	return 0;
}

/* The guest identifies disks by their serials, so they must differ. */
static int check_serial(const struct disks *d, struct err *e)
{
	const struct disk *new = &d->v[d->n - 1];

	for (size_t i = 0; i + 1 < d->n; i++)
		if (str_eq(d->v[i].serial, new->serial))
			return err_exit(
				e, EXIT_USAGE, EINVAL,
				"run: --disk %s: another disk has the serial %s; give it one "
				"of its own, serial=TEXT",
				new->path, new->serial);
	return 0;
}

/* Is path the disk's file? Also by another path, a symlink or a hard link. */
static bool is_file_of(const struct disk *d, const char *path)
{
	struct stat st, own;

	if (d->image.fd < 0)
		return str_eq(d->image.path, path);
	return fstat(d->image.fd, &own) == 0 && stat(path, &st) == 0 && st.st_dev == own.st_dev &&
	       st.st_ino == own.st_ino;
}

int disks_apart(const struct disks *d, const char *path, const char *what, struct err *e)
{
	for (size_t i = 0; i < d->n; i++)
		if (is_file_of(&d->v[i], path))
			return err_exit(
				e, EXIT_USAGE, EINVAL,
				"run: %s is to be %s and the disk %s: each needs a file of its own",
				path, what, d->v[i].path);
	return 0;
}

static bool shared(const struct disk *d)
{
	return d->request.read_only || d->request.ephemeral;
}

/* Two disks may share a file only if both only read it. path: the last disk's; as given before the
 * image is open, and resolved if the image does not exist yet. */
static int check_file(const struct disks *d, const char *path, struct err *e)
{
	const struct disk *new = &d->v[d->n - 1];

	for (size_t i = 0; i + 1 < d->n; i++)
		if (!(shared(&d->v[i]) && shared(new)) && is_file_of(&d->v[i], path))
			return err_exit(
				e, EXIT_USAGE, EINVAL,
				"run: --disk %s is the same file as the disk %s; two disks have one "
				"file only if both are ro",
				new->path, d->v[i].path);
	return 0;
}

static struct disk *add(struct disks *d)
{
	struct disk *new = &d->v[d->n++];

	*new = (struct disk){ .image = IMAGE_INIT };
	return new;
}

static int open_root(const struct disk_options *o, struct disks *d, struct err *e)
{
	struct disk *root = add(d);

	d->has_root = true;
	if (str_format(root->path, sizeof(root->path), "%s", o->root) < 0)
		return err_exit(e, EXIT_IMAGE, ENAMETOOLONG, "%.200s...: the name is too long",
				o->root);
	snprintf(root->serial, sizeof(root->serial), "%s", DISK_ROOT_SERIAL);
	root->request = (struct image_request){
		.qemu_img = o->qemu_img,
		.path = root->path,
		.format = "qcow2",
		.size = o->root_size,
		.new_size = o->root_size ? o->root_size : DISK_ROOT_SIZE,
		.ephemeral = o->ephemeral,
		.fresh = o->fresh,
		.ask_zero = true,
	};
	return image_open(&root->request, &root->image, e);
}

static int open_more(const struct disk_options *o, const char *text, struct disks *d, struct err *e)
{
	struct disk *new;
	int r;

	if (d->n == DISKS_MAX)
		return err_exit(e, EXIT_USAGE, EINVAL, "run: more than %d disks", DISKS_MAX);
	new = add(d);
	r = disk_parse(text, new, e);
	if (r == 0)
		r = check_serial(d, e);
	if (r < 0)
		return r;
	if (new->request.read_only && o->interface == DISK_BY_IDE)
		return err_exit(
			e, EXIT_USAGE, EROFS,
			"run: --disk %s: with --disk-interface ide a disk can always be written; "
			"leave out ro, or take virtio or scsi",
			new->path);
	new->request.qemu_img = o->qemu_img;
	new->request.path = new->path;
	new->request.new_size = new->request.size;
	new->request.ephemeral = o->ephemeral && !new->request.read_only;
	r = check_file(d, new->path, e);
	if (r == 0)
		r = image_open(&new->request, &new->image, e);
	return r == 0 && new->image.fd < 0 ? check_file(d, new->image.path, e) : r;
}

int disks_open(const struct disk_options *o, struct disks *ret, struct err *e)
{
	int r = o->root ? open_root(o, ret, e) : 0;

	ret->interface = o->interface;
	for (size_t i = 0; r == 0 && o->more && o->more[i]; i++)
		r = open_more(o, o->more[i], ret, e);
	return r;
}

int disks_ready(struct disks *d, struct err *e)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < d->n; i++)
		r = image_ready(&d->v[i].request, &d->v[i].image, e);
	return r;
}

void disks_undo(struct disks *d)
{
	for (size_t i = d->n; i-- > 0;)
		image_undo(&d->v[i].request, &d->v[i].image);
}

int disks_commit(struct disks *d, struct err *e)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < d->n; i++)
		r = image_commit(&d->v[i].image, e);
	for (size_t i = 0; r == 0 && i < d->n; i++)
		image_settle(&d->v[i].image);
	return r;
}

void disks_qemu(const struct disks *d, bool by_path, struct qemu_disk *ret)
{
	for (size_t i = 0; i < d->n; i++) {
		const struct disk *from = &d->v[i];
		/* A throw-away layer lies over an existing image, or over nothing. */
		const bool nothing = from->request.ephemeral && from->image.fd < 0;

		ret[i] = (struct qemu_disk){
			.file = nothing && !by_path ? NULL : from->image.path,
			.fd = by_path ? -1 : from->image.fd,
			.layer_fd = by_path ? -1 : from->image.layer_fd,
			.format = from->request.format,
			.serial = from->serial,
			.read_only = from->request.read_only,
			.interface = d->interface,
		};
	}
}

void disks_close(struct disks *d)
{
	for (size_t i = 0; i < d->n; i++)
		image_close(&d->v[i].image);
	d->n = 0;
	d->has_root = false;
}
