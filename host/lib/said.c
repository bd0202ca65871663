/* SPDX-License-Identifier: MIT */
/* said.c - the last line of a program's output */
#include "host/lib/said.h"

const char *said_last(struct buf *said)
{
	const char *line;

	while (said->len > 0 && strchr("\r\n", said->data[said->len - 1]))
		said->data[--said->len] = '\0';
	line = said->len > 0 ? strrchr(said->data, '\n') : NULL;
	return said->len == 0 ? "" : line ? line + 1 : said->data;
}

const char *said_why(struct buf *said)
{
	const char *line = said_last(said);

	return line[0] ? line : "no reason given";
}
