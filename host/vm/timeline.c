/* SPDX-License-Identifier: MIT */
/* timeline.c - how long each part of a boot took, from QEMU's start on */
#include "host/vm/timeline.h"

#include <inttypes.h>
#include <stdio.h>

/* Limit for times from the guest, some 30 years: sums of them do not overflow. */
#define TIME_MAX 1000000000000000ULL

/* Names are printed as they are: replaces unprintable characters. */
static void set_name(struct timeline_step *s, const char *prefix, const char *name)
{
	snprintf(s->name, sizeof(s->name), "%s%.*s", prefix,
		 (int)(sizeof(s->name) - 1 - strlen(prefix)), name);
	for (char *p = s->name; *p; p++)
		if (*p < ' ' || *p > '~')
			*p = '?';
}

static void add_phase(struct timeline *t, const struct record *rec)
{
	struct timeline_step *s;

	if (t->n_kernel == TIMELINE_PHASES)
		return;
	s = &t->kernel[t->n_kernel++];
	*s = (struct timeline_step){ .outcome = TIMELINE_OK,
				     .start_us = rec->start_us,
				     .took_us = rec->took_us };
	set_name(s, "kernel: ", rec->name);
}

static struct timeline_step *step_for(struct timeline *t, const struct record *rec)
{
	struct timeline_step *last = t->n > 0 ? &t->steps[t->n - 1] : NULL;

	if (last && last->outcome == TIMELINE_RUNS && str_eq(last->name, rec->name))
		return last;
	if (t->n == TIMELINE_STEPS)
		return NULL;
	last = &t->steps[t->n++];
	*last = (struct timeline_step){ .start_us = rec->start_us };
	set_name(last, "", rec->name);
	return last;
}

static void end_step(struct timeline *t, const struct record *rec, enum timeline_outcome outcome)
{
	struct timeline_step *s = step_for(t, rec);

	if (!s)
		return;
	s->outcome = outcome;
	/* A failure's record has only the time of its end. */
	s->took_us = rec->took_us;
	if (outcome == TIMELINE_FAILED)
		s->took_us = rec->start_us > s->start_us ? rec->start_us - s->start_us : 0;
}

static void add(struct timeline *t, const struct record *rec, uint64_t now_us)
{
	int64_t offset = (int64_t)(now_us - rec->start_us - rec->took_us);

	if (!t->heard || offset < t->offset_us)
		t->offset_us = offset;
	t->heard = true;
	switch (rec->kind) {
	case RECORD_BEGIN:
		(void)step_for(t, rec);
		break;
	case RECORD_STEP:
		end_step(t, rec, TIMELINE_OK);
		break;
	case RECORD_SKIP:
		end_step(t, rec, TIMELINE_SKIPPED);
		break;
	case RECORD_FAIL:
		end_step(t, rec, TIMELINE_FAILED);
		break;
	case RECORD_STAGE2:
		t->stage2 = true;
		t->stage2_us = rec->start_us;
		break;
	case RECORD_KERNEL:
		add_phase(t, rec);
		break;
	case RECORD_WARN:
	case RECORD_PVPANIC:
		break;
	}
}

void timeline_record(struct timeline *t, const struct record *rec, uint64_t now_us)
{
	struct record bounded = *rec;

	if (bounded.start_us > TIME_MAX)
		bounded.start_us = TIME_MAX;
	if (bounded.took_us > TIME_MAX)
		bounded.took_us = TIME_MAX;
	add(t, &bounded, now_us);
}

/* --- rows of the table and the drawing ------------------------------------ */

enum row_kind { ROW_HOST, ROW_KERNEL, ROW_STEP, ROW_SKIPPED, ROW_FAILED, ROW_RUNS };

struct row {
	const char *name;
	enum row_kind kind;
	uint64_t from_us, to_us; /* since QEMU's start */
};

struct rows {
	struct row v[TIMELINE_STEPS + TIMELINE_PHASES + 3];
	size_t n;
	uint64_t end_us; /* of the whole drawing */
};

static uint64_t since_qemu(const struct timeline *t, uint64_t guest_us)
{
	int64_t at = t->offset_us + (int64_t)guest_us - (int64_t)t->qemu_us;

	return at > 0 ? (uint64_t)at : 0;
}

static void add_row(struct rows *rows, const char *name, enum row_kind kind, uint64_t from,
		    uint64_t to)
{
	rows->v[rows->n++] = (struct row){ name, kind, from, to > from ? to : from };
	if (to > rows->end_us)
		rows->end_us = to;
}

static void add_step(const struct timeline *t, const struct timeline_step *s, uint64_t ended,
		     struct rows *ret)
{
	static const enum row_kind kinds[] = {
		[TIMELINE_RUNS] = ROW_RUNS,
		[TIMELINE_OK] = ROW_STEP,
		[TIMELINE_SKIPPED] = ROW_SKIPPED,
		[TIMELINE_FAILED] = ROW_FAILED,
	};
	uint64_t from = since_qemu(t, s->start_us), to = since_qemu(t, s->start_us + s->took_us);

	if (s->outcome == TIMELINE_SKIPPED && s->took_us == 0)
		return;			 /* this boot does not need it */
	if (s->outcome == TIMELINE_RUNS) /* the last step ends with stage 1 */
		to = t->stage2 ? since_qemu(t, t->stage2_us) : ended;
	add_row(ret, s->name, kinds[s->outcome], from, to);
	if (s->outcome == TIMELINE_RUNS && t->stage2)
		ret->v[ret->n - 1].kind = ROW_STEP;
}

static void rows_of(const struct timeline *t, struct rows *ret)
{
	uint64_t ended = t->end_us > t->qemu_us ? t->end_us - t->qemu_us : 0;
	uint64_t ready = t->greeted_us > t->qemu_us ? t->greeted_us - t->qemu_us : 0;
	uint64_t kernel = since_qemu(t, 0);

	*ret = (struct rows){ 0 };
	/* The guest may be faster than our reading of the greeting. */
	if (t->heard && ready > kernel)
		ready = kernel;
	add_row(ret, "QEMU", ROW_HOST, 0, ready);
	if (!t->heard) {
		add_row(ret, "firmware, kernel", ROW_RUNS, ready, ended);
		return;
	}
	add_row(ret, "firmware", ROW_HOST, ready, kernel);
	add_row(ret, "kernel", ROW_KERNEL, kernel,
		t->n > 0 ? since_qemu(t, t->steps[0].start_us) : ended);
	for (size_t i = 0; i < t->n_kernel; i++)
		add_row(ret, t->kernel[i].name, ROW_KERNEL, since_qemu(t, t->kernel[i].start_us),
			since_qemu(t, t->kernel[i].start_us + t->kernel[i].took_us));
	for (size_t i = 0; i < t->n; i++)
		add_step(t, &t->steps[i], ended, ret);
	if (t->stage2)
		ret->end_us = since_qemu(t, t->stage2_us);
}

/* --- the table ------------------------------------------------------------ */

static const char *remark(enum row_kind kind)
{
	switch (kind) {
	case ROW_SKIPPED:
		return "  nothing to do";
	case ROW_FAILED:
		return "  failed";
	case ROW_RUNS:
		return "  did not end";
	case ROW_HOST:
	case ROW_KERNEL:
	case ROW_STEP:
		break;
	}
	return "";
}

static int add_line(struct buf *b, const char *name, uint64_t at, const uint64_t *took,
		    const char *rest)
{
	int r = buf_addf(b, "  %-18s %8" PRIu64 ".%03" PRIu64, name, at / 1000000,
			 at / 1000 % 1000);

	if (r == 0 && took)
		r = buf_addf(b, " %8" PRIu64 ".%03" PRIu64, *took / 1000000, *took / 1000 % 1000);
	return r < 0 ? r : buf_addf(b, "%s\n", rest);
}

int timeline_table(const struct timeline *t, struct buf *ret)
{
	struct rows rows;
	int r = buf_addf(ret, "  %-18s %12s %12s\n", "", "from, s", "took, s");

	rows_of(t, &rows);
	for (size_t i = 0; r == 0 && i < rows.n; i++) {
		const struct row *row = &rows.v[i];
		uint64_t took = row->to_us - row->from_us;

		r = add_line(ret, row->name, row->from_us, &took, remark(row->kind));
	}
	if (r == 0 && t->stage2)
		r = add_line(ret, "stage 2 reached", rows.end_us, NULL, "");
	if (r == 0 && t->end_us > t->qemu_us)
		r = add_line(ret, "QEMU ended", t->end_us - t->qemu_us, NULL, "");
	return r;
}

/* --- the drawing ---------------------------------------------------------- */

#define WIDTH 960
#define LEFT 140  /* where the bars begin */
#define RIGHT 130 /* space for the last bar's time and remark */
#define TOP 64	  /* title and axis */
#define PITCH 26  /* distance between rows */
#define BAR 16
#define TEXT "#222"

static const char *const colours[] = {
	[ROW_HOST] = "#8a94a6",	   [ROW_KERNEL] = "#3b76b8", [ROW_STEP] = "#2e9e6b",
	[ROW_SKIPPED] = "#a9d8c0", [ROW_FAILED] = "#c8402f", [ROW_RUNS] = "#d98a1f",
};

static double x_of(uint64_t us, uint64_t end_us)
{
	return LEFT + (double)us * (WIDTH - LEFT - RIGHT) / (double)(end_us ? end_us : 1);
}

static int add_xml(struct buf *b, const char *text)
{
	int r = 0;

	for (; r == 0 && *text; text++)
		r = strchr("<>&\"'", *text) || (unsigned char)*text < ' ' ?
			    buf_addf(b, "&#%d;", *text < ' ' ? '?' : *text) :
			    buf_add(b, text, 1);
	return r;
}

/* Grid lines at round times, 4 to 10 of them. */
static int add_axis(const struct rows *rows, double bottom, struct buf *b)
{
	static const unsigned int mantissa[] = { 1, 2, 5 };
	uint64_t step = 1000;
	int r = 0;

	for (unsigned int i = 1; rows->end_us / step > 10; i++) {
		step = mantissa[i % 3];
		for (unsigned int k = 0; k < 3 + i / 3; k++)
			step *= 10;
	}
	for (uint64_t at = 0; r == 0 && at <= rows->end_us; at += step) {
		double x = x_of(at, rows->end_us);

		r = buf_addf(
			b,
			"<line x1=\"%.1f\" y1=\"%d\" x2=\"%.1f\" y2=\"%.0f\" stroke=\"#ddd\"/>\n"
			"<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\" fill=\"#666\">%g s"
			"</text>\n",
			x, TOP - 8, x, bottom, x, TOP - 13, (double)at / 1e6);
	}
	return r;
}

static int add_bar(const struct rows *rows, size_t i, struct buf *b)
{
	const struct row *row = &rows->v[i];
	double from = x_of(row->from_us, rows->end_us), to = x_of(row->to_us, rows->end_us);
	double took = (double)(row->to_us - row->from_us) / 1e3;
	int y = TOP + (int)i * PITCH;
	int r = buf_addf(b, "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">", LEFT - 10, y + 13);

	if (r == 0)
		r = add_xml(b, row->name);
	if (r == 0)
		r = buf_addf(b,
			     "</text>\n<rect x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"%d\" "
			     "fill=\"%s\"/>\n<text x=\"%.1f\" y=\"%d\">",
			     from, y, to - from < 1 ? 1 : to - from, BAR, colours[row->kind],
			     to + 6, y + 13);
	if (r == 0)
		r = took < 1000 ? buf_addf(b, "%.1f ms", took) : buf_addf(b, "%.2f s", took / 1e3);
	return r < 0 ? r : buf_addf(b, "%s</text>\n", remark(row->kind));
}

static int add_title(const struct timeline *t, const struct rows *rows, const char *name,
		     struct buf *b)
{
	int r = buf_addf(b, "<text x=\"%d\" y=\"24\" font-size=\"16\" font-weight=\"bold\">", 16);

	if (r == 0)
		r = add_xml(b, name);
	return r < 0 ? r :
		       buf_addf(b, ": %.2f s from QEMU's start %s</text>\n",
				(double)rows->end_us / 1e6,
				t->stage2 ? "to stage 2" : "to its end; stage 2 was not reached");
}

int timeline_svg(const struct timeline *t, const char *name, struct buf *ret)
{
	struct rows rows;
	int height, r;

	rows_of(t, &rows);
	height = TOP + (int)rows.n * PITCH + 12;
	r = buf_addf(
		ret,
		"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" "
		"viewBox=\"0 0 %d %d\" font-family=\"sans-serif\" font-size=\"12\" fill=\"" TEXT
		"\">\n<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n",
		WIDTH, height, WIDTH, height);
	if (r == 0)
		r = add_title(t, &rows, name, ret);
	if (r == 0)
		r = add_axis(&rows, height - 12, ret);
	for (size_t i = 0; r == 0 && i < rows.n; i++)
		r = add_bar(&rows, i, ret);
	return r < 0 ? r : buf_addf(ret, "</svg>\n");
}
