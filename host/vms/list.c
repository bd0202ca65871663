/* SPDX-License-Identifier: MIT */
/* list.c - `storeboot list`: the running VMs */
#include "host/vms/list.h"

#include <errno.h>
#include <time.h>

#include "host/lib/exit.h"
#include "host/lib/harmless.h"
#include "host/lib/json.h"
#include "host/lib/opt.h"
#include "host/lib/utf8.h"
#include "host/vms/vms.h"
#include "init/lib/log.h"

struct values {
	bool json;
};

static const struct opt opts[] = {
	OPT(FLAG, struct values, json, "json", NULL, "print one JSON object a line"), { 0 }
};

void list_up(int64_t seconds, char *ret, size_t size)
{
	static const struct {
		long long big, small; /* seconds */
		char big_name, small_name;
	} units[] = { { 86400, 3600, 'd', 'h' }, { 3600, 60, 'h', 'm' }, { 60, 1, 'm', 's' } };

	if (seconds < 0) /* the clock was set back */
		seconds = 0;
	for (size_t i = 0; i < ARRAY_SIZE(units); i++)
		if (seconds >= units[i].big) {
			snprintf(ret, size, "%lld%c%02lld%c", seconds / units[i].big,
				 units[i].big_name, seconds % units[i].big / units[i].small,
				 units[i].small_name);
			return;
		}
	snprintf(ret, size, "%llds", (long long)seconds);
}

/* --- a table -------------------------------------------------------------- */

/* A cell of the table. */
static int add_cell(struct buf *b, const char *text, size_t width, bool last)
{
	text = text[0] ? text : "-";
	return last ? buf_addf(b, "%s\n", text) : buf_addf(b, "%-*s  ", (int)width, text);
}

enum { NAME, PID, SYSTEM, IMAGE, UP, COLUMNS };

struct row {
	const char *cells[COLUMNS];
	char pid[16], up[32];
};

static void row_of(const struct vms_entry *v, struct row *ret)
{
	harmless_line(v->system);
	harmless_line(v->image);
	snprintf(ret->pid, sizeof(ret->pid), "%d", (int)v->pid);
	list_up((int64_t)time(NULL) - v->started, ret->up, sizeof(ret->up));
	ret->cells[NAME] = v->name;
	ret->cells[PID] = ret->pid;
	ret->cells[SYSTEM] = v->system;
	ret->cells[IMAGE] = v->image;
	ret->cells[UP] = ret->up;
}

static int add_row(struct buf *b, const struct row *row, const size_t *widths)
{
	int r = 0;

	for (size_t c = 0; r == 0 && c < COLUMNS; c++)
		r = add_cell(b, row->cells[c], widths[c], c + 1 == COLUMNS);
	return r;
}

static int table(const struct vms_list *l, struct buf *ret)
{
	const struct row head = { .cells = { "NAME", "PID", "SYSTEM", "IMAGE", "UP" } };
	size_t widths[COLUMNS];
	struct row row;
	int r;

	if (l->n == 0)
		return 0;
	for (size_t c = 0; c < COLUMNS; c++)
		widths[c] = strlen(head.cells[c]);
	for (size_t i = 0; i < l->n; i++) {
		row_of(&l->v[i], &row);
		for (size_t c = 0; c < COLUMNS; c++)
			if (strlen(row.cells[c]) > widths[c])
				widths[c] = strlen(row.cells[c]);
	}
	r = add_row(ret, &head, widths);
	for (size_t i = 0; r == 0 && i < l->n; i++) {
		row_of(&l->v[i], &row);
		r = add_row(ret, &row, widths);
	}
	return r;
}

/* --- JSON ----------------------------------------------------------------- */

static int add_text(json_object *o, const char *name, const char *text)
{
	_cleanup_buf_ struct buf b = { 0 };
	int r = utf8_repair(text, &b);

	if (r == 0)
		json_object_object_add(o, name, json_object_new_string(b.data));
	return r;
}

static int add_object(const struct vms_entry *v, struct buf *ret)
{
	json_object *o = json_object_new_object();
	int r = add_text(o, "name", v->name);

	json_object_object_add(o, "pid", json_object_new_int64(v->pid));
	if (r == 0)
		r = add_text(o, "system", v->system);
	if (r == 0)
		r = add_text(o, "kernel", v->kernel);
	if (r == 0)
		r = add_text(o, "image", v->image);
	if (r == 0)
		r = add_text(o, "folder", v->folder);
	json_object_object_add(o, "escapes",
			       json_object_new_string(v->filtered ? "filter" : "keep"));
	json_object_object_add(o, "started", json_object_new_int64(v->started));
	if (r == 0)
		return json_line(o, ret);
	json_object_put(o);
	return r;
}

static int objects(const struct vms_list *l, struct buf *ret)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < l->n; i++)
		r = add_object(&l->v[i], ret);
	return r;
}

static int list(void *values, _unused_ const struct opt_args *args, struct err *e)
{
	const struct values *v = values;
	_cleanup_(vms_list_free) struct vms_list l = { 0 };
	_cleanup_buf_ struct buf text = { 0 };
	int r = vms_list(&l, e);

	if (r < 0)
		return r;
	r = v->json ? objects(&l, &text) : table(&l, &text);
	if (r < 0)
		return err_sys(e, r, "list");
	if (text.len > 0)
		fwrite(text.data, 1, text.len, stdout);
	return 0;
}

const struct opt_command list_command = {
	.name = "list",
	.brief = "list the running VMs",
	.synopsis = "[--json]",
	.about = "Lists the running VMs of this user. Prints nothing if there is none.",
	.examples = "  storeboot list\n"
		    "  storeboot list --json | jq -r .name",
	.opts = opts,
	.run = list,
	.failed = EXIT_MISSING,
};

int cmd_list(int argc, char **argv)
{
	struct values v = { 0 };

	return opt_run(&list_command, argc, argv, &v);
}
