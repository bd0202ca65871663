/* SPDX-License-Identifier: MIT */
/* net.h - rtnetlink(7): link, address, route */
#ifndef STOREBOOT_NET_H
#define STOREBOOT_NET_H

#include <net/if.h>
#include <netinet/in.h>
#include <stdint.h>

#include "init/lib/err.h"

/* Opens a NETLINK_ROUTE socket, for close(2). Returns the descriptor or -errno. */
_must_check_ int net_open(struct err *e);

/* Finds the first Ethernet device (ARPHRD_ETHER, lowest ifindex, any name). Waits up to deadline_ms
 * for one to appear: a driver of the initrd may still be probing. Returns 0 with its index and
 * name, -ENODEV at the deadline, or -errno. */
_must_check_ int net_link_wait_ethernet(unsigned int deadline_ms, int *ret_index,
					char ret_name[IF_NAMESIZE], struct err *e);

/* Finds the index of a device by name. Returns 0 or -errno (-ENODEV). */
_must_check_ int net_link_index(int nl, const char *name, int *ret_index, struct err *e);

/* Sets IFF_UP. Returns 0 or -errno. */
_must_check_ int net_link_up(int nl, int index, struct err *e);

/* Adds an IPv4 address (network byte order) with its broadcast address; EEXIST is success. Returns
 * 0 or -errno. */
_must_check_ int net_address_add(int nl, int index, struct in_addr address, unsigned int prefix,
				 struct err *e);

/* Adds the default route via a gateway; EEXIST is success. Returns 0 or -errno. */
_must_check_ int net_route_default(int nl, int index, struct in_addr gateway, struct err *e);

#endif
