/* SPDX-License-Identifier: MIT */
/* host_fs.c - fuzz target: any text as mountinfo, for one mount's number */
#include "host/lib/host_fs.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const int ids[] = { 0, 31, -1 };

	for (size_t i = 0; i < ARRAY_SIZE(ids); i++) {
		struct host_fs fs;
		char *text = strndup((const char *)data, size);

		if (!text)
			return 0;
		if (host_fs_find(text, ids[i], &fs) == 0 &&
		    (strlen(fs.point) >= sizeof(fs.point) || fs.device[0] == '\0'))
			__builtin_trap();
		free(text);
	}
	return 0;
}
