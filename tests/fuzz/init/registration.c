/* SPDX-License-Identifier: MIT */
/* registration.c - fuzz target: a registration, as a system's or the user's file holds it */
#include "init/nix/registration.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_registration_ struct registration r = { 0 };
	size_t line;
	_cleanup_buf_ struct buf all = { 0 }, none = { 0 };

	if (registration_parse((const char *)data, size, &r, &line) < 0)
		return 0;
	/* Over an empty database all of it is loaded, and it lacks nothing of itself. */
	if (registration_to_load(&r, &(struct registration){ 0 }, &all) < 0 || all.len != size ||
	    registration_minus(&r, &r, &none) < 0 || none.len != 0)
		abort();
	return 0;
}
