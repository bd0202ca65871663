/* SPDX-License-Identifier: MIT */
/*
 * completion.c - `storeboot completion`: shell completion from the tables of commands and options
 *
 * Each shell gets a small fixed frame and one line per option. Values are completed from choices,
 * or as files if the argument's name in --help is that of a file.
 */
#include <errno.h>
#include <stdio.h>

#include "host/commands.h"
#include "host/lib/exit.h"
#include "init/lib/log.h"

static bool is_file(const struct opt *o)
{
	static const char *const words[] = { "FILE", "DIR", "PATH", "PROGRAM", "HOST:GUEST" };

	for (size_t i = 0; o->arg && i < ARRAY_SIZE(words); i++)
		if (strstr(o->arg, words[i]))
			return true;
	return false;
}

static void print_choices(const struct opt *o)
{
	for (size_t i = 0; o->choices[i]; i++)
		printf("%s%s", i ? " " : "", o->choices[i]);
}

/* Prints text for single quotes. also: characters to escape with a backslash; quote: written for
 * each single quote. */
static void print_quoted(const char *text, const char *also, const char *quote)
{
	for (; *text; text++) {
		if (*text == '\'')
			fputs(quote, stdout);
		else if (strchr(also, *text))
			printf("\\%c", *text);
		else
			putchar(*text);
	}
}

static void bash_values(const struct opt_command *c, const struct opt *o)
{
	if (o->kind == OPT_FLAG || o->kind == OPT_MAYBE)
		return;
	printf("\t%s:--%s", c->name, o->name);
	if (o->letter)
		printf(" | %s:-%c", c->name, o->letter);
	if (o->choices) {
		printf(") words='");
		print_choices(o);
		printf("' ;;\n");
	} else {
		printf(") words= files=%s ;;\n", is_file(o) ? "yes" : "");
	}
}

static void bash_words(const struct opt_command *c)
{
	printf("\t%s:*) words='--help", c->name);
	OPT_EACH(o, c)
	if (opt_is_shown(c, o))
		printf(" --%s", o->name);
	printf("' files=%s ;;\n", c->takes_vm ? "" : "yes");
}

static void bash(void)
{
	printf("# bash completion for storeboot(1)\n_storeboot() {\n"
	       "\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} words= "
	       "files=\n"
	       "\tcase $COMP_CWORD:${COMP_WORDS[1]}:$prev in\n\t1:*) words='");
	COMMAND_EACH(c)
	printf("%s ", c->name);
	printf("' ;;\n\tesac\n\t[ \"$COMP_CWORD\" -eq 1 ] || case ${COMP_WORDS[1]}:$prev in\n");
	COMMAND_EACH(c)
	OPT_EACH(o, c)
	bash_values(c, o);
	COMMAND_EACH(c)
	bash_words(c);
	printf("\tesac\n\tcase $COMP_CWORD:${COMP_WORDS[1]} in\n");
	COMMAND_EACH(c)
	if (c->words)
		printf("\t2:%s) words=\"%s $words\" files= ;;\n", c->name, c->words);
	printf("\tesac\n\tcase $cur:${COMP_WORDS[1]} in\n\t-*) files= ;;\n");
	COMMAND_EACH(c)
	if (c->takes_vm)
		printf("\t*:%s) words=\"$words $(storeboot list 2>/dev/null | cut -d ' ' -f 1)\" "
		       ";;\n",
		       c->name);
	printf("\tesac\n\tCOMPREPLY=($(compgen -W \"$words\" -- \"$cur\"))\n"
	       "\tif [ -n \"$files\" ]; then\n\t\tcompopt -o filenames 2>/dev/null\n"
	       "\t\tCOMPREPLY+=($(compgen -f -- \"$cur\"))\n\tfi\n}\n"
	       "complete -F _storeboot storeboot\n");
}

static void zsh_option(const struct opt *o)
{
	printf("\t\t'%s--%s%s[", o->kind == OPT_LIST ? "*" : "", o->name,
	       o->kind == OPT_FLAG  ? "" :
	       o->kind == OPT_MAYBE ? "=-" :
				      "=");
	print_quoted(o->help, "[]:\\", "'\\''");
	putchar(']');
	if (o->kind != OPT_FLAG) {
		printf("%s:", o->kind == OPT_MAYBE ? ":" : "");
		print_quoted(o->arg ? o->arg : "WORD", "[]:\\", "'\\''");
		putchar(':');
	}
	if (o->choices) {
		putchar('(');
		print_choices(o);
		putchar(')');
	} else if (is_file(o)) {
		printf("_files");
	}
	printf("' \\\n");
}

static void zsh(void)
{
	printf("#compdef storeboot\n_storeboot() {\n\tlocal -a subcommands=(\n");
	COMMAND_EACH(c)
	{
		printf("\t\t'%s:", c->name);
		print_quoted(c->brief, ":\\", "'\\''");
		printf("'\n");
	}
	printf("\t)\n\tif (( CURRENT == 2 )); then\n\t\t_describe command "
	       "subcommands\n\t\treturn\n\tfi\n"
	       "\tlocal cmd=$words[2]\n\tshift words\n\t(( CURRENT-- ))\n\tcase $cmd in\n");
	COMMAND_EACH(c)
	{
		printf("\t%s) _arguments \\\n", c->name);
		OPT_EACH(o, c)
		if (opt_is_shown(c, o))
			zsh_option(o);
		if (c->words)
			printf("\t\t'1:word:(%s)' \\\n", c->words);
		printf("\t\t%s ;;\n",
		       c->takes_vm ? "'*:VM:($(storeboot list 2>/dev/null | cut -d \" \" -f 1))'" :
				     "'*:file:_files'");
	}
	printf("\tesac\n}\n_storeboot \"$@\"\n");
}

static void fish_option(const struct opt_command *c, const struct opt *o)
{
	printf("complete -c storeboot -n '__fish_seen_subcommand_from %s' -l %s", c->name, o->name);
	if (o->letter)
		printf(" -s %c", o->letter);
	if (o->choices) {
		printf(" -x -a '");
		print_choices(o);
		putchar('\'');
	} else if (o->kind != OPT_FLAG) {
		printf(is_file(o) ? " -r -F" : " -x");
	}
	printf(" -d '");
	print_quoted(o->help, "\\", "\\'");
	printf("'\n");
}

static void fish(void)
{
	printf("# fish completion for storeboot(1)\ncomplete -c storeboot -n __fish_use_subcommand "
	       "-f\n");
	COMMAND_EACH(c)
	{
		printf("complete -c storeboot -n __fish_use_subcommand -a %s -d '", c->name);
		print_quoted(c->brief, "\\", "\\'");
		printf("'\n");
		if (c->takes_vm)
			printf("complete -c storeboot -n '__fish_seen_subcommand_from %s' -f "
			       "-a '(storeboot list 2>/dev/null | string split -f 1 \" \")'\n",
			       c->name);
		if (c->words)
			printf("complete -c storeboot -n '__fish_seen_subcommand_from %s; "
			       "and not __fish_seen_subcommand_from %s' -f -a '%s'\n",
			       c->name, c->words, c->words);
		OPT_EACH(o, c)
		if (opt_is_shown(c, o))
			fish_option(c, o);
	}
}

static const struct {
	const char *name;
	void (*print)(void);
} shells[] = { { "bash", bash }, { "zsh", zsh }, { "fish", fish } };

static int print_for(_unused_ void *values, const struct opt_args *args, struct err *e)
{
	for (size_t i = 0; i < ARRAY_SIZE(shells); i++)
		if (str_eq(args->args.v[0], shells[i].name)) {
			shells[i].print();
			return 0;
		}
	return err_exit(e, EXIT_USAGE, EINVAL, "completion: want one word, bash, zsh or fish");
}

const struct opt_command completion_command = {
	.name = "completion",
	.brief = "print a shell's completion of storeboot's options",
	.synopsis = "bash|zsh|fish",
	.about = "Prints a script with which the shell completes commands, options, their values\n"
		 "and the names of VMs.",
	.examples = "  eval \"$(storeboot completion bash)\"\n"
		    "  storeboot completion fish >~/.config/fish/completions/storeboot.fish",
	.words = "bash zsh fish",
	.min_args = 1,
	.max_args = 1,
	.run = print_for,
};

int cmd_completion(int argc, char **argv)
{
	return opt_run(&completion_command, argc, argv, NULL);
}
