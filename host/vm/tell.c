/* SPDX-License-Identifier: MIT */
/* tell.c - a run's progress, verdict and times, for the user */
#include "host/vm/tell.h"

#include <stdio.h>
#include <sys/stat.h>

#include "host/lib/progress.h"
#include "init/lib/log.h"

/* Whether both are the same file or terminal. */
static bool same_place(int a, int b)
{
	struct stat s, t;

	return fstat(a, &s) == 0 && fstat(b, &t) == 0 && s.st_dev == t.st_dev &&
	       s.st_ino == t.st_ino && s.st_rdev == t.st_rdev;
}

void tell_verdict(const struct verdict *v)
{
	if (v->line[0])
		log_line(v->failed ? LOG_ERROR : LOG_INFO, "%s", v->line);
	if (!v->failed || !v->console[0] || same_place(STDOUT_FILENO, STDERR_FILENO))
		return;
	log_error("the last lines of the guest's console:");
	for (const char *l = v->console; *l; l += strcspn(l, "\n"), l += *l == '\n')
		log_error("| %.*s", (int)strcspn(l, "\n"), l);
}

void tell_progress(const struct record *rec)
{
	if (rec->kind == RECORD_BEGIN)
		progress_set("booting: stage 1, %s", rec->name);
	else if (rec->kind == RECORD_STAGE2 || rec->kind == RECORD_FAIL)
		progress_end();
}

void tell_times(const struct timeline *t)
{
	_cleanup_buf_ struct buf table = { 0 };

	if (timeline_table(t, &table) == 0)
		fputs(table.data, stderr);
}

/* What timeline_svg begins with. */
static bool is_plot(int fd)
{
	return output_begins(fd, "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"");
}

int tell_plot_open(const char *path, struct output *ret, struct err *e)
{
	return output_open(path, "the plot", is_plot, ret, e);
}

int tell_plot(const struct timeline *t, const char *name, const struct output *to, struct err *e)
{
	_cleanup_buf_ struct buf svg = { 0 };
	int r = timeline_svg(t, name, &svg);

	return r < 0 ? err_sys(e, r, "--plot %s", to->path) : output_finish(to, &svg, e);
}
