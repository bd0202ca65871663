/* SPDX-License-Identifier: MIT */
/*
 * last_words.c - the cause of the guest's end, from its console output
 *
 * A kernel that panics prints the processor's state after the reason, 20 to 60 lines, and an oops
 * before the panic prints more. None of these lines shows what was wrong.
 */
#include "host/vm/last_words.h"

#include <ctype.h>
#include <string.h>

#include "host/vm/line.h"
#include "init/lib/macro.h"
#include "init/lib/str.h"

#define LINES_MAX 8

const char *last_words_panic(const char *console)
{
	const char *last = NULL;

	for (const char *p = strstr(console, LAST_WORDS_PANIC); p;
	     p = strstr(p + 1, LAST_WORDS_PANIC))
		if (!str_after(p - (p - console < 9 ? p - console : 9), "---[ end "))
			last = p;
	return last;
}

bool last_words_restarted(const char *from)
{
	return strstr(from, "reboot: Restarting system") != NULL;
}

const char *last_words_memory(const char *console)
{
	/* mm/oom_kill.c, init/initramfs.c */
	static const char *const words[] = {
		"System is deadlocked on memory", "Out of memory and no killable processes",
		"Out of memory: Killed process",
		"Out of memory (oom_kill_allocating_task): Killed process",
		"Initramfs unpacking failed: write error"
	};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strstr(console, words[i]))
			return words[i];
	return NULL;
}

/* Removes the kernel's time, "[    1.234567] ", or caller, "[    T1] " (CONFIG_PRINTK_CALLER). */
static bool take_time(struct line *l)
{
	const char *end = l->len > 0 && l->text[0] == '[' ? memchr(l->text, ']', l->len) : NULL;
	const char *digit = l->text + 1;

	if (!end)
		return false;
	while (digit < end && *digit == ' ')
		digit++;
	if (digit == end || !(isdigit((unsigned char)*digit) || strchr("TC", *digit)))
		return false;
	*l = line_from(l, (size_t)(end + 1 - l->text));
	while (l->len > 0 && *l->text == ' ')
		*l = line_from(l, 1);
	return true;
}

/* "RSP: 0018:ffff", "x29: ffff8000", "sp : ffff8000", "FS:  00000000" */
static bool is_register(const struct line *l)
{
	size_t n = 0, digits = 0;
	bool colon = false;

	while (n < l->len && n < 5 && isalnum((unsigned char)l->text[n]))
		n++;
	for (; n >= 2 && n < l->len && strchr(" :", l->text[n]); n++)
		colon = colon || l->text[n] == ':';
	while (n + digits < l->len &&
	       (isxdigit((unsigned char)l->text[n + digits]) || l->text[n + digits] == ':'))
		digits++;
	return colon && digits >= 8;
}

/* A call in a trace: "name+0x12/0x34", perhaps after "? ", perhaps before a module's name. */
static bool is_call(const struct line *l)
{
	size_t from = l->len > 2 && l->text[0] == '?' ? 2 : 0, n = from;

	while (n < l->len && l->text[n] != ' ')
		n++;
	return memmem(l->text + from, n - from, "+0x", 3) &&
	       memmem(l->text + from, n - from, "/0x", 3);
}

static bool is_dump(const struct line *l)
{
	static const char *const begins[] = {
		"CPU: ",	 "Hardware name:", "Tainted: ",
		"Workqueue: ",	 "Call Trace:",	   "Call trace:",
		"<TASK>",	 "</TASK>",	   "<IRQ>",
		"</IRQ>",	 "<NMI>",	   "</NMI>",
		"<#DF>",	 "</#DF>",	   "Modules linked in:",
		"RIP: ",	 "EIP: ",	   "Code: ",
		"pc : ",	 "lr : ",	   "epc : ",
		"pstate: ",	 "status: ",	   "Kernel Offset:",
		"---[ end ",	 "SMP: stopping ", "CPU features:",
		"Memory Limit:", "PHYS_OFFSET:",   "Rebooting in ",
		"CS: ",		 "DS: ",	   "[<",
	};

	for (size_t i = 0; i < ARRAY_SIZE(begins); i++)
		if (line_begins(l, begins[i]))
			return true;
	return is_register(l) || is_call(l);
}

static bool is_shown(struct line l, bool panicked)
{
	bool timed = false;

	while (take_time(&l))
		timed = true;
	while (l.len > 0 && *l.text == ' ')
		l = line_from(&l, 1);
	return l.len > 0 && !((timed || panicked) && is_dump(&l));
}

/* The line that ends before *end, without its line end. Moves *end to its beginning. */
static struct line line_before(const char *console, const char **end)
{
	const char *last = *end, *from;

	while (last > console && strchr("\r\n", last[-1]))
		last--;
	for (from = last; from > console && from[-1] != '\n';)
		from--;
	*end = from;
	return (struct line){ from, (size_t)(last - from) };
}

void last_words_lines(const char *console, bool panicked, char *ret, size_t size)
{
	struct line lines[LINES_MAX], l;
	const char *end = console + strlen(console);
	size_t n = 0, len = 0;

	while (n < LINES_MAX && end > console) {
		l = line_before(console, &end);
		if (!is_shown(l, panicked))
			continue;
		if (len + l.len + 2 > size)
			break;
		len += l.len + 1;
		lines[n++] = l;
	}
	len = 0;
	while (n-- > 0) {
		for (size_t i = 0; i < lines[n].len; i++) {
			unsigned char c = (unsigned char)lines[n].text[i];

			if (c != '\r')
				ret[len++] = c >= ' ' && c != 0x7f ? (char)c : '?';
		}
		if (n > 0)
			ret[len++] = '\n';
	}
	ret[len] = '\0';
}
