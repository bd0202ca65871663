/* SPDX-License-Identifier: MIT */
/*
 * smb_raw.c - asks an SMB1 server for paths as no kernel would: with .., links of the server's, and to write
 *
 * For the guest: static, alone. It logs in to //10.0.2.4/SHARE as a guest would and sends each request of the
 * table as it is; prints "RAW what path: status" with the server's NT status, 00000000 for success. The first
 * request is a control that must succeed. [MS-CIFS] has the messages.
 */
#include <arpa/inet.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MKDIR = 0x00, DELETE = 0x06, RENAME = 0x07, NEGOTIATE = 0x72, SESSION = 0x73, TREE = 0x75 };
enum { CREATE = 0xa2 };
enum { READ = 0x80000000, WRITE = 0x40000000 };
enum { OPEN = 1, OPEN_IF = 3 };

static uint8_t msg[4096];
static size_t len;
static uint16_t uid, tid;
static int fd;

static void put(uint64_t v, size_t size)
{
	for (size_t i = 0; i < size; i++)
		msg[len++] = (uint8_t)(v >> 8 * i);
}

static void put_text(const char *s)
{
	memcpy(msg + len, s, strlen(s) + 1);
	len += strlen(s) + 1;
}

static void begin(uint8_t command, uint8_t words)
{
	len = 4;
	memcpy(msg + len, "\xffSMB", 4);
	len += 4;
	put(command, 1);
	put(0, 4);
	put(0x08, 1);
	put(0x4001, 2); /* long names, NT status, no Unicode */
	put(0, 12);
	put(tid, 2);
	put(1, 2);
	put(uid, 2);
	put(1, 2);
	put(words, 1);
}

static int read_all(uint8_t *to, size_t n)
{
	for (size_t got = 0; got < n;) {
		ssize_t r = read(fd, to + got, n - got);

		if (r <= 0)
			return -1;
		got += (size_t)r;
	}
	return 0;
}

/* The bytes behind the words begin at data. Returns the status. */
static uint32_t ask(size_t data)
{
	size_t n = len - data - 2;

	msg[data] = (uint8_t)n;
	msg[data + 1] = (uint8_t)(n >> 8);
	msg[0] = msg[1] = 0;
	msg[2] = (uint8_t)((len - 4) >> 8);
	msg[3] = (uint8_t)(len - 4);
	if (write(fd, msg, len) != (ssize_t)len || read_all(msg, 4) < 0) {
		puts("RAW no answer");
		exit(1);
	}
	len = (size_t)msg[2] << 8 | msg[3];
	if (msg[1] || len > sizeof(msg) || read_all(msg, len) < 0)
		exit(1);
	return (uint32_t)(msg[5] | msg[6] << 8 | msg[7] << 16 | (uint32_t)msg[8] << 24);
}

/* Begins the bytes behind the words; returns where their count stands. */
static size_t bytes(void)
{
	put(0, 2);
	return len - 2;
}

static uint32_t create(const char *path, uint32_t access, uint32_t how)
{
	size_t at;

	begin(CREATE, 24);
	put(0xff, 4);
	put(0, 1);
	put(strlen(path), 2);
	put(0, 8);
	put(access, 4);
	put(0, 12);
	put(7, 4); /* share all */
	put(how, 4);
	put(0, 4);
	put(2, 4);
	put(0, 1);
	at = bytes();
	put_text(path);
	return ask(at);
}

static uint32_t with_path(uint8_t command, const char *path, const char *path2)
{
	size_t at;

	begin(command, command == MKDIR ? 0 : 1);
	if (command != MKDIR)
		put(0x16, 2); /* hidden, system, folders */
	at = bytes();
	put(4, 1);
	put_text(path);
	if (path2) {
		put(4, 1);
		put_text(path2);
	}
	return ask(at);
}

static void say(const char *what, const char *path, uint32_t status)
{
	printf("RAW %s %s: %08x\n", what, path, (unsigned int)status);
}

static uint32_t log_in(const char *share)
{
	char unc[256];
	uint32_t status;
	size_t at;

	begin(NEGOTIATE, 0);
	at = bytes();
	put(2, 1);
	put_text("NT LM 0.12");
	if (ask(at))
		return 1;
	begin(SESSION, 13);
	put(0xff, 4);
	put(sizeof(msg), 2);
	put(1, 2);
	put(1, 2);
	put(0, 4);
	put(1, 2);
	put(0, 2);
	put(0, 4);
	put(0x50, 4); /* NT SMBs, NT status */
	at = bytes();
	put(0, 1);
	put_text("");
	put_text("");
	put_text("");
	put_text("");
	status = ask(at);
	if (status)
		return status;
	uid = (uint16_t)(msg[28] | msg[29] << 8);
	begin(TREE, 4);
	put(0xff, 4);
	put(0, 2);
	put(1, 2);
	at = bytes();
	put(0, 1);
	snprintf(unc, sizeof(unc), "\\\\10.0.2.4\\%s", share);
	put_text(unc);
	put_text("?????");
	status = ask(at);
	tid = (uint16_t)(msg[24] | msg[25] << 8);
	return status;
}

/* argv: SHARE CONTROL PATH...: all but CONTROL shall be out of reach. */
int main(int argc, char **argv)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(445) };
	uint32_t status;

	inet_pton(AF_INET, "10.0.2.4", &to.sin_addr);
	fd = socket(AF_INET, SOCK_STREAM, 0);
	if (argc < 3 || connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0) {
		perror("RAW connect");
		return 1;
	}
	status = log_in(argv[1]);
	say("tree", argv[1], status);
	if (status)
		return 0;
	say("control", argv[2], create(argv[2], READ, OPEN));
	say("write", argv[2], create(argv[2], WRITE, OPEN));
	say("make", argv[2], create("nix\\store\\intruder", WRITE, OPEN_IF));
	say("mkdir", argv[2], with_path(MKDIR, "nix\\store\\intruder", NULL));
	say("delete", argv[2], with_path(DELETE, argv[2], NULL));
	say("rename", argv[2], with_path(RENAME, argv[2], "nix\\store\\intruder"));
	for (int i = 3; i < argc; i++)
		say("open", argv[i], create(argv[i], READ, OPEN));
	return 0;
}
