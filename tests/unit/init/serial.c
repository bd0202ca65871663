/* SPDX-License-Identifier: MIT */
/* serial.c - tests of a disk's serial, as SCSI's page has it */
#include "init/serial.h"

#include "tests/lib/test.h"

#define PAGE(text) \
	{ \
		text, sizeof(text) - 1 \
	}

static void pages(void)
{
	static const struct {
		struct {
			const char *bytes;
			size_t len;
		} page;
		const char *serial;
	} rows[] = {
		{ PAGE("\0\x80\0\x0estoreboot-root"), "storeboot-root" },
		{ PAGE("\0\x80\0\x14storeboot-root      "), "storeboot-root" }, /* ATA's */
		{ PAGE("\0\x80\0\x14"
		       "12345678901234567890"),
		  "12345678901234567890" },
		{ PAGE("\0\x80\0\x04"
		       " a b"),
		  " a b" },
		{ PAGE("\0\x80\0\x01"
		       "abc"),
		  "a" }, /* what lies behind it is not its own */
		{ PAGE("\0\x80\0\x02  "), "" },
		{ PAGE("\0\x80\0\0"), "" },
		{ PAGE("\0\x80\0\x05"
		       "abcd"),
		  "" }, /* cut short */
		{ PAGE("\0\x80\xff\xff"
		       "abcd"),
		  "" },
		{ PAGE("\0\x80\0"), "" },
		{ PAGE("\0"), "" },
		{ PAGE(""), "" },
		{ PAGE("\0\x83\0\x04"
		       "abcd"),
		  "" }, /* another page */
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char serial[SERIAL_SIZE];

		serial_of_page((const unsigned char *)rows[i].page.bytes, rows[i].page.len, serial);
		CHECK_STR(serial, rows[i].serial);
	}
}

static void long_ones(void)
{
	unsigned char page[4 + SERIAL_SIZE] = { 0, 0x80, 0, SERIAL_SIZE - 1 };
	char serial[SERIAL_SIZE];

	memset(page + 4, 'x', SERIAL_SIZE);
	serial_of_page(page, sizeof(page), serial);
	CHECK_INT(strlen(serial), SERIAL_SIZE - 1);
	page[3]++;
	serial_of_page(page, sizeof(page), serial);
	CHECK_STR(serial, "");
}

int main(void)
{
	RUN(pages);
	RUN(long_ones);
	TEST_END();
}
