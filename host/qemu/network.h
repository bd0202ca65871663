/* SPDX-License-Identifier: MIT */
/* network.h - the guest's network cards: what they reach, and what reaches them */
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

/* A port of the one that leads to the other. */
struct forward {
	bool udp;
	struct network_side {
		char address[INET_ADDRSTRLEN]; /* "": none was said */
		uint16_t port;
	} host, guest;
};

struct network {
	int open; /* 1: the guest reaches what the host reaches, itself included */
	const char
		*opts; /* more words of QEMU's -netdev user (QEMU_NET_OPTS); NULL or empty: none */
	uid_t user;    /* whose VLANs they are */
	unsigned int vlans[NETWORK_VLANS_MAX];
	size_t n_vlans;
	struct forward forwards[NETWORK_FORWARDS_MAX], guest_forwards[NETWORK_FORWARDS_MAX];
	size_t n_forwards, n_guest_forwards; /* the latter lead from the guest to the host */
	const char *self; /* storeboot itself, which brings their connections; needed where there is
			     one */
};

/*
 * Adds a port of the host's that leads into the guest:
 * [ADDRESS:]PORT:[GUEST-ADDRESS:]PORT[/tcp|/udp], IPv4; 127.0.0.1 where no ADDRESS is said. A pure
 * function. Returns 0, or -errno with e (EXIT_USAGE).
 */
_must_check_ int network_forward(struct network *n, const char *text, struct err *e);

/*
 * Adds a port that leads from the guest to the host: ADDRESS:PORT:[HOST-ADDRESS:]PORT, TCP and
 * IPv4. ADDRESS: one of QEMU's user network that nobody has; 127.0.0.1 where no HOST-ADDRESS is
 * said. A pure function. Returns as network_forward.
 */
_must_check_ int network_guest_forward(struct network *n, const char *text, struct err *e);

/* Adds a card in the VLAN of that number. A pure function. Returns as network_forward. */
_must_check_ int network_vlan(struct network *n, const char *text, struct err *e);

/* Are the ports free that lead into the guest? Who takes one in the meantime is told of by QEMU.
 * Returns 0, or -EADDRINUSE or another -errno with e (EXIT_IN_USE, EXIT_USAGE). */
_must_check_ int network_check(const struct network *n, struct err *e);

/*
 * Appends QEMU's arguments. name: the machine's, which the addresses of the cards in VLANs are made
 * from; share: what QEMU starts for each connection to 10.0.2.4:445, NULL-terminated, or NULL. A
 * pure function.
 */
void network_qemu(const struct network *n, const char *name, const char *const *share,
		  struct argv *ret);

/*
 * Can this host listen as a hostfwd rule of QEMU asks, "[PROTOCOL]:[ADDRESS]:PORT-[ADDRESS]:PORT"?
 * Returns 0 if it can or the rule is not understood here, else -errno of bind(2).
 */
int network_try_rule(const char *rule);

#endif
