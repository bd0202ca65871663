/* SPDX-License-Identifier: MIT */
/* opt.c - tests of the option tables */
#include "host/lib/opt.h"

#include <errno.h>

#include "host/lib/exit.h"
#include "tests/lib/test.h"

struct values {
	bool flag;
	const char *text;
	struct strv list;
	unsigned int number, seconds;
	uint64_t size;
	int choice, maybe;
	unsigned int preset;
	bool more, ours;
};

static const char *const colours[] = { "red", "green", NULL };
static const struct opt opts[] = {
	OPT(FLAG, struct values, flag, "flag", NULL, "a flag", .letter = 'f'),
	OPT(STRING, struct values, text, "text", "TEXT", "a text", .letter = 't'),
	OPT(LIST, struct values, list, "list", "ITEM", "some"),
	OPT(NUMBER, struct values, number, "number", "N", "a number"),
	OPT(SECONDS, struct values, seconds, "seconds", "SECONDS", "a time"),
	OPT(SIZE, struct values, size, "size", "SIZE", "a size", .letter = 'm'),
	OPT(CHOICE, struct values, choice, "choice", "WORD", "a word", .choices = colours),
	OPT(MAYBE, struct values, maybe, "maybe", "WORD", "a word or none", .choices = colours),
	OPT(NUMBER, struct values, preset, "preset", "N", "a number", .standard = "7"),
	OPT(FLAG, struct values, more, "more", NULL, "with the flag", .needs = "flag"),
	OPT(FLAG, struct values, ours, "ours", NULL, "with a command", .needs = OPT_COMMAND),
	OPT(CONFIG, struct values, flag, "config", "FILE", "more of them"),
	{ 0 }
};
static struct opt_command command = { .name = "test",
				      .synopsis = "[ARG]",
				      .about = "About.",
				      .opts = opts,
				      .max_args = 1,
				      .takes_rest = true };

static int parse(char **argv, struct values *v, struct opt_args *a, struct err *e)
{
	int argc = 0;

	while (argv[argc])
		argc++;
	return opt_parse(&command, argc, argv, v, a, e);
}

#define ARGS(...) ((char *[]){ strdup_("test"), __VA_ARGS__, NULL })
#define strdup_(s) ((char *)(uintptr_t)(s))
#define A(s) strdup_(s)

static void all_kinds(void)
{
	struct values v = { 0 };
	_cleanup_(opt_args_free) struct opt_args a = { 0 };
	struct err e;
	char **argv = ARGS(A("-f"), A("--text"), A("a b"), A("pos"), A("--list=1"), A("--list"),
			   A("2"), A("-m384M"), A("--choice"), A("green"), A("--numb=3"), A("--"),
			   A("cmd"), A("-x"));

	CHECK_INT(parse(argv, &v, &a, &e), 0);
	CHECK(v.flag);
	CHECK_STR(v.text, "a b");
	CHECK_INT(v.list.n, 2);
	CHECK_STR(v.list.v[1], "2");
	CHECK_INT(v.size, 384 << 20);
	CHECK_INT(v.number, 3);
	CHECK_INT(v.choice, 1);
	CHECK_INT(a.args.n, 1);
	CHECK_STR(a.args.v[0], "pos");
	CHECK(a.rest != NULL);
	CHECK_STR(a.rest[0], "cmd");
	CHECK_STR(a.rest[1], "-x");
	strv_free(&v.list);
}

/* Alone it takes nothing of what follows. */
static void a_word_or_none(void)
{
	static const struct {
		const char *option;
		int want;
	} cases[] = { { "--maybe", 1 },
		      { "--maybe=green", 1 },
		      { "--maybe=red", 0 },
		      { "--maybe=blue", -1 } };

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct values v = { .maybe = -1 };
		_cleanup_(opt_args_free) struct opt_args a = { 0 };
		struct err e;
		char **argv = ARGS(A(cases[i].option), A("red"));
		int r = parse(argv, &v, &a, &e);

		CHECK_INT(r, cases[i].want < 0 ? -EINVAL : 0);
		CHECK_INT(v.maybe, cases[i].want);
		CHECK(r < 0 || (a.args.n == 1 && str_eq(a.args.v[0], "red")));
	}
}

static void errors_name_the_option(void)
{
	static const struct {
		const char *args[3];
		const char *text;
	} cases[] = {
		{ { "--nosuch", NULL }, "unknown, ambiguous or ill-formed option --nosuch" },
		{ { "-z", NULL }, "unknown option -z" },
		{ { "--text", NULL }, "--text needs TEXT" },
		{ { "-t", NULL }, "--text needs TEXT" },
		{ { "--flag=1", NULL }, "--flag=1" },
		{ { "--number", "-1", NULL }, "--number -1: want a whole number above 0" },
		{ { "--number", "1K", NULL }, "want a whole number" },
		{ { "--seconds", "1m", NULL },
		  "--seconds 1m: want seconds, a whole number, or none" },
		{ { "--seconds", "-1", NULL }, "want seconds" },
		{ { "--size", "12Q", NULL }, "want a size" },
		{ { "--size", "0", NULL }, "want a size" },
		{ { "--size", "99999999T", NULL }, "want a size" },
		{ { "--choice", "blue", NULL }, "want one of red, green" },
		{ { "one", "two", NULL }, "unexpected argument two" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct values v = { 0 };
		_cleanup_(opt_args_free) struct opt_args a = { 0 };
		struct err e = { 0 };
		char *argv[5] = { A("test") };

		for (size_t j = 0; cases[i].args[j]; j++)
			argv[j + 1] = A(cases[i].args[j]);
		CHECK_INT(parse(argv, &v, &a, &e), -EINVAL);
		CHECK_HAS(e.text, cases[i].text);
		CHECK_INT(e.exit_status, EXIT_USAGE);
	}
}

static void rest_only_where_it_is_taken(void)
{
	struct values v = { 0 };
	_cleanup_(opt_args_free) struct opt_args a = { 0 };
	struct err e = { 0 };

	command.takes_rest = false;
	CHECK_INT(parse(ARGS(A("--"), A("x")), &v, &a, &e), -EINVAL);
	CHECK_HAS(e.text, "nothing may follow --");
	command.takes_rest = true;
}

static void no_limit_has_two_names(void)
{
	static const struct {
		const char *word;
		unsigned int want;
	} rows[] = { { "none", 0 }, { "0", 0 }, { "90", 90 } };

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct values v = { .seconds = 300 };
		_cleanup_(opt_args_free) struct opt_args a = { 0 };
		struct err e;

		CHECK_INT(parse(ARGS(A("--seconds"), A(rows[i].word)), &v, &a, &e), 0);
		CHECK_INT(v.seconds, rows[i].want);
	}
}

static void dashes_as_a_value(void)
{
	struct values v = { 0 };
	_cleanup_(opt_args_free) struct opt_args a = { 0 };
	struct err e;

	CHECK_INT(parse(ARGS(A("--text"), A("--")), &v, &a, &e), 0);
	CHECK_STR(v.text, "--");
	CHECK(a.rest == NULL);
}

static void help_ends_early(void)
{
	struct values v = { 0 };
	_cleanup_(opt_args_free) struct opt_args a = { 0 };
	struct err e;

	CHECK_INT(parse(ARGS(A("-h"), A("--nosuch")), &v, &a, &e), 0);
	CHECK(a.help);
}

static void defaults(void)
{
	struct values v = { 0 };
	_cleanup_(opt_args_free) struct opt_args a = { 0 };
	struct err e;

	CHECK_INT(parse(ARGS(A("--list"), A("1")), &v, &a, &e), 0);
	CHECK_INT(v.preset, 7);
	OPT_EACH(o, &command)
	CHECK_INT(opt_given(o, &v), str_eq(o->name, "list"));
	v.preset = 8;
	v.choice = 1;
	v.text = "";
	OPT_EACH(o, &command)
	if (str_eq(o->name, "preset") || str_eq(o->name, "choice") || str_eq(o->name, "text"))
		CHECK(opt_given(o, &v));
}

/* Whether a command was given decides the exit status, also beside an error. */
static void a_command_after_an_error(void)
{
	static char *const words[] = { strdup_("--nosuch"), strdup_("--size=0"),
				       strdup_("--text") };

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		struct values v = { 0 };
		_cleanup_(opt_args_free) struct opt_args a = { 0 };
		struct err e = { 0 };
		/* "--text" takes the first "--" as its value. */
		int r = parse(ARGS(words[i], A("--"), A("x"), A("--"), A("y")), &v, &a, &e);

		CHECK_INT(r, i == 2 ? 0 : -EINVAL);
		CHECK(a.rest && str_eq(a.rest[0], i == 2 ? "y" : "x"));
	}
}

static void needs(void)
{
	static const struct {
		struct values v;
		bool command;
		const char *text;
	} rows[] = {
		{ { .more = true }, true, "test: --more needs --flag" },
		{ { .more = true, .flag = true }, false, NULL },
		{ { .ours = true, .flag = true }, false, "test: --ours needs a command after --" },
		{ { .ours = true }, true, NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct err e = { 0 };
		struct values v = rows[i].v;

		v.preset = 7;
		CHECK_INT(opt_check_needs(&command, &v, rows[i].command, &e),
			  rows[i].text ? -EINVAL : 0);
		CHECK_STR(e.text, rows[i].text ? rows[i].text : "");
	}
}

static int config(const char *text, struct values *v, struct opt_args *a, struct err *e)
{
	return opt_config_parse(&command, "FILE", text, strlen(text), v, a, e);
}

static void a_file_of_options(void)
{
	struct values v = { 0 };
	_cleanup_(opt_args_free) struct opt_args a = { 0 };
	struct err e = { 0 };

	CHECK_INT(config("# all kinds\n\n  flag\ntext\t a  \"b\" # c \r\n \n#text no\nlist 1\nlist "
			 "--list 2\n"
			 "size 1M\nmaybe\nchoice green",
			 &v, &a, &e),
		  0);
	CHECK(v.flag);
	CHECK_STR(v.text, "a  \"b\" # c");
	CHECK_INT(v.list.n, 2);
	CHECK_STR(v.list.v[1], "--list 2");
	CHECK_INT(v.size, 1 << 20);
	CHECK_INT(v.maybe, 1);
	CHECK_INT(v.choice, 1);
	CHECK_INT(config("", &v, &a, &e), 0);
	strv_free(&v.list);
}

static void a_bad_file_of_options(void)
{
	static const char *const rows[][2] = {
		{ "\n\nnosuch 1\n", "FILE:3: test: unknown option nosuch" },
		{ "--flag", "FILE:1: test: unknown option --flag" },
		{ "fla", "FILE:1: test: unknown option fla;" },
		{ "flag yes", "FILE:1: test: --flag takes no value" },
		{ "flag\ntext\n", "FILE:2: test: --text needs TEXT" },
		{ "size 0", "FILE:1: test: --size 0: want a size" },
		{ "maybe blue", "FILE:1: test: --maybe blue: want one of red, green" },
		{ "config other", "FILE:1: test: --config other: want another value" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct values v = { 0 };
		_cleanup_(opt_args_free) struct opt_args a = { 0 };
		struct err e = { 0 };

		CHECK_INT(config(rows[i][0], &v, &a, &e), -EINVAL);
		CHECK_HAS(e.text, rows[i][1]);
		CHECK_INT(e.exit_status, EXIT_USAGE);
	}
}

/* Where it stands among the others it counts: the last one wins. */
static void a_file_among_options(void)
{
	static const char path[] = "opt-config.tmp";
	struct values v = { 0 };
	_cleanup_(opt_args_free) struct opt_args a = { 0 };
	struct err e = { 0 };
	FILE *f = fopen(path, "w");

	CHECK(f && fputs("number 2\nseconds 2\n", f) >= 0 && fclose(f) == 0);
	CHECK_INT(parse(ARGS(A("--number"), A("1"), A("--config"), A(path), A("--seconds=3")), &v,
			&a, &e),
		  0);
	CHECK_INT(v.number, 2);
	CHECK_INT(v.seconds, 3);
	remove(path);
	CHECK_INT(parse(ARGS(A("--config"), A(path)), &v, &a, &e), -ENOENT);
	CHECK_INT(e.exit_status, EXIT_BAD_INPUT);
	CHECK_HAS(e.text, "test: opt-config.tmp: No such file");
}

/* The words of one option in front of all, between ours, and at the end; each with its value. */
static void another_programs_options(void)
{
	static const char *const flags[] = { "S", "no-reboot", NULL };
	static const char *const want[] = { "-S",	"-device", "x,y=z",
					    "-monitor", "unix:m",  "-no-reboot" };
	struct values v = { 0 };
	_cleanup_(opt_args_free) struct opt_args a = { 0 };
	struct err e;
	char **argv = ARGS(A("-S"), A("pos"), A("-device"), A("x,y=z"), A("-f"), A("--text"),
			   A("-snapshot"), A("-monitor"), A("unix:m"), A("-m384M"), A("-tTEXT"),
			   A("-ft"), A("more"), A("-no-reboot"), A("--"), A("-S"));

	command.foreign_flags = flags;
	CHECK_INT(parse(argv, &v, &a, &e), 0);
	CHECK(v.flag);
	CHECK_STR(v.text, "more");
	CHECK_INT(v.size, 384 << 20);
	CHECK_INT(a.args.n, 1);
	CHECK_INT(a.foreign.n, ARRAY_SIZE(want));
	for (size_t i = 0; i < a.foreign.n && i < ARRAY_SIZE(want); i++)
		CHECK_STR(a.foreign.v[i], want[i]);
	CHECK(a.rest && str_eq(a.rest[0], "-S") && !a.rest[1]);
	opt_args_free(&a);
	a = (struct opt_args){ 0 };
	v = (struct values){ 0 };
	CHECK_INT(parse(ARGS(A("-device")), &v, &a, &e), 0); /* nothing follows it */
	CHECK_INT(a.foreign.n, 1);
	command.foreign_flags = NULL;
}

int main(void)
{
	RUN(all_kinds);
	RUN(a_word_or_none);
	RUN(errors_name_the_option);
	RUN(rest_only_where_it_is_taken);
	RUN(no_limit_has_two_names);
	RUN(dashes_as_a_value);
	RUN(another_programs_options);
	RUN(help_ends_early);
	RUN(defaults);
	RUN(a_command_after_an_error);
	RUN(needs);
	RUN(a_file_of_options);
	RUN(a_bad_file_of_options);
	RUN(a_file_among_options);
	TEST_END();
}
