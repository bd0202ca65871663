/* SPDX-License-Identifier: MIT */
/*
 * credential.c - fuzz target: --load-credential; QEMU reads from its arguments exactly this name
 * and this file
 *
 * The input's first line is the option's value, up to the colon; the rest is the path.
 */
#include "host/qemu/credential.h"

#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool ok)
{
	if (!ok)
		abort();
}

/* Takes a value of QEMU's option syntax: a comma ends it, two are one comma. */
static const char *take(const char *text, const char *key, char *ret, size_t size)
{
	const char *p = str_after(text, key);
	size_t n = 0;

	require(p != NULL);
	for (; *p && (*p != ',' || p[1] == ','); p += 1 + (*p == ',')) {
		require(n + 1 < size);
		ret[n++] = *p;
	}
	ret[n] = '\0';
	return p;
}

static void check_arguments(const struct credentials *c)
{
	_cleanup_argv_ struct argv a = { 0 };
	static char value[PATH_MAX * 2];
	const char *rest;

	credentials_qemu(c, &a);
	require(a.error == 0 && a.words.n == 2 && str_eq(a.words.v[0], "-fw_cfg"));
	rest = take(a.words.v[1], "name=opt/io.systemd.credentials/", value, sizeof(value));
	require(str_eq(value, c->ids.v[0]) && strlen(value) < 56);
	rest = take(rest, ",file=", value, sizeof(value));
	require(str_eq(value, c->paths.v[0]) && *rest == '\0');
}

/* A regular file that every host has takes the place of the user's, and then its path. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(credentials_free) struct credentials c = { 0 };
	_cleanup_buf_ struct buf text = { 0 }, said = { 0 };
	struct err e = { 0 };
	size_t id;

	require(buf_add(&text, data, size) == 0);
	id = strcspn(text.data, ":\n");
	require(buf_addf(&said, "%.*s:/etc/passwd", (int)id, text.data) == 0);
	if (credential_add(&c, said.data, &e) < 0) {
		require(e.num != 0 && c.ids.n == 0);
		return 0;
	}
	free(c.paths.v[0]);
	c.paths.v[0] = strndup(text.data + id, PATH_MAX - 1);
	require(c.paths.v[0] != NULL);
	check_arguments(&c);
	return 0;
}
