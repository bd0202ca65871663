/* SPDX-License-Identifier: MIT */
/* checks.h - what is wrong with a host, and the command that mends it */
#ifndef STOREBOOT_HOST_DOCTOR_CHECKS_H
#define STOREBOOT_HOST_DOCTOR_CHECKS_H

#include <limits.h>

#include "init/lib/err.h"

/* What was found. */
struct finding {
	char text[PATH_MAX + 512];
	char mend[PATH_MAX + 512]; /* a command, or what to do if no command does; "": not known */
};

#define FOUND(f, ...) ((void)snprintf((f)->text, sizeof((f)->text), __VA_ARGS__))
#define MEND(f, ...) ((void)snprintf((f)->mend, sizeof((f)->mend), __VA_ARGS__))

/* Each returns 0 where all is well, or -errno; ret says what was found in both cases. */

/* Does KVM run a guest of qemu's? If not: is it absent, not permitted, or dead? */
_must_check_ int check_kvm(const char *qemu, struct finding *ret);

/* Does smbd start in its sandbox? If not, what forbids user namespaces? */
_must_check_ int check_server(const char *smbd, const char *bwrap, struct finding *ret);

/* Can files be written in the folder, and is there space for some? elsewhere: how to use another.
 */
_must_check_ int check_free_space(const char *folder, const char *elsewhere, struct finding *ret);

#endif
