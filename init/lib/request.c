/* SPDX-License-Identifier: MIT */
/* request.c - the command that the guest is to run: the payload of FRAME_OPEN */
#include "init/lib/request.h"

#include <errno.h>
#include <stdlib.h>

#include "init/lib/frame.h"

static int put(struct buf *b, char letter, const char *text)
{
	int r = buf_add(b, &letter, 1);

	return r < 0 ? r : buf_add(b, text, strlen(text) + 1);
}

static int put_all(struct buf *b, char letter, const struct strv *texts)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < texts->n; i++)
		r = put(b, letter, texts->v[i]);
	return r;
}

int request_format(const struct request *req, struct buf *ret)
{
	char size[32];
	int r = put_all(ret, 'a', &req->argv);

	if (r == 0)
		r = put_all(ret, 'e', &req->env);
	if (r == 0 && req->folder)
		r = put(ret, 'd', req->folder);
	if (r == 0 && req->shell)
		r = put(ret, 's', "");
	if (r == 0 && req->tty) {
		snprintf(size, sizeof(size), "%u %u", req->rows, req->columns);
		r = put(ret, 't', size);
	}
	if (r == 0 && req->port) {
		snprintf(size, sizeof(size), "%u", req->port);
		r = put(ret, 'c', size);
	}
	return r == 0 && ret->len > FRAME_PAYLOAD_MAX ? -EMSGSIZE : r;
}

static int take_size(struct request *req, const char *text)
{
	unsigned int rows, columns;
	int end = 0;

	if (sscanf(text, "%5u %5u%n", &rows, &columns, &end) != 2 || text[end] || rows > 65535 ||
	    columns > 65535)
		return -EBADMSG;
	req->tty = true;
	req->rows = (unsigned short)rows;
	req->columns = (unsigned short)columns;
	return 0;
}

static int take_port(struct request *req, const char *text)
{
	char *end;
	unsigned long port = strtoul(text, &end, 10);

	if (*end || port == 0 || port > 65535)
		return -EBADMSG;
	req->port = (unsigned short)port;
	return 0;
}

static int take(struct request *req, char letter, const char *text)
{
	switch (letter) {
	case 'a':
		return strv_add(&req->argv, text);
	case 'e':
		return text[0] == '=' || !strchr(text, '=') ? -EBADMSG : strv_add(&req->env, text);
	case 'd':
		free(req->folder);
		req->folder = strdup(text);
		return req->folder ? 0 : -ENOMEM;
	case 's':
		req->shell = true;
		return text[0] ? -EBADMSG : 0;
	case 't':
		return take_size(req, text);
	case 'c':
		return take_port(req, text);
	}
	return -EBADMSG;
}

int request_parse(const void *data, size_t len, struct request *ret)
{
	const char *p = data, *end = p + len;
	int r = len > 0 && end[-1] ? -EBADMSG : 0; /* so every string below is terminated */

	while (r == 0 && p < end) {
		r = p[0] ? take(ret, p[0], p + 1) : -EBADMSG;
		p += strlen(p) + 1;
	}
	return r == 0 && (ret->argv.n > 0) + ret->shell + (ret->port > 0) != 1 ? -EBADMSG : r;
}

void request_free(struct request *r)
{
	strv_free(&r->argv);
	strv_free(&r->env);
	free(r->folder);
	*r = (struct request){ 0 };
}
