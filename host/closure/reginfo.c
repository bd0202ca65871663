/* SPDX-License-Identifier: MIT */
/*
 * reginfo.c - the registration of a closure, and `storeboot reginfo`
 *
 * The hashes come from the database of the host's Nix, or are computed from the files of an
 * exportReferencesGraph file. The latter works inside a build, which has neither Nix nor a
 * database.
 */
#include "host/closure/reginfo.h"

#include <errno.h>
#include <sys/wait.h>

#include "host/closure/graph.h"
#include "host/closure/nar.h"
#include "host/closure/nix_state.h"
#include "host/lib/exit.h"
#include "host/lib/input.h"
#include "host/lib/opt.h"
#include "host/lib/output.h"
#include "host/lib/progress.h"
#include "init/lib/file.h"
#include "init/lib/log.h"
#include "init/lib/spawn.h"

#define GRAPH_MAX ((size_t)256 << 20) /* bytes; a closure of 100,000 paths has about 50 MB */
#define BATCH 500 /* paths per command line; far below the limit of execve(2) on its total size */

static void cleanup_graph(struct graph *g)
{
	graph_free(g);
}

/* Nix's last error, which may have several lines: "error: path ... is not valid". */
static const char *nix_says(struct buf *text)
{
	char *start = text->data, *at = text->data;

	if (!start || start[0] == '\0')
		return "no message";
	while ((at = strstr(at, "error:")))
		start = at++;
	for (char *c = start; *c; c++)
		if ((unsigned char)*c < ' ')
			*c = ' ';
	return start;
}

/* Appends the stdout of nix-store to ret. argv: NULL-terminated, with argv[0] "nix-store". env:
 * NULL for our own. what: the purpose, for messages. */
static int nix_store(const char *const *argv, char *const *env, const char *what, struct buf *ret,
		     struct err *e)
{
	struct spawn s = { .path = "nix-store",
			   .argv = argv,
			   .envp = env,
			   .stdin_fd = -1,
			   .max_output = GRAPH_MAX };
	_cleanup_buf_ struct buf err = { 0 };
	int status, r = spawn_run(&s, ret, &err, &status);
	char text[64];

	if (r == -ENOENT)
		return err_exit(e, EXIT_MISSING, ENOENT,
				"nix-store is missing on this host: install Nix (Debian: apt-get "
				"install nix-bin), or give a closure's graph with --graph");
	if (r < 0)
		return err_sys(e, r, "cannot run nix-store");
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		return err_exit(e, EXIT_BAD_INPUT, EINVAL, "nix-store cannot %s: %s (%s)", what,
				nix_says(&err), spawn_status_text(status, text, sizeof(text)));
	return 0;
}

static int append(struct strv *argv, const char *s, struct err *e)
{
	int r = strv_add(argv, s);

	return r < 0 ? err_sys(e, r, "cannot run nix-store") : 0;
}

/* Adds each line of text to ret. */
static int split_lines(char *text, struct strv *ret, struct err *e)
{
	char *save = NULL;
	int r = 0;

	for (char *line = strtok_r(text, "\n", &save); line && r == 0;
	     line = strtok_r(NULL, "\n", &save))
		r = append(ret, line, e);
	return r;
}

static int closure(const char *const *paths, char *const *env, struct strv *ret, struct err *e)
{
	_cleanup_strv_ struct strv argv = { 0 };
	_cleanup_buf_ struct buf out = { 0 };
	static const char *const head[] = { "nix-store", "--query", "--requisites", "--" };
	int r = 0;

	for (size_t i = 0; i < ARRAY_SIZE(head) && r == 0; i++)
		r = append(&argv, head[i], e);
	for (size_t i = 0; paths[i] && r == 0; i++)
		r = append(&argv, paths[i], e);
	if (r == 0)
		r = nix_store((const char *const *)argv.v, env, "tell the closure", &out, e);
	if (r < 0)
		return r;
	if (out.len == 0)
		return err_exit(e, EXIT_BAD_INPUT, EINVAL,
				"nix-store names no path in the closure");
	return split_lines(out.data, ret, e);
}

static int from_nix(const char *const *paths, char *const *env, struct buf *ret, struct err *e)
{
	_cleanup_(cleanup_graph) struct graph g = { 0 };
	_cleanup_strv_ struct strv all = { 0 };
	_cleanup_buf_ struct buf db = { 0 };
	int r = closure(paths, env, &all, e);

	for (size_t i = 0; i < all.n && r == 0; i += BATCH) {
		_cleanup_strv_ struct strv argv = { 0 };

		r = append(&argv, "nix-store", e);
		if (r == 0)
			r = append(&argv, "--dump-db", e);
		for (size_t j = i; j < all.n && j < i + BATCH && r == 0; j++)
			r = append(&argv, all.v[j], e);
		if (r == 0)
			r = nix_store((const char *const *)argv.v, env, "tell the registration",
				      &db, e);
	}
	if (r == 0)
		r = graph_parse(GRAPH_REGISTRATION, db.data, db.len, "nix-store --dump-db", &g, e);
	if (r == 0 && graph_print_registration(&g, ret) < 0)
		r = err_sys(e, ENOMEM, "cannot keep the registration");
	return r;
}

/* A user who may not open the database with Nix reads a copy of it. If there can be no copy, Nix's
 * own error is reported. */
int registration_from_nix(const char *const *paths, struct buf *ret, struct err *e)
{
	_cleanup_(nix_state_free) struct nix_state copy = NIX_STATE_INIT;
	struct err first = { 0 }, no_copy = { 0 };
	int r = from_nix(paths, NULL, ret, &first);

	if (r < 0 && first.exit_status != EXIT_MISSING && nix_state_copy(&copy, &no_copy) == 0)
		return from_nix(paths, copy.env.v, ret, e);
	if (r < 0)
		*e = first;
	return r;
}

int registration_of_graph(const struct buf *text, const char *name, struct buf *ret, struct err *e)
{
	_cleanup_(cleanup_graph) struct graph g = { 0 };
	int r = graph_parse(GRAPH_REFERENCES, text->data, text->len, name, &g, e);

	for (size_t i = 0; i < g.n && r == 0; i++)
		r = nar_hash(g.paths[i].path, g.paths[i].hash, &g.paths[i].nar_size, e);
	if (r < 0 && e->exit_status == 0)
		e->exit_status = EXIT_BAD_INPUT;
	if (r == 0 && graph_print_registration(&g, ret) < 0)
		r = err_sys(e, ENOMEM, "cannot keep the registration");
	return r;
}

int registration_from_graph(const char *graph_file, struct buf *ret, struct err *e)
{
	_cleanup_buf_ struct buf text = { 0 };
	int r = input_read(graph_file, GRAPH_MAX, &text);

	if (r < 0)
		return err_exit(e, EXIT_BAD_INPUT, r, "cannot read the graph %s: %s", graph_file,
				input_why(graph_file, -r));
	return registration_of_graph(&text, graph_file, ret, e);
}

struct values {
	const char *graph;
	const char *output;
};

static bool is_registration(int fd)
{
	_cleanup_(graph_free) struct graph g = { 0 };
	_cleanup_buf_ struct buf b = { 0 };
	struct err none = { 0 };

	return file_read_fd(fd, GRAPH_MAX, &b) == 0 &&
	       graph_parse(GRAPH_REGISTRATION, b.data ? b.data : "", b.len, "", &g, &none) == 0;
}

static int run(void *values, const struct opt_args *args, struct err *e)
{
	const struct values *v = values;
	_cleanup_(output_close) struct output out = OUTPUT_INIT;
	_cleanup_buf_ struct buf reg = { 0 };
	int r;

	if ((v->graph != NULL) == (args->args.n > 0))
		return err_exit(e, EXIT_USAGE, EINVAL,
				"reginfo takes store paths or --graph FILE, one of them; see "
				"storeboot reginfo --help");
	r = output_open(v->output, "the registration", is_registration, &out, e);
	if (r < 0)
		return r;
	progress_set("looking up the closure's registration");
	r = v->graph ? registration_from_graph(v->graph, &reg, e) :
		       registration_from_nix((const char *const *)args->args.v, &reg, e);
	progress_end();
	return r < 0 ? r : output_finish(&out, &reg, e);
}

static const struct opt opts[] = { OPT(STRING, struct values, graph, "graph", "FILE",
				       "exportReferencesGraph file to use instead of Nix",
				       .letter = 'g'),
				   OPT(STRING, struct values, output, "output", "FILE",
				       "file to write (default: -, stdout)", .letter = 'o'),
				   { 0 } };

const struct opt_command reginfo_command = {
	.name = "reginfo",
	.brief = "print the registration of a closure",
	.synopsis = "PATH... | --graph FILE",
	.about = "Prints the registration of the closure of store paths, with their hashes, as\n"
		 "nix-store --load-db and storeboot run --reginfo read it.",
	.examples = "  storeboot reginfo ./result -o registration\n"
		    "  storeboot reginfo --graph closure -o registration",
	.opts = opts,
	.max_args = UINT32_MAX,
	.run = run,
	.failed = EXIT_BAD_INPUT,
};

int cmd_reginfo(int argc, char **argv)
{
	struct values v = { 0 };

	return opt_run(&reginfo_command, argc, argv, &v);
}
