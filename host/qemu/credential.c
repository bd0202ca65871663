/* SPDX-License-Identifier: MIT */
/*
 * credential.c - secrets for the guest, from files, never in an argument
 *
 * They are passed by fw_cfg, which every board of ours has. systemd looks for them there
 * (systemd.system-credentials(7)), and any other init can read them as files.
 */
#include "host/qemu/credential.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/lib/exit.h"
#include "host/lib/folder.h"
#include "host/lib/input.h"

#define PREFIX "opt/io.systemd.credentials/"
/* QEMU's FW_CFG_MAX_FILE_PATH, including the NUL. */
#define NAME_MAX_FW_CFG 56

void credentials_free(struct credentials *c)
{
	strv_free(&c->ids);
	strv_free(&c->paths);
	for (size_t i = 0; i < CREDENTIALS_MAX; i++) {
		if (c->said[i].data)
			explicit_bzero(c->said[i].data, c->said[i].len);
		buf_free(&c->said[i]);
	}
}

/* systemd uses the ID as a file name. A comma is QEMU's syntax. */
static bool valid_id(const char *id, size_t n)
{
	if (n == 0 || n >= NAME_MAX_FW_CFG - strlen(PREFIX) || id[0] == '.')
		return false;
	for (size_t i = 0; i < n; i++)
		if (id[i] <= ' ' || id[i] > '~' || strchr("/,", id[i]))
			return false;
	return true;
}

static int refuse(const char *said, int err, const char *why, struct err *e)
{
	return err_exit(e, EXIT_BAD_INPUT, err, "--load-credential %s: %s", said, why);
}

/* Checks the file of the next credential, or reads its pipe. path: PATH_MAX bytes. */
static int look(struct credentials *c, const char *said, const char *file, char *path,
		struct err *e)
{
	_cleanup_close_ int fd = open(file, O_RDONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	const size_t i = c->ids.n;
	struct stat st;
	int r;

	if (fd < 0 || fstat(fd, &st) < 0)
		return refuse(said, errno, input_why(file, errno), e);
	c->piped[i] = S_ISFIFO(st.st_mode);
	if (!c->piped[i] && !S_ISREG(st.st_mode))
		return refuse(said, EINVAL, "is neither a regular file nor a pipe", e);
	if (c->piped[i]) {
		r = input_read_fd(fd, CREDENTIALS_BYTES, &c->said[i]);
		if (r == 0)
			r = str_format(path, PATH_MAX, "%s", file);
		if (r < 0 && r != -EFBIG)
			return refuse(said, r, input_why(file, -r), e);
		st.st_size = (off_t)c->said[i].len;
	} else if (!realpath(file, path)) {
		return refuse(said, errno, strerror(errno), e);
	}
	if ((uint64_t)st.st_size > CREDENTIALS_BYTES - c->bytes)
		return refuse(said, EFBIG,
			      "too large: systemd takes 1 MiB, all credentials together", e);
	c->bytes += (size_t)st.st_size;
	return 0;
}

int credential_add(struct credentials *c, const char *said, struct err *e)
{
	const size_t n = strcspn(said, ":");
	char path[PATH_MAX];
	int r;

	if (!said[n] || !valid_id(said, n))
		return err_exit(
			e, EXIT_USAGE, EINVAL,
			"run: --load-credential %s: want ID:PATH, the ID a file's name of at most %zu "
			"letters without a comma",
			said, NAME_MAX_FW_CFG - 1 - strlen(PREFIX));
	if (c->ids.n == CREDENTIALS_MAX)
		return err_exit(e, EXIT_USAGE, E2BIG,
				"run: there are more than %d --load-credential", CREDENTIALS_MAX);
	for (size_t i = 0; i < c->ids.n; i++)
		if (strlen(c->ids.v[i]) == n && strncmp(c->ids.v[i], said, n) == 0)
			return err_exit(
				e, EXIT_USAGE, EEXIST,
				"run: --load-credential %s: there is one of that ID already", said);
	r = look(c, said, said + n + 1, path, e);
	if (r < 0)
		return r;
	r = strv_addf(&c->ids, "%.*s", (int)n, said);
	if (r == 0)
		r = strv_add(&c->paths, path);
	return r < 0 ? err_sys(e, r, "--load-credential") : 0;
}

const char *credentials_piped(const struct credentials *c)
{
	for (size_t i = 0; i < c->ids.n; i++)
		if (c->piped[i])
			return c->ids.v[i];
	return NULL;
}

/* By a file, because a descriptor for QEMU would be inherited by the file servers too. */
int credentials_ready(struct credentials *c, const char *folder, struct err *e)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < c->ids.n; i++) {
		char name[NAME_MAX_FW_CFG + 16], path[PATH_MAX], *kept;

		if (!c->piped[i])
			continue;
		if (str_format(name, sizeof(name), "credential-%s", c->ids.v[i]) < 0 ||
		    str_format(path, sizeof(path), "%s/%s", folder, name) < 0)
			return err_sys(e, ENAMETOOLONG, "%s", folder);
		kept = strdup(path);
		if (!kept)
			return err_sys(e, ENOMEM, "--load-credential");
		free(c->paths.v[i]);
		c->paths.v[i] = kept;
		r = folder_write(folder, name, c->said[i].data, c->said[i].len, e);
	}
	return r;
}

void credentials_qemu(const struct credentials *c, struct argv *ret)
{
	for (size_t i = 0; i < c->ids.n; i++) {
		argv_add(ret, "-fw_cfg", "name=" PREFIX "%s,file=", c->ids.v[i]);
		argv_value(ret, c->paths.v[i]);
	}
}
