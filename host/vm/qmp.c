/* SPDX-License-Identifier: MIT */
/* qmp.c - QEMU's monitor: greeting, events and replies */
#include "host/vm/qmp.h"

#include <ctype.h>
#include <errno.h>
#include <json-c/json.h>
#include <limits.h>

#include "host/qemu/qemu.h"
#include "init/lib/str.h"

#define CHUNK ((size_t)1 << 20)

static const char *text_of(json_object *o, const char *name)
{
	json_object *v;
	const char *s = NULL;

	if (json_object_object_get_ex(o, name, &v))
		s = json_object_get_string(v);
	return s ? s : "";
}

static void on_shutdown(struct qmp *q, json_object *data)
{
	json_object *guest;

	q->shutdown = true;
	q->by_guest =
		json_object_object_get_ex(data, "guest", &guest) && json_object_get_boolean(guest);
	snprintf(q->reason, sizeof(q->reason), "%s", text_of(data, "reason"));
}

static void on_panic(struct qmp *q, json_object *data _unused_)
{
	q->panicked = true;
}

/* A failing disk sends the same error many times. */
static bool known(const struct qmp *q, const char *node, const char *operation)
{
	for (size_t i = 0; i < q->n_io_errors; i++)
		if (str_eq(q->io_errors[i].node, node) &&
		    str_eq(q->io_errors[i].operation, operation))
			return true;
	return false;
}

static void on_io_error(struct qmp *q, json_object *data)
{
	struct qmp_io_error e = { 0 };
	json_object *v;

	snprintf(e.node, sizeof(e.node), "%s", text_of(data, "node-name"));
	snprintf(e.operation, sizeof(e.operation), "%s", text_of(data, "operation"));
	snprintf(e.reason, sizeof(e.reason), "%s", text_of(data, "reason"));
	e.no_space = json_object_object_get_ex(data, "nospace", &v) && json_object_get_boolean(v);
	if (!known(q, e.node, e.operation) && q->n_io_errors < QMP_IO_ERRORS_MAX)
		q->io_errors[q->n_io_errors++] = e;
}

static void on_port(struct qmp *q, json_object *data)
{
	json_object *open;

	/* The user may have given QEMU other ports. */
	if (str_eq(text_of(data, "id"), QEMU_PORT_ID) &&
	    json_object_object_get_ex(data, "open", &open))
		q->port_closed = !json_object_get_boolean(open);
}

static void on_pause(struct qmp *q, json_object *data _unused_)
{
	q->paused = true;
}

static void on_resume(struct qmp *q, json_object *data _unused_)
{
	q->paused = false;
	q->resumed++;
}

static void on_reset(struct qmp *q, json_object *data _unused_)
{
	q->resets++;
}

static const struct {
	const char *name;
	void (*act)(struct qmp *q, json_object *data);
} events[] = {
	{ "SHUTDOWN", on_shutdown },
	{ "GUEST_PANICKED", on_panic },
	{ "BLOCK_IO_ERROR", on_io_error },
	{ "VSERPORT_CHANGE", on_port },
	{ "STOP", on_pause },
	{ "RESUME", on_resume },
	{ "RESET", on_reset },
};

static void on_reply(struct qmp *q, json_object *message)
{
	json_object *v, *bytes;

	if (json_object_object_get_ex(message, "error", &v))
		snprintf(q->error, sizeof(q->error), "%s", text_of(v, "desc"));
	else if (!json_object_object_get_ex(message, "return", &v))
		return;
	q->replies++;
	if (json_object_is_type(v, json_type_object) &&
	    json_object_object_get_ex(v, "base-memory", &bytes))
		q->memory = (uint64_t)json_object_get_int64(bytes);
}

static void on_message(struct qmp *q, json_object *message)
{
	json_object *v, *data = NULL;
	const char *event = text_of(message, "event");

	if (json_object_object_get_ex(message, "QMP", &v))
		q->greeted = true;
	on_reply(q, message);
	json_object_object_get_ex(message, "data", &data);
	for (size_t i = 0; i < ARRAY_SIZE(events); i++)
		if (str_eq(events[i].name, event))
			events[i].act(q, data);
}

int qmp_feed(struct qmp *q, const char *data, size_t len)
{
	if (q->broken)
		return 0;
	if (!q->tok) {
		q->tok = json_tokener_new();
		if (!q->tok)
			return -ENOMEM;
		/* No comments: json-c would hold back a message until it sees that none follows. */
		json_tokener_set_flags(q->tok,
				       JSON_TOKENER_STRICT | JSON_TOKENER_ALLOW_TRAILING_CHARS);
	}
	while (len > 0) {
		int n = (int)(len < CHUNK ? len : CHUNK);
		json_object *message = json_tokener_parse_ex(q->tok, data, n);
		enum json_tokener_error r = json_tokener_get_error(q->tok);

		if (r == json_tokener_continue) {
			data += n;
			len -= (size_t)n;
			continue;
		}
		/* A QMP message is an object; other JSON is an error. */
		if (r != json_tokener_success || !json_object_is_type(message, json_type_object)) {
			json_object_put(message);
			q->broken = true;
			return -EBADMSG;
		}
		on_message(q, message);
		json_object_put(message);
		n = (int)json_tokener_get_parse_end(q->tok);
		json_tokener_reset(q->tok);
		data += n;
		len -= (size_t)n;
	}
	return 0;
}

void qmp_free(struct qmp *q)
{
	if (q->tok)
		json_tokener_free(q->tok);
	*q = (struct qmp){ 0 };
}
