/* SPDX-License-Identifier: MIT */
/* netlink.c - fuzz target: a datagram through all readers of the netlink codec */
#include "net/netlink.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct netlink_attribute a;
	struct netlink_message m;
	struct netlink_link link;
	size_t offset = 0, inner = 0;
	char text[32];
	int error;

	while (netlink_next(data, size, &offset, &m) == 1) {
		if (netlink_outcome(&m, &error, text, sizeof(text)) == 0 &&
		    (error > 0 || strlen(text) >= sizeof(text)))
			__builtin_trap();
		if (netlink_link(&m, &link) == 0 && strlen(link.name) >= sizeof(link.name))
			__builtin_trap();
	}
	while (netlink_next_attribute(data, size, &inner, &a) == 1)
		if (a.len > size)
			__builtin_trap();
	return 0;
}
