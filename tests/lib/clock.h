/* SPDX-License-Identifier: MIT */
/* clock.h - a clock that a unit test moves: this program's time(2) stands before libc's
 *
 * For files' ages: nobody can set a ctime. */
#ifndef STOREBOOT_TEST_CLOCK_H
#define STOREBOOT_TEST_CLOCK_H

#include <time.h>

static time_t clock_ahead; /* seconds by which time(2) is ahead */

time_t time(time_t *ret)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	now.tv_sec += clock_ahead;
	if (ret)
		*ret = now.tv_sec;
	return now.tv_sec;
}

#endif
