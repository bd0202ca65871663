/* SPDX-License-Identifier: MIT */
/* cmdline.c - tests of the kernel command line's making */
#include "host/run/cmdline.h"

#include <errno.h>

#include "host/lib/exit.h"
#include "tests/lib/test.h"

#define LINE_MAX_X86 2047

static const char *const serial[] = { "ttyS0", NULL };
static const char *const window[] = { "ttyS0", "tty0", NULL };

static void all_words_in_order(void)
{
	const struct cmdline c = {
		.params = "loglevel=4 quiet\n",
		.param = { { .init = "/nix/store/s/init",
			     .system_config = "/nix/store/s",
			     .reg_info = "/run/r",
			     .verify = "1",
			     .root = "/dev/vda",
			     .disk_serial = "r",
			     .disk_size = "512",
			     .disk_zero = "1",
			     .share = "9p",
			     .report = "/dev/ttyS1",
			     .channel = "port",
			     .no_stage2 = "1",
			     .rescue = "1",
			     .console_size = "50x200" } },
		.consoles = serial,
		.append = " single \n",
	};
	_cleanup_buf_ struct buf b = { 0 };
	struct err e = { 0 };

	CHECK_INT(cmdline_build(&c, LINE_MAX_X86, &b, &e), 0);
	CHECK_STR(b.data,
		  "loglevel=4 quiet init=/nix/store/s/init systemConfig=/nix/store/s "
		  "regInfo=/run/r storeboot.verify=1 root=/dev/vda storeboot.disk.serial=r "
		  "storeboot.disk.size=512 storeboot.disk.zero=1 storeboot.share=9p "
		  "storeboot.report=/dev/ttyS1 storeboot.channel=port storeboot.no-stage2=1 "
		  "storeboot.rescue=1 storeboot.console.size=50x200 console=ttyS0 panic=-1 single");
}

static void absent_words_are_left_out(void)
{
	const struct cmdline c = { .param.init = "/init", .consoles = window };
	_cleanup_buf_ struct buf b = { 0 };
	struct err e = { 0 };

	CHECK_INT(cmdline_build(&c, LINE_MAX_X86, &b, &e), 0);
	CHECK_STR(b.data, "init=/init console=ttyS0 console=tty0 panic=-1");
}

static void spaces_and_newlines(void)
{
	const struct cmdline c = { .params = "\n a\nb \n", .param.init = "/a b" };
	_cleanup_buf_ struct buf b = { 0 };
	struct err e = { 0 };

	CHECK_INT(cmdline_build(&c, LINE_MAX_X86, &b, &e), 0);
	CHECK_STR(b.data, "a b init=\"/a b\" panic=-1");
}

/* Words end at white space of the kernel's table, which has bytes within characters of UTF-8. */
static void white_space_of_the_kernel(void)
{
	const struct cmdline c = { .param = { { .init = "/\303\240", /* a with grave accent */
						.system_config = "/a\rinit=/x",
						.share_source = "a\fb",
						.disk_serial = "c\vd" } } };
	_cleanup_buf_ struct buf b = { 0 };
	struct err e = { 0 };

	CHECK_INT(cmdline_build(&c, LINE_MAX_X86, &b, &e), 0);
	CHECK_STR(b.data, "init=\"/\303\240\" systemConfig=\"/a\rinit=/x\" "
			  "storeboot.disk.serial=\"c\vd\" storeboot.share.source=\"a\fb\" "
			  "panic=-1");
}

/* A console of the machine's on the device of the report channel is left out, and no other word. */
static void consoles_of_the_system(void)
{
	struct cmdline c = {
		.params =
			"console=ttyS1 a=\"b console=ttyS1\" console=ttyS1,115200n8\nconsole=tty0 "
			"console=ttyS10 xconsole=ttyS1 console= console=ttyS1",
		.param.report = "/dev/ttyS1"
	};
	_cleanup_buf_ struct buf b = { 0 };
	struct err e = { 0 };

	CHECK_INT(cmdline_build(&c, LINE_MAX_X86, &b, &e), 0);
	CHECK_STR(b.data,
		  "a=\"b console=ttyS1\" console=tty0 console=ttyS10 xconsole=ttyS1 console= "
		  "storeboot.report=/dev/ttyS1 panic=-1");
	b.len = 0;
	c.param.report = NULL;
	c.params = "console=ttyS1";
	CHECK_INT(cmdline_build(&c, LINE_MAX_X86, &b, &e), 0);
	CHECK_STR(b.data, "console=ttyS1 panic=-1");
	b.len = 0;
	c.param.report = "/dev/ttyS1";
	CHECK_INT(cmdline_build(&c, LINE_MAX_X86, &b, &e), 0);
	CHECK_STR(b.data, "storeboot.report=/dev/ttyS1 panic=-1");
}

/* The last length that is taken, and the first that is not. */
static void limit(void)
{
	char words[LINE_MAX_X86 + 1];
	struct cmdline c = { .append = words };
	_cleanup_buf_ struct buf b = { 0 };
	size_t n = LINE_MAX_X86 - strlen("panic=-1 ");
	struct err e = { 0 };

	memset(words, 'x', sizeof(words));
	words[n] = '\0';
	CHECK_INT(cmdline_build(&c, LINE_MAX_X86, &b, &e), 0);
	CHECK_INT(b.len, LINE_MAX_X86);
	words[n] = 'x';
	words[n + 1] = '\0';
	b.len = 0;
	CHECK_INT(cmdline_build(&c, LINE_MAX_X86, &b, &e), -E2BIG);
	CHECK_INT(b.len, 0);
	CHECK_INT(e.exit_status, EXIT_BAD_INPUT);
	CHECK_HAS(e.text, "2048 bytes, 1 more");
}

/* What only makes the boot faster comes first, so that a parameter of the system's or the user's
 * own counts. */
static void tuning(void)
{
	static const struct {
		const char *params, *append, *want;
	} rows[] = {
		{ "a\n", "b", "cryptomgr.notests pci=lastbus=0 a panic=-1 b" },
		{ NULL, NULL, "cryptomgr.notests pci=lastbus=0 panic=-1" },
		{ "pci=nomsi cryptomgr.notests=0", NULL,
		  "cryptomgr.notests pci=lastbus=0 pci=nomsi cryptomgr.notests=0 panic=-1" },
		{ "a fips=1\n", NULL, "pci=lastbus=0 a fips=1 panic=-1" },
		{ NULL, "fips=1", "pci=lastbus=0 panic=-1 fips=1" },
		{ "fips=0 fips=0x1", NULL, "pci=lastbus=0 fips=0 fips=0x1 panic=-1" },
		{ "\"fips=1\"", NULL, "pci=lastbus=0 \"fips=1\" panic=-1" },
		{ "fips=\"1\"", NULL, "pci=lastbus=0 fips=\"1\" panic=-1" },
		{ "fips=0 xfips=1", "a=\" fips=1\" fips fips=\"0\"",
		  "cryptomgr.notests pci=lastbus=0 fips=0 xfips=1 panic=-1 a=\" fips=1\" fips "
		  "fips=\"0\"" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct cmdline c = { .no_self_tests = true,
					   .one_bus = "pci=lastbus=0",
					   .params = rows[i].params,
					   .append = rows[i].append };
		_cleanup_buf_ struct buf b = { 0 };
		struct err e = { 0 };

		CHECK_INT(cmdline_build(&c, LINE_MAX_X86, &b, &e), 0);
		CHECK_STR(b.data, rows[i].want);
	}
}

static void refused(struct cmdline c, const char *text)
{
	_cleanup_buf_ struct buf b = { 0 };
	struct err e = { 0 };

	CHECK_INT(cmdline_build(&c, LINE_MAX_X86, &b, &e), -EINVAL);
	CHECK_INT(e.exit_status, EXIT_BAD_INPUT);
	CHECK_HAS(e.text, text);
	CHECK_INT(b.len, 0);
}

/* Words of the system's that would make ours something else. */
static void nothing_is_swallowed(void)
{
	const struct cmdline good = { .params = "a=\"b -- c\" --d x-- e--\n",
				      .append = "-- x \"y" };
	_cleanup_buf_ struct buf b = { 0 };
	struct err e = { 0 };

	refused((struct cmdline){ .params = "dyndbg=\"file x\n" }, "a quote that is not closed");
	refused((struct cmdline){ .params = "-- x" }, "a word --");
	refused((struct cmdline){ .params = "quiet --\n" }, "a word --");
	refused((struct cmdline){ .params = "quiet\t--" }, "a word --");
	refused((struct cmdline){ .params = "quiet\r--\rx" }, "a word --");
	refused((struct cmdline){ .param.init = "/a\"b" }, "init=/a\"b cannot be said");
	CHECK_INT(cmdline_build(&good, LINE_MAX_X86, &b, &e), 0);
	CHECK_STR(b.data, "a=\"b -- c\" --d x-- e-- panic=-1 -- x \"y");
}

int main(void)
{
	RUN(all_words_in_order);
	RUN(absent_words_are_left_out);
	RUN(spaces_and_newlines);
	RUN(white_space_of_the_kernel);
	RUN(consoles_of_the_system);
	RUN(limit);
	RUN(tuning);
	RUN(nothing_is_swallowed);
	TEST_END();
}
