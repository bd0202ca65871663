/* SPDX-License-Identifier: MIT */
/* marker.c - fuzz target: any sector as the marker of a format; only what marker_make makes is one
 */
#include "fs/marker.h"

#include <stdlib.h>
#include <string.h>

#define DISK ((uint64_t)2 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t sector[MARKER_SIZE] = { 0 }, again[MARKER_SIZE], uuid[16];
	uint64_t marked = 0;

	memcpy(sector, data, size < sizeof(sector) ? size : sizeof(sector));
	if (!marker_parse(sector, DISK, uuid, &marked))
		return 0;
	marker_make(uuid, marked, again);
	if (marked > DISK || memcmp(sector, again, sizeof(sector)) != 0)
		abort();
	return 0;
}
