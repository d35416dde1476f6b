/* Options of the subcommands: `--name value`, `--name=value`, flags, positional arguments. */
#include "cli/cli.h"

#include <stdio.h>
#include <string.h>

int cli_fail(const struct err *err) {
    fprintf(stderr, "zklink: %s\n", err->text);
    return CLI_FAILED;
}

int cli_fail_text(const char *fmt, ...) {
    va_list args;
    fputs("zklink: ", stderr);
    va_start(args, fmt);
    vfprintf(stderr, fmt, args);
    va_end(args);
    fputc('\n', stderr);
    return CLI_FAILED;
}

static void print_help(const struct cli_usage *usage, const struct cli_option *options,
                       size_t n_options) {
    printf("usage: %s [options]%s%s\n\n%s\n\n", usage->command, *usage->positional ? " " : "",
           usage->positional, usage->about);
    for (size_t i = 0; i < n_options; i++) {
        char left[64];
        snprintf(left, sizeof left, "--%s%s%s", options[i].name,
                 options[i].value_name == NULL ? "" : " ",
                 options[i].value_name == NULL ? "" : options[i].value_name);
        printf("  %-26s %s%s\n", left, options[i].help, options[i].required ? " (required)" : "");
    }
    printf("  %-26s %s\n", "--help", "print this text");
}

static int wrong(const struct cli_usage *usage, const char *what, const char *which) {
    fprintf(stderr, "%s: %s %s (see %s --help)\n", usage->command, what, which, usage->command);
    return CLI_USAGE;
}

/* One `--name` at argv[*i]; moves *i over a value that stands apart. -1 if it was taken. */
static int take_option(int argc, char **argv, int *i, const struct cli_usage *usage,
                       const struct cli_option *options, size_t n_options) {
    const char *name = argv[*i] + 2;
    const char *eq = strchr(name, '=');
    size_t len = eq == NULL ? strlen(name) : (size_t)(eq - name);
    for (size_t k = 0; k < n_options; k++) {
        const struct cli_option *o = &options[k];
        if (strlen(o->name) != len || strncmp(o->name, name, len) != 0) {
            continue;
        }
        if (*o->out != NULL) {
            return wrong(usage, "option given twice:", argv[*i]);
        }
        if (o->value_name == NULL) {
            *o->out = "";
            return eq == NULL ? -1 : wrong(usage, "this option takes no value:", argv[*i]);
        }
        if (eq != NULL) {
            *o->out = eq + 1;
        } else if (*i + 1 < argc) {
            *o->out = argv[++*i];
        } else {
            return wrong(usage, "this option needs a value:", argv[*i]);
        }
        return -1;
    }
    return wrong(usage, "unknown option", argv[*i]);
}

int cli_parse(int argc, char **argv, const struct cli_usage *usage,
              const struct cli_option *options, size_t n_options, const char **args,
              size_t max_args, size_t *n_args) {
    size_t n = 0;
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            print_help(usage, options, n_options);
            return CLI_OK;
        }
    }
    for (int i = 1; i < argc; i++) {
        if (strncmp(argv[i], "--", 2) == 0) {
            int rc = take_option(argc, argv, &i, usage, options, n_options);
            if (rc >= 0) {
                return rc;
            }
        } else if (n < max_args) {
            args[n++] = argv[i];
        } else {
            return wrong(usage, "unexpected argument", argv[i]);
        }
    }
    for (size_t k = 0; k < n_options; k++) {
        if (options[k].required && *options[k].out == NULL) {
            fprintf(stderr, "%s: missing option --%s (see %s --help)\n", usage->command,
                    options[k].name, usage->command);
            return CLI_USAGE;
        }
    }
    if (n_args != NULL) {
        *n_args = n;
    }
    return -1;
}
