/* SPDX-License-Identifier: MIT */
/* graph.c - tests of the parser of closures: what it takes, and each thing it must refuse */
#include "host/closure/graph.h"

#include <errno.h>

#include "host/lib/exit.h"
#include "tests/lib/test.h"

#define A "/nix/store/1xzjggjxd68hrj783pnl9g8xjbgrfsip-etc"
#define B "/nix/store/2pb3g4xafxhin93j5g5f7z0cys5kc9yb-nix-files"
#define C "/nix/store/s1y78axx3ky46cgzv60pyry4irrlv0pl-busybox"
#define DRV "/nix/store/p1qzcw27yajxvm003vjna5iyclx43c9j-nix.drv"
#define OTHER "/other/store/p1qzcw27yajxvm003vjna5iyclx43c9j-nix"
#define HASH "1db164361538e4bc78340922da2c204cc207c066cb3333ff953440ab256a7b3c"
#define HASH32 "0g3vd8jsnh1ljpzk6cybcv00ghjc40ndl8h96iwbrr1q2lv69c8x"
#define ZERO16 "0000000000000000000000000000000000000000000000000000000000000000"
#define ZERO32 "0000000000000000000000000000000000000000000000000000"

static int parse(enum graph_kind kind, const char *s, struct graph *g, struct err *e)
{
	*e = (struct err){ 0 };
	return graph_parse(kind, s, strlen(s), "closure", g, e);
}

static void references_sorted(void)
{
	struct graph g = { 0 };
	struct err e;

	CHECK_INT(parse(GRAPH_REFERENCES, C "\n" DRV "\n2\n" C "\n" A "\n" A "\n\n0\n", &g, &e), 0);
	CHECK_INT(g.n, 2);
	CHECK_STR(g.paths[0].path, A);
	CHECK_STR(g.paths[0].deriver, "");
	CHECK_INT(g.paths[0].n_refs, 0);
	CHECK_STR(g.paths[1].path, C);
	CHECK_STR(g.paths[1].deriver, DRV);
	CHECK_INT(g.paths[1].n_refs, 2);
	CHECK_STR(g.paths[1].refs[0], A);
	CHECK_STR(g.paths[1].refs[1], C);
	graph_free(&g);
}

/* As it is printed it is read again: already sorted, so the same bytes. */
static void registration_round_trip(void)
{
	static const char text[] = A "\n" HASH "\n2224\n\n0\n" B "\n" HASH
				     "\n9223372036854775807\n" DRV "\n2\n" A "\n" B "\n";
	_cleanup_buf_ struct buf out = { 0 };
	struct graph g = { 0 };
	struct err e;

	CHECK_INT(parse(GRAPH_REGISTRATION, text, &g, &e), 0);
	CHECK_INT(g.paths[0].nar_size, 2224);
	CHECK_INT(g.paths[0].hash[0], 0x1d);
	CHECK_INT(g.paths[0].hash[31], 0x3c);
	CHECK_INT(graph_print_registration(&g, &out), 0);
	CHECK_STR(out.data, text);
	graph_free(&g);
}

/* As nixpkgs' closureInfo has them; `nix-hash --to-base32` said this one. Zeroes are 2010's. */
static void base32_and_zeroes(void)
{
	static const char text[] = A "\nsha256:" HASH32 "\n2224\n\n0\n" B "\n" ZERO16 "\n0\n\n0\n" C
				     "\nsha256:" ZERO32 "\n0\n\n0\n";
	_cleanup_buf_ struct buf out = { 0 };
	struct graph g = { 0 };
	struct err e;

	CHECK_INT(parse(GRAPH_REGISTRATION, text, &g, &e), 0);
	CHECK_INT(graph_print_registration(&g, &out), 0);
	CHECK_STR(out.data, A "\n" HASH "\n2224\n\n0\n" B "\n" ZERO16 "\n0\n\n0\n" C "\n" ZERO16
			      "\n0\n\n0\n");
	graph_free(&g);
}

static void twice_is_once(void)
{
	struct graph g = { 0 };
	struct err e;

	CHECK_INT(parse(GRAPH_REFERENCES,
			A "\n\n0\n" C "\n\n2\n" A "\n" C "\n" A "\n\n0\n" C "\n\n2\n" C "\n" A "\n",
			&g, &e),
		  0);
	CHECK_INT(g.n, 2);
	graph_free(&g);
}

static const struct {
	enum graph_kind kind;
	const char *text;
	const char *message;
} refused[] = {
	{ GRAPH_REFERENCES, "", "closure:1: the file is empty" },
	{ GRAPH_REFERENCES, "\n", "closure:1: \"\" is no store path" },
	{ GRAPH_REFERENCES, A, "closure:1: the file ends where a store path should be" },
	{ GRAPH_REFERENCES, A "\n", "closure:2: the file ends where a deriver" },
	{ GRAPH_REFERENCES, A "\n\n", "closure:3: the file ends where a count of references" },
	{ GRAPH_REFERENCES, A "\n\n0", "closure:3: the file ends where a count of references" },
	{ GRAPH_REFERENCES, A "\n\n2\n" A "\n", "closure:5: the file ends where a reference" },
	{ GRAPH_REFERENCES, A "\n\n18446744073709551615\n" A "\n", "closure:5: the file ends" },
	{ GRAPH_REFERENCES, A "\n\n18446744073709551616\n",
	  "closure:3: 18446744073709551616 is too" },
	{ GRAPH_REFERENCES, A "\n\nx\n", "closure:3: \"x\" is not a count of references" },
	{ GRAPH_REFERENCES, A "\n\n\n", "closure:3: \"\" is not a count" },
	{ GRAPH_REFERENCES, A "\n\n-1\n", "closure:3: \"-1\" is not a count" },
	{ GRAPH_REFERENCES, A "\n\n00\n", "closure:3: \"00\" is not a count" },
	{ GRAPH_REFERENCES, A "\n\n0 \n", "closure:3: \"0 \" is not a count" },
	{ GRAPH_REFERENCES, A "\n\n1\n" A "\n0\n", "closure:5: \"0\" is no store path" },
	{ GRAPH_REFERENCES, A "\r\n\r\n0\r\n", "closure:1: the line ends in CR LF" },
	{ GRAPH_REFERENCES, A "\n\n0\r\n", "closure:3: the line ends in CR LF" },
	{ GRAPH_REFERENCES, "etc\n\n0\n", "closure:1: \"etc\" is no store path" },
	{ GRAPH_REFERENCES, "/etc/passwd\n\n0\n", "closure:1: \"/etc/passwd\" is no store path" },
	{ GRAPH_REFERENCES, A "/passwd\n\n0\n", "is no store path" },
	{ GRAPH_REFERENCES, "nix/store/1xzjggjxd68hrj783pnl9g8xjbgrfsip-etc\n\n0\n",
	  "is no store" },
	{ GRAPH_REFERENCES, "/1xzjggjxd68hrj783pnl9g8xjbgrfsip-etc\n\n0\n", "is no store path" },
	{ GRAPH_REFERENCES, "/nix/store/1xzjggjxd68hrj783pnl9g8xjbgrfsip-\n\n0\n",
	  "is no store path" },
	{ GRAPH_REFERENCES, "/nix/store/1xzjggjxd68hrj783pnl9g8xjbgrfsiu-etc\n\n0\n",
	  "is no store" },
	{ GRAPH_REFERENCES, "/nix/store/1xzjggjxd68hrj783pnl9g8xjbgrfsip-e tc\n\n0\n",
	  "is no store" },
	{ GRAPH_REFERENCES, A "\n\n1\n" OTHER "\n", "closure:4: " OTHER " is not in /nix/store" },
	{ GRAPH_REFERENCES, A "\n" B "\n0\n", "closure:2: " B " is no deriver" },
	{ GRAPH_REFERENCES, A "\n\n1\n" B "\n",
	  "closure:1: " A " refers to " B ", which is not in" },
	{ GRAPH_REFERENCES, A "\n\n0\n" B "\n\n1\n" C "\n", "closure:4: " B " refers to " C },
	{ GRAPH_REFERENCES, A "\n\n0\n" A "\n\n1\n" A "\n",
	  "closure:4: " A " was listed before, at line 1, with other content" },
	{ GRAPH_REGISTRATION, A "\n\n0\n", "closure:2: \"\" is no SHA-256" },
	{ GRAPH_REGISTRATION, A "\nsha256:" HASH "0\n1\n\n0\n", "closure:2: \"sha256:1db1" },
	{ GRAPH_REGISTRATION, A "\nsha256:0" HASH32 "\n1\n\n0\n", "closure:2: \"sha256:0" },
	{ GRAPH_REGISTRATION, A "\nz000000000000000000000000000000000000000000000000000\n1\n\n0\n",
	  "closure:2: \"z000" },
	{ GRAPH_REGISTRATION, A "\ne000000000000000000000000000000000000000000000000000\n1\n\n0\n",
	  "closure:2: \"e000" },
	{ GRAPH_REGISTRATION, A "\nmd5:" HASH "\n1\n\n0\n", "closure:2: \"md5:" },
	{ GRAPH_REGISTRATION, A "\n" HASH "\n9223372036854775808\n\n0\n",
	  "closure:3: 922337203685477" },
	{ GRAPH_REGISTRATION, A "\n" HASH "\n\n\n0\n", "closure:3: \"\" is not a size in bytes" },
};

static void bad_input_is_refused(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
		struct graph g = { .n = 42 };
		struct err e;

		CHECK_INT(parse(refused[i].kind, refused[i].text, &g, &e), -EBADMSG);
		CHECK_HAS(e.text, refused[i].message);
		CHECK_INT(e.exit_status, EXIT_BAD_INPUT);
		CHECK_INT(g.n, 42);
		CHECK(!strchr(e.text, '\n'));
	}
}

static void nul_is_refused(void)
{
	static const char text[] = A "\n\n0\0\n";
	struct graph g = { 0 };
	struct err e = { 0 };

	CHECK_INT(graph_parse(GRAPH_REFERENCES, text, sizeof(text) - 1, "closure", &g, &e),
		  -EBADMSG);
	CHECK_HAS(e.text, "closure:3: a NUL byte");
}

/* 20,000 paths that each refer to ten others: not quadratic. */
static void large_closure(void)
{
	enum { N = 20000 };
	_cleanup_buf_ struct buf text = { 0 };
	struct graph g = { 0 };
	struct err e = { 0 };
	int r = 0;

	for (int i = N; i-- > 0 && r == 0;) {
		r = buf_addf(&text, "/nix/store/%032d-p\n\n10\n", i);
		for (int j = 0; j < 10 && r == 0; j++)
			r = buf_addf(&text, "/nix/store/%032d-p\n", (i * 7 + j * 13) % N);
	}
	CHECK_INT(r, 0);
	CHECK_INT(graph_parse(GRAPH_REFERENCES, text.data, text.len, "large", &g, &e), 0);
	CHECK_INT(g.n, N);
	CHECK_STR(g.paths[1].path, "/nix/store/00000000000000000000000000000001-p");
	graph_free(&g);
}

int main(void)
{
	RUN(references_sorted);
	RUN(registration_round_trip);
	RUN(base32_and_zeroes);
	RUN(twice_is_once);
	RUN(bad_input_is_refused);
	RUN(nul_is_refused);
	RUN(large_closure);
	TEST_END();
}
