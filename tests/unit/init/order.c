/* SPDX-License-Identifier: MIT */
/* order.c - tests of the initramfs' list of modules */
#include "init/order.h"

#include <errno.h>

#include "tests/lib/test.h"

static void good_lines(void)
{
	const char *text = "base virtio.ko\ncifs fs/cifs.ko.xz a=1 b=\"x y\"\nnet,9p n.ko \n";
	size_t len = strlen(text);
	struct order_entry m;

	CHECK_INT(order_next(&text, &len, &m), 1);
	CHECK_STR(m.need, "base");
	CHECK_STR(m.file, "virtio.ko");
	CHECK_STR(m.params, "");
	CHECK_INT(order_next(&text, &len, &m), 1);
	CHECK_STR(m.file, "fs/cifs.ko.xz");
	CHECK_STR(m.params, "a=1 b=\"x y\"");
	CHECK_INT(order_next(&text, &len, &m), 1);
	CHECK_STR(m.need, "net,9p");
	CHECK_STR(m.params, "");
	CHECK_INT(order_next(&text, &len, &m), 0);
	CHECK_INT(len, 0);
}

#define TEN "abcdefghi,"
#define LONG TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN

static void bad_lines(void)
{
	static const char *const rows[] = {
		"\n",
		"base\n",
		"base \n",
		" virtio.ko\n",
		"base  virtio.ko\n",
		"base virtio.ko",
		"base /etc/x.ko\n",
		"base ../x.ko\n",
		"base a/../x.ko\n",
		"base .hidden\n",
		LONG " x.ko\n",
		"base x\t.ko\n",
		"base x.ko a\x01\n",
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const char *text = rows[i];
		size_t len = strlen(text);
		struct order_entry m = { .need = "mine" };

		if (order_next(&text, &len, &m) != -EINVAL || text != rows[i])
			printf("# row %zu\n", i);
		CHECK_INT(order_next(&text, &len, &m), -EINVAL);
		CHECK(text == rows[i]);
		CHECK_STR(m.need, "mine");
	}
}

static void long_fields(void)
{
	char line[600];
	struct order_entry m;

	for (int n = 126; n <= 130; n++) {
		const char *text = line;
		size_t len = (size_t)snprintf(line, sizeof(line), "base %0*d\n", n, 1);

		CHECK_INT(order_next(&text, &len, &m), n < 128 ? 1 : -EINVAL);
	}
	for (int n = 254; n <= 258; n++) {
		const char *text = line;
		size_t len = (size_t)snprintf(line, sizeof(line), "base x.ko %0*d\n", n, 1);

		CHECK_INT(order_next(&text, &len, &m), n < 256 ? 1 : -EINVAL);
	}
}

int main(void)
{
	RUN(good_lines);
	RUN(bad_lines);
	RUN(long_fields);
	TEST_END();
}
