/* SPDX-License-Identifier: MIT */
/* analyze.h - for scripts/analyze: facts of other files; an analyzer sees one file at a time */
#include "init/lib/err.h"

/* These return less than 0. */
#define err_set(...) ((void)err_set(__VA_ARGS__), -1)
#define err_sys(...) ((void)err_sys(__VA_ARGS__), -1)
#define err_exit(...) ((void)err_exit(__VA_ARGS__), -1)
