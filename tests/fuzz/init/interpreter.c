/* SPDX-License-Identifier: MIT */
/* interpreter.c - fuzz target: the interpreter that a program's first bytes name */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "init/inroot.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char ret[64];

	if (inroot_interpreter(data, size, ret, sizeof(ret)) == 1 &&
	    !memchr(ret, '\0', sizeof(ret)))
		abort();
	return 0;
}
