/* SPDX-License-Identifier: MIT */
/*
 * smb1.h - a client of SMB1 that sends what it is told to, which no kernel does
 *
 * One connection at a time, without Unicode, as a guest without a password. [MS-CIFS] has the
 * messages. Each request returns the server's NT status: 0 for success, SMB1_NO_ANSWER where the
 * connection ended instead.
 */
#ifndef STOREBOOT_TESTS_SMB1_H
#define STOREBOOT_TESTS_SMB1_H

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { SMB1_MKDIR = 0x00, SMB1_DELETE = 0x06, SMB1_RENAME = 0x07, SMB1_NEGOTIATE = 0x72 };
enum { SMB1_SESSION = 0x73, SMB1_TREE = 0x75, SMB1_CREATE = 0xa2 };
enum { SMB1_READ = 0x80000000, SMB1_WRITE = 0x40000000 }; /* access */
enum { SMB1_OPEN = 1, SMB1_OPEN_IF = 3 };		  /* how a file is opened */
#define SMB1_NO_ANSWER UINT32_MAX

struct smb1 {
	int fd; /* the connection */
	uint16_t uid, tid;
	uint8_t msg[4096];
	size_t len;
};

static inline void smb1_put(struct smb1 *s, uint64_t v, size_t size)
{
	for (size_t i = 0; i < size; i++)
		s->msg[s->len++] = i < sizeof(v) ? (uint8_t)(v >> 8 * i) : 0;
}

static inline void smb1_put_text(struct smb1 *s, const char *text)
{
	memcpy(s->msg + s->len, text, strlen(text) + 1);
	s->len += strlen(text) + 1;
}

static inline void smb1_begin(struct smb1 *s, uint8_t command, uint8_t words)
{
	s->len = 4;
	memcpy(s->msg + s->len, "\xffSMB", 4);
	s->len += 4;
	smb1_put(s, command, 1);
	smb1_put(s, 0, 4);
	smb1_put(s, 0x08, 1);
	smb1_put(s, 0x4001, 2); /* long names, NT status, no Unicode */
	smb1_put(s, 0, 12);
	smb1_put(s, s->tid, 2);
	smb1_put(s, 1, 2);
	smb1_put(s, s->uid, 2);
	smb1_put(s, 1, 2);
	smb1_put(s, words, 1);
}

/* Begins the bytes after the words; returns the place of their count. */
static inline size_t smb1_bytes(struct smb1 *s)
{
	smb1_put(s, 0, 2);
	return s->len - 2;
}

static inline int smb1_read_all(struct smb1 *s, size_t n)
{
	for (size_t got = 0; got < n;) {
		ssize_t r = read(s->fd, s->msg + got, n - got);

		if (r <= 0)
			return -1;
		got += (size_t)r;
	}
	return 0;
}

/* Sends the request, whose bytes are counted at count, and reads the answer into msg. */
static inline uint32_t smb1_ask(struct smb1 *s, size_t count)
{
	size_t n = s->len - count - 2;
	uint8_t *msg = s->msg;

	msg[count] = (uint8_t)n;
	msg[count + 1] = (uint8_t)(n >> 8);
	msg[0] = msg[1] = 0;
	msg[2] = (uint8_t)((s->len - 4) >> 8);
	msg[3] = (uint8_t)(s->len - 4);
	if (write(s->fd, msg, s->len) != (ssize_t)s->len || smb1_read_all(s, 4) < 0)
		return SMB1_NO_ANSWER;
	s->len = (size_t)msg[2] << 8 | msg[3];
	if (msg[1] || s->len < 32 || s->len > sizeof(s->msg) || smb1_read_all(s, s->len) < 0)
		return SMB1_NO_ANSWER;
	return (uint32_t)(msg[5] | msg[6] << 8 | msg[7] << 16 | (uint32_t)msg[8] << 24);
}

static inline uint32_t smb1_create(struct smb1 *s, const char *path, uint32_t access, uint32_t how)
{
	size_t count;

	smb1_begin(s, SMB1_CREATE, 24);
	smb1_put(s, 0xff, 4);
	smb1_put(s, 0, 1);
	smb1_put(s, strlen(path), 2);
	smb1_put(s, 0, 8);
	smb1_put(s, access, 4);
	smb1_put(s, 0, 12);
	smb1_put(s, 7, 4); /* share all */
	smb1_put(s, how, 4);
	smb1_put(s, 0, 4);
	smb1_put(s, 2, 4);
	smb1_put(s, 0, 1);
	count = smb1_bytes(s);
	smb1_put_text(s, path);
	return smb1_ask(s, count);
}

/* A request about one path, or about two; path2: NULL for none. */
static inline uint32_t smb1_path(struct smb1 *s, uint8_t command, const char *path,
				 const char *path2)
{
	size_t count;

	smb1_begin(s, command, command == SMB1_MKDIR ? 0 : 1);
	if (command != SMB1_MKDIR)
		smb1_put(s, 0x16, 2); /* hidden, system, folders */
	count = smb1_bytes(s);
	smb1_put(s, 4, 1);
	smb1_put_text(s, path);
	if (path2) {
		smb1_put(s, 4, 1);
		smb1_put_text(s, path2);
	}
	return smb1_ask(s, count);
}

static inline uint32_t smb1_negotiate(struct smb1 *s)
{
	size_t count;

	smb1_begin(s, SMB1_NEGOTIATE, 0);
	count = smb1_bytes(s);
	smb1_put(s, 2, 1);
	smb1_put_text(s, "NT LM 0.12");
	return smb1_ask(s, count);
}

static inline uint32_t smb1_session(struct smb1 *s)
{
	uint32_t status;
	size_t count;

	smb1_begin(s, SMB1_SESSION, 13);
	smb1_put(s, 0xff, 4);
	smb1_put(s, sizeof(s->msg), 2);
	smb1_put(s, 1, 2);
	smb1_put(s, 1, 2);
	smb1_put(s, 0, 4);
	smb1_put(s, 1, 2);
	smb1_put(s, 0, 2);
	smb1_put(s, 0, 4);
	smb1_put(s, 0x50, 4); /* NT SMBs, NT status */
	count = smb1_bytes(s);
	smb1_put(s, 0, 1);
	for (int i = 0; i < 4; i++)
		smb1_put_text(s, "");
	status = smb1_ask(s, count);
	s->uid = (uint16_t)(s->msg[28] | s->msg[29] << 8);
	return status;
}

static inline uint32_t smb1_tree(struct smb1 *s, const char *share)
{
	uint32_t status;
	char unc[256];
	size_t count;

	smb1_begin(s, SMB1_TREE, 4);
	smb1_put(s, 0xff, 4);
	smb1_put(s, 0, 2);
	smb1_put(s, 1, 2);
	count = smb1_bytes(s);
	smb1_put(s, 0, 1);
	snprintf(unc, sizeof(unc), "\\\\10.0.2.4\\%s", share);
	smb1_put_text(s, unc);
	smb1_put_text(s, "?????");
	status = smb1_ask(s, count);
	s->tid = (uint16_t)(s->msg[24] | s->msg[25] << 8);
	return status;
}

/* Negotiates, logs in and connects to the share, as a mount does. Returns the first status that is
 * not 0. */
static inline uint32_t smb1_connect(struct smb1 *s, const char *share)
{
	uint32_t status = smb1_negotiate(s);

	if (status == 0)
		status = smb1_session(s);
	return status ? status : smb1_tree(s, share);
}

#endif
