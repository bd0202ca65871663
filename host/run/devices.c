/* SPDX-License-Identifier: MIT */
/* devices.c - the firmware and the TPM of a machine, and where what they keep lies */
#include "host/run/devices.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include "host/exit.h"

/* Where something of the machine's is kept: the environment's name for it wins. */
static int place(const char *machine, const char *variable, const char *suffix, char *ret, struct err *e)
{
	_cleanup_free_ char *here = get_current_dir_name();
	const char *env = getenv(variable);
	int r;

	if (!here)
		return err_sys(e, errno, "the working directory");
	if (!env || !env[0])
		r = str_format(ret, PATH_MAX, "%s/%s%s", here, machine, suffix);
	else if (env[0] == '/')
		r = str_format(ret, PATH_MAX, "%s", env);
	else
		r = str_format(ret, PATH_MAX, "%s/%s", here, env);
	return r < 0 ? err_exit(e, EXIT_USAGE, ENAMETOOLONG, "%s: the name is too long", variable) : 0;
}

static int find_efi(const struct run_values *v, const char *machine, struct plan *p, struct err *e)
{
	char vars[PATH_MAX];
	const struct efi_request q = { .arch = p->arch, .qemu = p->qemu, .firmware = v->efi_firmware,
				       .variables = v->efi_variables, .vars = vars };
	int r = place(machine, "NIX_EFI_VARS", "-efi-vars.fd", vars, e);

	return r < 0 ? r : efi_find(&q, &p->efi, e);
}

static int find_tpm(const char *machine, struct plan *p, struct err *e)
{
	char state[PATH_MAX];
	int r = place(machine, "NIX_SWTPM_DIR", "-swtpm", state, e);

	if (r == 0 && !p->arch->tpm)
		r = err_exit(e, EXIT_USAGE, EINVAL, "run: --tpm: not for %s guests", p->arch->name);
	return r < 0 ? r : tpm_find(state, &p->tpm, e);
}

int devices_find(const struct run_values *v, const char *machine, struct plan *p, struct err *e)
{
	int r = v->efi ? find_efi(v, machine, p, e) : 0;

	return r == 0 && v->tpm ? find_tpm(machine, p, e) : r;
}
