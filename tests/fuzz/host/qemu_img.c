/* SPDX-License-Identifier: MIT */
/* qemu_img.c - fuzz target: what qemu-img says of an image (info, map), before QEMU opens it */
#include "host/disk/qemu_img.h"

#include <errno.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Accepted: an image of that format, with a size, over no other file. */
static void check_accepted(const char *format, const char *json, uint64_t size)
{
	json_object *o = json_tokener_parse(json), *v;

	if (size == 0 || size > INT64_MAX || !json_object_object_get_ex(o, "format", &v) ||
	    strcmp(json_object_get_string(v), format) != 0 ||
	    (json_object_object_get_ex(o, "backing-filename", &v) && json_object_get_string(v)))
		abort();
	json_object_put(o);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const formats[] = { "qcow2", "raw" };
	char *json = malloc(size + 1);
	bool zero;

	if (!json)
		abort();
	memcpy(json, data, size);
	json[size] = '\0';
	for (size_t i = 0; i < 2; i++) {
		struct err e = { 0 };
		uint64_t bytes = 0;
		bool dirty;
		int r = qemu_img_read_info(formats[i], "disk", json, size, &bytes, &dirty, &e);

		if ((r == 0) != (e.num == 0))
			abort();
		if (r == 0)
			check_accepted(formats[i], json, bytes);
	}
	/* A disk is believed to be zero only where the answer says so. */
	if (qemu_img_read_map(json, size, &zero) == 0 && zero && !strstr(json, "zero"))
		abort();
	free(json);
	return 0;
}
