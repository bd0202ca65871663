/* SPDX-License-Identifier: MIT */
/* boot_json.c - tests of the reader of boot.json */
#include "init/nix/boot_json.h"

#include <errno.h>
#include <string.h>

#include "tests/lib/test.h"

static struct json text(const char *s)
{
	return (struct json){ s, strlen(s) };
}

static const char spec[] =
	"{\"a.v1\":{\"x\":[1,{\"y\":\"}\"}],\"b\":\"no\"} , \"b\" : { \"empty\":{}, \"none\": null,\n"
	"\t\"path\":\"/nix/store/x y\", \"list\" : [ \"ro\" ,\"nodev\"], \"n\":-1.5e3,\n"
	"\"quote\":\"a\\\"},b\" , \"last\":true }}";

static void members(void)
{
	struct json all = text(spec), b, value;
	char path[20];

	CHECK_INT(json_member(&all, "b", &b), 0);
	CHECK_INT(json_member(&all, "a", &value), -ENOENT);
	CHECK_INT(json_member(&b, "path", &value), 0);
	CHECK_INT(json_text(&value, path, sizeof(path)), 0);
	CHECK_STR(path, "/nix/store/x y");
	CHECK_INT(json_text(&value, path, 14), -ENAMETOOLONG);
	CHECK_INT(json_text(&value, path, 15), 0);
	CHECK_INT(json_member(&b, "none", &value), 0);
	CHECK_INT(value.len, 4);
	CHECK_INT(json_text(&value, path, sizeof(path)), -EBADMSG);
	CHECK_INT(json_member(&b, "quote", &value), 0);
	CHECK_INT(json_text(&value, path, sizeof(path)), -EBADMSG);
	CHECK_INT(json_member(&b, "last", &value), 0);
	CHECK_INT(json_member(&b, "more", &value), -ENOENT);
	CHECK_INT(json_member(&b, "empty", &b), 0);
	CHECK_INT(json_member(&b, "x", &value), -ENOENT);
}

static void lists(void)
{
	struct json all = text(spec), list, key, value;
	char word[8];

	CHECK_INT(json_member(&all, "b", &all), 0);
	CHECK_INT(json_member(&all, "list", &list), 0);
	CHECK_INT(json_next(&list, &key, &value), 1);
	CHECK_INT(key.len, 0);
	CHECK_INT(json_text(&value, word, sizeof(word)), 0);
	CHECK_STR(word, "ro");
	CHECK_INT(json_next(&list, &key, &value), 1);
	CHECK_INT(json_text(&value, word, sizeof(word)), 0);
	CHECK_STR(word, "nodev");
	CHECK_INT(json_next(&list, &key, &value), 0);
	CHECK_INT(json_next(&list, &key, &value), 0);
}

static void damaged(void)
{
	static const char *const rows[] = {
		"",	   "{",		  "[",		"x",
		"\"x\"",   "{\"a\"}",	  "{\"a\":}",	"{\"a\" 1}",
		"{\"a:1}", "{\"a\":\"1}", "{\"a\":[1}", "{\"a\":1 \"b\":2}",
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct json all = text(rows[i]), value;

		CHECK_INT(json_member(&all, "b", &value), -EBADMSG);
	}
	/* A text that is cut short anywhere. */
	for (size_t len = 0; len < sizeof(spec) - 2; len++) {
		char cut[sizeof(spec)] = "";
		struct json all, value;

		memcpy(cut, spec, len);
		all = text(cut);
		CHECK(json_member(&all, "b", &value) == 0 || json_member(&all, "z", &value) < 0);
	}
}

int main(void)
{
	RUN(members);
	RUN(lists);
	RUN(damaged);
	TEST_END();
}
