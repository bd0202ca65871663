/* SPDX-License-Identifier: MIT */
/* shared_folder.c - tests of the list of folders that come beside the store */
#include "init/shared_folder.h"

#include <errno.h>
#include <string.h>

#include "tests/lib/test.h"

static void good_lines(void)
{
	const char *text =
		"cifs rw //10.0.2.4/bind0 /home/a b\n9p ro bind1 /x\nvirtiofs rw t /a/...\n"
		"cifs ro,uid=1000,gid=4294967294 //1.2.3.4/x /y\n";
	size_t len = strlen(text);
	struct shared_folder b;

	CHECK_INT(shared_folder_next(&text, &len, &b), 1);
	CHECK_INT(b.kind, SHARE_CIFS);
	CHECK(!b.read_only);
	CHECK_STR(b.source, "//10.0.2.4/bind0");
	CHECK_STR(b.path, "/home/a b");
	CHECK_INT(shared_folder_next(&text, &len, &b), 1);
	CHECK_INT(b.kind, SHARE_9P);
	CHECK(b.read_only);
	CHECK_INT(shared_folder_next(&text, &len, &b), 1);
	CHECK_INT(b.kind, SHARE_VIRTIOFS);
	CHECK_STR(b.path, "/a/...");
	CHECK_STR(b.owner.uid, "0");
	CHECK_STR(b.owner.gid, "0");
	CHECK_INT(shared_folder_next(&text, &len, &b), 1);
	CHECK(b.read_only);
	CHECK_STR(b.owner.uid, "1000");
	CHECK_STR(b.owner.gid, "4294967294");
	CHECK_STR(b.source, "//1.2.3.4/x");
	CHECK_INT(shared_folder_next(&text, &len, &b), 0);
}

#define TEN "abcdefghij"

static void bad_lines(void)
{
	static const char *const rows[] = {
		"\n",
		"cifs\n",
		"cifs rw\n",
		"cifs rw source\n",
		"cifs rw source \n",
		"cifs rw  /x\n",
		"cifs rw source /x",
		"nfs rw source /x\n",
		"image ro source /x\n",
		"cifs no source /x\n",
		"cifs rwx source /x\n",
		"cifs rw, source /x\n",
		"cifs rw,uid=1 source /x\n",
		"cifs rw,uid=,gid=1 source /x\n",
		"cifs rw,uid=1,gid= source /x\n",
		"cifs rw,uid=-1,gid=1 source /x\n",
		"cifs rw,uid=1,gid=12345678901 source /x\n",
		"cifs rw,uid=1,gid=1, source /x\n",
		"cifs rw,gid=1,uid=1 source /x\n",
		"9p rw,uid=1,gid=1 source /x\n",
		"virtiofs rw,uid=1,gid=1 source /x\n",
		"cifs rw source x\n",
		"cifs rw source /\n",
		"cifs rw source /x/\n",
		"cifs rw source //x\n",
		"cifs rw source /../x\n",
		"cifs rw source /x/..\n",
		"cifs rw source /x/./y\n",
		"cifs rw source /x\ty\n",
		"cifs rw " TEN TEN TEN TEN TEN TEN TEN " /x\n",
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const char *text = rows[i];
		size_t len = strlen(text);
		struct shared_folder b = { .source = "mine" };

		CHECK_INT(shared_folder_next(&text, &len, &b), -EINVAL);
		CHECK(text == rows[i]);
		CHECK_STR(b.source, "mine");
	}
}

static void long_paths(void)
{
	char line[PATH_MAX + 32];

	for (size_t n = PATH_MAX - 2; n <= PATH_MAX; n++) {
		const char *text = line;
		struct shared_folder b;
		size_t len;

		memcpy(line, "9p ro t /", 9);
		memset(line + 9, 'x', n - 1);
		strcpy(line + 8 + n, "\n");
		len = strlen(line);
		CHECK_INT(shared_folder_next(&text, &len, &b), n < PATH_MAX ? 1 : -EINVAL);
	}
}

int main(void)
{
	RUN(good_lines);
	RUN(bad_lines);
	RUN(long_paths);
	TEST_END();
}
