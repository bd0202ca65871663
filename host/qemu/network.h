/* SPDX-License-Identifier: MIT */
/* network.h - the guest's network cards, and the ports forwarded in both directions */
#ifndef STOREBOOT_HOST_NETWORK_H
#define STOREBOOT_HOST_NETWORK_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "host/lib/argv.h"
#include "init/lib/err.h"

#define NETWORK_FORWARDS_MAX 32
#define NETWORK_VLANS_MAX 8
#define NETWORK_VLAN_LAST 4095

/* A port that is forwarded, from the host to the guest or the reverse. */
struct forward {
	bool udp;
	struct network_side {
		char address[INET_ADDRSTRLEN]; /* "": not given */
		uint16_t port;
	} host, guest;
};

struct network {
	int open;	  /* 1: the guest reaches all that the host does, and the host itself */
	const char *opts; /* more options of -netdev user (QEMU_NET_OPTS); NULL or "": none */
	uid_t user;	  /* the user whose VLANs these are */
	unsigned int vlans[NETWORK_VLANS_MAX];
	size_t n_vlans;
	struct forward forwards[NETWORK_FORWARDS_MAX], guest_forwards[NETWORK_FORWARDS_MAX];
	size_t n_forwards, n_guest_forwards; /* n_guest_forwards: guest to host */
	const char *self;  /* storeboot's path: QEMU runs it as the relay; for guest_forwards */
	const char *slots; /* prefix of the relays' slots (host/lib/slot.h); NULL: no limit */
};

/* Adds a port of the host that is forwarded to the guest:
 * [ADDRESS:]PORT:[GUEST-ADDRESS:]PORT[/tcp|/udp], IPv4. The default ADDRESS is 127.0.0.1. A pure
 * function. Returns 0, or -errno with e (EXIT_USAGE). */
_must_check_ int network_forward(struct network *n, const char *text, struct err *e);

/* Adds a port that is forwarded from the guest to the host: ADDRESS:PORT:[HOST-ADDRESS:]PORT, TCP
 * and IPv4. ADDRESS is an unused address of QEMU's user network; the default HOST-ADDRESS is
 * 127.0.0.1. A pure function. Returns as network_forward. */
_must_check_ int network_guest_forward(struct network *n, const char *text, struct err *e);

/* Adds a card in the VLAN with the number in text. A pure function. Returns as network_forward. */
_must_check_ int network_vlan(struct network *n, const char *text, struct err *e);

/* Checks that the host's forwarded ports are free. If another process takes one later, QEMU reports
 * it. Returns 0, or -EADDRINUSE or another -errno with e (EXIT_IN_USE, EXIT_USAGE). */
_must_check_ int network_check(const struct network *n, struct err *e);

/* Appends QEMU's arguments. name: the machine's name, from which the MAC addresses of the cards in
 * VLANs are derived. share: the command that QEMU starts for each connection to 10.0.2.4:445,
 * NULL-terminated, or NULL. A pure function. */
void network_qemu(const struct network *n, const char *name, const char *const *share,
		  struct argv *ret);

/* Tests whether this host can listen as a hostfwd rule of QEMU asks,
 * "[PROTOCOL]:[ADDRESS]:PORT-[ADDRESS]:PORT". Returns 0 if it can or the rule is not understood
 * here, else -errno of bind(2). */
int network_try_rule(const char *rule);

#endif
