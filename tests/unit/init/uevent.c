/* SPDX-License-Identifier: MIT */
/* uevent.c - tests of waiting for a node: at once, never, and what is no reason to wait */
#include "init/uevent.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>

#include "init/lib/sys.h"
#include "tests/lib/test.h"

static void a_node_that_is_there_is_opened(void)
{
	_cleanup_close_ int fd = uevent_wait_open("/dev/null", O_RDONLY, 0);

	CHECK(fd >= 0);
	CHECK(fcntl(fd, F_GETFD) & FD_CLOEXEC);
}

/* Other devices' events may come in between: they shall neither end the wait nor prolong it. */
static void the_deadline_holds(void)
{
	uint64_t start = sys_now_us(), took;

	CHECK_INT(uevent_wait_open("/nonexistent/vda", O_RDONLY, 300), -ETIMEDOUT);
	took = sys_now_us() - start;
	CHECK(took >= 300000);
	CHECK(took < 60 * 1000000ull);
}

static void what_no_event_mends_is_told_at_once(void)
{
	CHECK_INT(uevent_wait_open("/dev/null/vda", O_RDONLY, 60000), -ENOTDIR);
	CHECK_INT(uevent_wait_open("/proc/self", O_WRONLY, 60000), -EISDIR);
}

int main(void)
{
	RUN(a_node_that_is_there_is_opened);
	RUN(the_deadline_holds);
	RUN(what_no_event_mends_is_told_at_once);
	TEST_END();
}
