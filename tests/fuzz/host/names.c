/* SPDX-License-Identifier: MIT */
/* names.c - fuzz target: the names of a closure's paths are names, and a machine's name is safe as
 * a file's, a folder's and a part of an option */
#include "host/closure/names.h"

#include <stdint.h>
#include <stdlib.h>

#include "host/run/system.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_closure(const struct buf *registration)
{
	_cleanup_strv_ struct strv names = { 0 };
	struct err e = { 0 };

	if (closure_names(registration, &names, &e) < 0) {
		if (e.num == 0)
			abort();
		return;
	}
	/* They are joined to the store's path, on the host (host/share/stage.c). */
	for (size_t i = 0; i < names.n; i++)
		if (names.v[i][0] == '\0' || names.v[i][0] == '.' || strpbrk(names.v[i], "/\n"))
			abort();
}

static void check_machine(const char *path)
{
	char name[128];

	memset(name, 'x', sizeof(name));
	system_name(path, name, sizeof(name));
	if (!memchr(name, '\0', sizeof(name)) || name[0] == '.' || !name[0])
		abort();
	for (const char *p = name; *p; p++)
		if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-",
			    *p))
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_buf_ struct buf b = { 0 };

	if (buf_add(&b, data, size) < 0)
		abort();
	check_closure(&b);
	check_machine(b.data);
	return 0;
}
