/* SPDX-License-Identifier: MIT */
/* fuzz_main.c - replays files through a fuzz target: one TAP line for all of them */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>

#include "init/lib/file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int main(int argc, char **argv)
{
	int bad = argc < 2;

	for (int i = 1; i < argc; i++) {
		_cleanup_buf_ struct buf b = { 0 };

		if (file_read(AT_FDCWD, argv[i], 64 << 20, &b) < 0) {
			printf("# cannot read %s\n", argv[i]);
			bad = 1;
			continue;
		}
		LLVMFuzzerTestOneInput((const uint8_t *)b.data, b.len);
	}
	printf("%sok 1 - %d files replayed\n1..1\n", bad ? "not " : "", argc - 1);
	return bad;
}
