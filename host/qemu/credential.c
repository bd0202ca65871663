/* SPDX-License-Identifier: MIT */
/*
 * credential.c - secrets for the guest, from files: never in an argument
 *
 * By fw_cfg, where systemd looks for them (systemd.system-credentials(7)): every board of ours has it, and any
 * other init can read them as files.
 */
#include "host/qemu/credential.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "host/exit.h"
#include "host/qemu/qemu.h"

#define PREFIX "opt/io.systemd.credentials/"
/* QEMU's FW_CFG_MAX_FILE_PATH, with its NUL. */
#define NAME_MAX_FW_CFG 56

void credentials_free(struct credentials *c)
{
	strv_free(&c->ids);
	strv_free(&c->paths);
}

/* What systemd takes for one is the name of a file. A comma would be QEMU's syntax. */
static bool valid_id(const char *id, size_t n)
{
	if (n == 0 || n >= NAME_MAX_FW_CFG - strlen(PREFIX) || id[0] == '.')
		return false;
	for (size_t i = 0; i < n; i++)
		if (id[i] <= ' ' || id[i] > '~' || strchr("/,", id[i]))
			return false;
	return true;
}

int credential_add(struct credentials *c, const char *said, struct err *e)
{
	const size_t n = strcspn(said, ":");
	char path[PATH_MAX];
	int r;

	if (!said[n] || !valid_id(said, n))
		return err_exit(e, EXIT_USAGE, EINVAL,
				"run: --load-credential %s: want ID:PATH, the ID a file's name of at most %zu "
				"letters without a comma",
				said, NAME_MAX_FW_CFG - 1 - strlen(PREFIX));
	if (c->ids.n == CREDENTIALS_MAX)
		return err_exit(e, EXIT_USAGE, E2BIG, "run: there are more than %d --load-credential",
				CREDENTIALS_MAX);
	for (size_t i = 0; i < c->ids.n; i++)
		if (strlen(c->ids.v[i]) == n && strncmp(c->ids.v[i], said, n) == 0)
			return err_exit(e, EXIT_USAGE, EEXIST,
					"run: --load-credential %s: there is one of that ID already", said);
	if (!realpath(said + n + 1, path) || access(path, R_OK) < 0)
		return err_exit(e, EXIT_BAD_INPUT, errno, "--load-credential %s: %s", said, strerror(errno));
	r = strv_addf(&c->ids, "%.*s", (int)n, said);
	if (r == 0)
		r = strv_add(&c->paths, path);
	return r < 0 ? err_sys(e, r, "--load-credential") : 0;
}

int credentials_qemu(const struct credentials *c, struct strv *ret)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < c->ids.n; i++) {
		char prefix[NAME_MAX_FW_CFG + 16];

		r = str_format(prefix, sizeof(prefix), "name=" PREFIX "%s,file=", c->ids.v[i]);
		if (r == 0)
			r = qemu_add_valued(ret, "-fw_cfg", prefix, c->paths.v[i]);
	}
	return r;
}
