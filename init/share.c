/* SPDX-License-Identifier: MIT */
/* share.c - the two steps that bring the host's store: the network, and the share */
#include <arpa/inet.h>
#include <stdio.h>

#include "init/step.h"
#include "mount/share.h"
#include "net/net.h"

/* QEMU's user network (QEMU's manual, user mode): the guest's usual address, and the gateway. */
#define GUEST_ADDRESS "10.0.2.15"
#define GUEST_PREFIX 24
#define GATEWAY "10.0.2.2"

int step_net(struct boot *b)
{
	struct in_addr address = { inet_addr(GUEST_ADDRESS) }, gateway = { inet_addr(GATEWAY) };
	char name[IF_NAMESIZE] = "";
	int index = 0, lo = 0, r;
	_cleanup_close_ int nl = net_open(&b->err);

	if (nl < 0)
		return nl;
	if ((r = net_link_index(nl, "lo", &lo, &b->err)) < 0 ||
	    (r = net_link_up(nl, lo, &b->err)) < 0 ||
	    (r = net_link_wait_ethernet(b->config.deadline_ms, &index, name, &b->err)) < 0 ||
	    (r = net_link_up(nl, index, &b->err)) < 0 ||
	    (r = net_address_add(nl, index, address, GUEST_PREFIX, &b->err)) < 0 ||
	    (r = net_route_default(nl, index, gateway, &b->err)) < 0)
		return r;
	snprintf(b->note, sizeof(b->note), "%s " GUEST_ADDRESS "/%d by " GATEWAY, name,
		 GUEST_PREFIX);
	return 0;
}

int step_share(struct boot *b)
{
	const struct config *c = &b->config;
	int r;

	r = mount_share_cifs(c->share_source, NEW_ROOT "/hostfs", c->deadline_ms, &b->err);
	if (r == 0)
		r = mount_share_store(NEW_ROOT "/hostfs", NEW_ROOT "/nix/store", &b->err);
	if (r < 0)
		return r;
	snprintf(b->note, sizeof(b->note), "%s on /hostfs, its store on /nix/store",
		 c->share_source);
	return 0;
}
