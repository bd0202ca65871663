/* SPDX-License-Identifier: MIT */
/* checks.h - what is wrong with a host, and the command that fixes it */
#ifndef STOREBOOT_HOST_DOCTOR_CHECKS_H
#define STOREBOOT_HOST_DOCTOR_CHECKS_H

#include <limits.h>

#include "init/lib/err.h"

struct finding {
	char text[PATH_MAX + 512];
	char mend[PATH_MAX + 512]; /* a command, or advice; "": unknown */
};

#define FOUND(f, ...) ((void)snprintf((f)->text, sizeof((f)->text), __VA_ARGS__))
#define MEND(f, ...) ((void)snprintf((f)->mend, sizeof((f)->mend), __VA_ARGS__))

/* Each returns 0 if all is well, or -errno; ret has the finding in both cases. */

/* Does KVM run a guest of this QEMU? If not: is it missing, forbidden, or broken? */
_must_check_ int check_kvm(const char *qemu, struct finding *ret);

/* Does smbd start in its sandbox? If not, what forbids user namespaces? */
_must_check_ int check_server(const char *smbd, const char *bwrap, struct finding *ret);

/* Can files be written in the folder, and is there space? elsewhere: how to use another folder. */
_must_check_ int check_free_space(const char *folder, const char *elsewhere, struct finding *ret);

#endif
