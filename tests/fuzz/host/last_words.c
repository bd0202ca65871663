/* SPDX-License-Identifier: MIT */
/* last_words.c - fuzz target: the guest's console, and QEMU's messages; what is shown of them is
 * printable and fits */
#include "host/vm/last_words.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "host/vm/refusal.h"
#include "init/lib/macro.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_console(const char *text)
{
	const char *panic = last_words_panic(text), *memory = last_words_memory(text);
	char lines[1024];

	if ((panic && (panic < text || panic > text + strlen(text))) ||
	    (memory && !strstr(text, memory)))
		abort();
	if (panic)
		(void)!last_words_restarted(panic);
	for (int panicked = 0; panicked < 2; panicked++)
		for (size_t room = 1; room <= sizeof(lines); room = room * 3 + 1) {
			memset(lines, 'x', sizeof(lines));
			last_words_lines(text, panicked, lines, room);
			if (!memchr(lines, '\0', room))
				abort();
			/* log_line makes bytes over 127 harmless. */
			for (const char *p = lines; *p; p++)
				if (((unsigned char)*p < ' ' && *p != '\n') || *p == 0x7f)
					abort();
		}
}

/* A rule for a forwarded port is not tried: the port is this host's. */
static void check_refusal(const char *text)
{
	static const char *const argv[] = { "qemu", "-m", "384M", "-netdev", "user", "-x", NULL };
	struct refusal r;

	if (strstr(text, "host forwarding rule"))
		return;
	for (size_t extra = 0; extra < 2; extra++) {
		refusal_of(text, argv, extra, extra > 0, &r);
		if (!memchr(r.text, '\0', sizeof(r.text)) || strpbrk(r.text, "\r\n") ||
		    r.exit_status < 64 || r.exit_status > 71)
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = strndup((const char *)data, size);

	if (!text)
		abort();
	check_console(text);
	check_refusal(text);
	free(text);
	return 0;
}
