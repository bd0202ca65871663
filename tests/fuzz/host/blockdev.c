/* SPDX-License-Identifier: MIT */
/* blockdev.c - fuzz target: whatever --disk says, QEMU gets that file and that serial, and no
 * option besides ours; the arguments are parsed back */
#include "host/disk/blockdev.h"

#include <json-c/json.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "host/disk/disk.h"
#include "host/lib/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *member(json_object *o, const char *name)
{
	json_object *v;

	return json_object_object_get_ex(o, name, &v) ? json_object_get_string(v) : NULL;
}

/* Exactly one node opens a file, and it is this one. */
static bool opens(const char *json, const char *file)
{
	json_object *o = json_tokener_parse(json);
	const char *name = member(o, "filename");
	bool found = name && str_eq(name, file);

	if (!json_object_is_type(o, json_type_object) || (name && !found) ||
	    json_object_object_length(o) > 6)
		abort();
	json_object_put(o);
	return found;
}

/* QEMU's option syntax: a comma ends a value, two are one comma (util/keyval.c). */
static void check_device(const char *text, const char *serial)
{
	static const char end[] = ",serial=";
	const char *at = strstr(text, end);
	char got[4 * BLOCKDEV_SERIAL_MAX];
	size_t n = 0;

	if (!at)
		abort();
	for (at += strlen(end); *at && n + 1 < sizeof(got); at++) {
		if (*at == ',' && *++at != ',')
			abort();
		got[n++] = *at;
	}
	got[n] = '\0';
	if (!str_eq(got, serial))
		abort();
}

static void check(const struct disk *d, enum disk_interface interface)
{
	const struct qemu_disk q = { .file = d->path,
				     .fd = -1,
				     .layer_fd = -1,
				     .format = d->request.format,
				     .serial = d->serial,
				     .read_only = d->request.read_only,
				     .interface = interface };
	_cleanup_argv_ struct argv a = { 0 };
	size_t files = 0;

	blockdev_args(&q, 1, &a);
	if (a.error || a.words.n % 2)
		abort();
	for (size_t i = 0; i < a.words.n; i += 2) {
		if (str_eq(a.words.v[i], "-blockdev"))
			files += opens(a.words.v[i + 1], d->path);
		else if (!str_eq(a.words.v[i], "-device"))
			abort();
	}
	if (files != 1)
		abort();
	check_device(a.words.v[a.words.n - 1], d->serial);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct disk d;
	struct err e = { 0 };
	char *text = strndup((const char *)data, size);

	if (!text)
		abort();
	d = (struct disk){ 0 };
	if (disk_parse(text, &d, &e) == 0) {
		if (!d.path[0] || strlen(d.serial) > BLOCKDEV_SERIAL_MAX)
			abort();
		/* Another path goes to QEMU as a descriptor. */
		if (utf8_is(d.path))
			check(&d, size % DISK_INTERFACE_COUNT);
	} else if (e.num == 0) {
		abort();
	}
	free(text);
	return 0;
}
