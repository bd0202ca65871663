/* SPDX-License-Identifier: MIT */
/*
 * accel.c - fuzz target: how QEMU's probe of KVM ended, and what it said; the verdict's reason is
 * one line, and only the probe's own exit status means that KVM runs a guest
 *
 * The input's first two bytes are the status of waitpid(2).
 */
#include "host/qemu/accel.c"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const int results[] = { 0, -EIO, -ETIMEDOUT, -EINTR };
	const int status = size < 2 ? 0 : data[0] << 8 | (data[1] & 0x7f);

	for (size_t i = 0; i < ARRAY_SIZE(results); i++) {
		_cleanup_buf_ struct buf said = { 0 };
		char why[64] = "";
		int r;

		if (size > 2 && buf_add(&said, data + 2, size - 2) < 0)
			abort();
		r = judge(results[i], status, &said, why, sizeof(why));
		if (r > 1 || !memchr(why, '\0', sizeof(why)) || strchr(why, '\n') ||
		    (r == 1) != (results[i] == 0 && WIFEXITED(status) &&
				 WEXITSTATUS(status) == ACCEL_PROBE_STATUS))
			abort();
	}
	return 0;
}
