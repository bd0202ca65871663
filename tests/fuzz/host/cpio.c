/* SPDX-License-Identifier: MIT */
/*
 * cpio.c - fuzz target: an archive that is written is read back the same
 *
 * The input is a list of entries: a byte for the kind, one for the name's length, the name, one for
 * the content's length, the content.
 */
#include "host/initrd/cpio.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "host/initrd/initrd_read.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ENTRIES_MAX 64

struct input {
	const uint8_t *data;
	size_t size;
};

struct entry {
	char name[256];
	const uint8_t *data;
	size_t len;
	mode_t mode;
};

static void require(bool ok)
{
	if (!ok)
		abort();
}

static size_t take(struct input *in, const uint8_t **ret)
{
	size_t n = in->size ? in->data[0] : 0;

	in->data += in->size > 0;
	in->size -= in->size > 0;
	n = n < in->size ? n : in->size;
	*ret = in->data;
	in->data += n;
	in->size -= n;
	return n;
}

static int put(struct cpio *c, const struct entry *e)
{
	const mode_t mode = e->mode & 07777;

	if (S_ISDIR(e->mode))
		return cpio_folder(c, e->name, mode);
	if (S_ISCHR(e->mode))
		return cpio_char_device(c, e->name, mode, (unsigned int)e->len, 7);
	return cpio_file(c, e->name, mode, e->data, e->len);
}

static size_t write_all(struct input *in, struct cpio *c, struct entry *v)
{
	static const mode_t kinds[] = { S_IFREG, S_IFDIR, S_IFCHR };
	size_t n = 0;

	for (; in->size > 0 && n < ENTRIES_MAX; n++) {
		const uint8_t kind = in->data[0], *name;
		size_t len;

		in->data++;
		in->size--;
		v[n].mode = kinds[kind % 3] | kind;
		len = take(in, &name);
		memcpy(v[n].name, name, len);
		v[n].name[len] = '\0';
		v[n].len = take(in, &v[n].data);
		/* The end of an archive has that name. */
		if (!v[n].name[0] || str_eq(v[n].name, "TRAILER!!!"))
			memcpy(v[n].name, "x", 2);
		require(put(c, &v[n]) == 0);
	}
	require(cpio_end(c) == 0);
	return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct entry v[ENTRIES_MAX];
	_cleanup_(initrd_content_free) struct initrd_content c = { 0 };
	_cleanup_buf_ struct buf out = { 0 };
	struct input in = { data, size };
	struct cpio archive;
	size_t n;

	cpio_begin(&archive, &out);
	n = write_all(&in, &archive, v);
	require(out.len % 4 == 0 && initrd_read((const uint8_t *)out.data, out.len, &c) == 0);
	require(c.n_parts == 1 && c.n == n);
	for (size_t i = 0; i < n; i++) {
		const struct initrd_entry *e = &c.v[i];

		require(str_eq(e->name, v[i].name) && e->mode == v[i].mode);
		if (S_ISREG(e->mode))
			require(e->size == v[i].len && memcmp(e->data, v[i].data, e->size) == 0);
	}
	return 0;
}
