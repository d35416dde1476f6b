/* zklink key: Ethereum key files, plain or encrypted; the L2 key is derived from them. A password
 * comes from a file or from the terminal, never from the command line, where every user of the
 * machine can read it. */
#include "cli/cli.h"

#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

/* A line from the terminal without echo. */
static int ask_line(FILE *tty, const char *prompt, struct password *password, struct err *err) {
    struct termios loud, quiet;
    char line[PASSWORD_MAX + 2];
    if (tcgetattr(fileno(tty), &loud) != 0) {
        return err_set(err, ERR_INPUT, "the terminal can't be made to hide a password");
    }
    quiet = loud;
    quiet.c_lflag &= ~(tcflag_t)ECHO;
    (void)tcsetattr(fileno(tty), TCSAFLUSH, &quiet);
    fputs(prompt, tty);
    (void)fflush(tty);
    char *got = fgets(line, sizeof line, tty);
    (void)tcsetattr(fileno(tty), TCSAFLUSH, &loud);
    fputc('\n', tty);
    size_t len = got == NULL ? 0 : strcspn(line, "\r\n");
    int rc =
        len > 0 && len <= PASSWORD_MAX
            ? 0
            : err_set(err, ERR_INPUT, "a password of 1 to %d characters is needed", PASSWORD_MAX);
    if (rc == 0) {
        memcpy(password->bytes, line, len);
        password->len = len;
    }
    bytes_wipe(line, sizeof line);
    return rc;
}

/* twice: as for a new file, where a slip of the finger would lock the key away. */
static int ask_password(const char *path, bool twice, struct password *password, struct err *err) {
    char prompt[300];
    struct password again = {0};
    FILE *tty = fopen("/dev/tty", "r+");
    if (tty == NULL) {
        return err_set(err, ERR_INPUT, "%s: --password-file is needed where there is no terminal",
                       path);
    }
    setvbuf(tty, NULL, _IONBF, 0); /* no copy of the password in a buffer of the library's */
    (void)snprintf(prompt, sizeof prompt, "Password of %.200s: ", path);
    int rc = ask_line(tty, prompt, password, err);
    if (rc == 0 && twice) {
        rc = ask_line(tty, "Again: ", &again, err);
        if (rc == 0 &&
            (again.len != password->len || memcmp(again.bytes, password->bytes, again.len) != 0)) {
            rc = err_set(err, ERR_INPUT, "the two passwords differ");
        }
    }
    password_wipe(&again);
    (void)fclose(tty);
    return rc;
}

static int get_password(const char *path, const char *password_path, bool twice,
                        struct password *password, struct err *err) {
    *password = (struct password){0};
    return password_path != NULL ? password_read(password_path, password, err)
                                 : ask_password(path, twice, password, err);
}

int cli_read_key(const char *path, const char *password_path, struct eth_key *key,
                 struct err *err) {
    struct password password = {0};
    bool encrypted = false;
    if (key_file_is_encrypted(path, &encrypted, err) != 0) {
        return -1;
    }
    int rc = encrypted ? get_password(path, password_path, false, &password, err) : 0;
    if (rc == 0) {
        rc = key_file_read(path, encrypted ? &password : NULL, key, err);
    }
    password_wipe(&password);
    return rc;
}

struct key_options {
    const char *password, *plain, *light;
};

static int write_new(const char *path, const struct key_options *o, const struct eth_key *key,
                     struct err *err) {
    struct password password;
    if (o->plain != NULL) {
        return eth_key_write(path, key, err);
    }
    int rc = get_password(path, o->password, true, &password, err);
    if (rc == 0) {
        rc = keystore_write(path, key, &password,
                            o->light != NULL ? KEYSTORE_LIGHT : KEYSTORE_STANDARD, err);
    }
    password_wipe(&password);
    return rc;
}

static int run(const char *const args[3], size_t n, const struct key_options *o,
               struct eth_key *key, struct err *err) {
    if (strcmp(args[0], "new") == 0 && n == 2) {
        if (!eth_key_generate(key)) {
            return err_set(err, ERR_SYSTEM, "the system's random source failed");
        }
        return write_new(args[1], o, key, err);
    }
    if (strcmp(args[0], "import") == 0 && n == 3) {
        if (eth_key_read(args[1], key, err) != 0) {
            return -1;
        }
        return write_new(args[2], o, key, err);
    }
    if (strcmp(args[0], "export") == 0 && n == 3) {
        if (cli_read_key(args[1], o->password, key, err) != 0) {
            return -1;
        }
        return eth_key_write(args[2], key, err);
    }
    if (strcmp(args[0], "address") == 0 && n == 2) {
        return cli_read_key(args[1], o->password, key, err);
    }
    return 1;
}

int cmd_key(int argc, char **argv) {
    const char *args[3] = {"", NULL, NULL};
    size_t n = 0;
    struct eth_key key = {0};
    struct err err = {0};
    struct key_options o = {0};
    char address[43];
    const struct cli_option options[] = {
        {"password-file", "FILE", "file whose only line is the password (default: asked for)",
         &o.password, false},
        {"plain", NULL, "new: 64 hex digits, not encrypted (development)", &o.plain, false},
        {"light", NULL, "new, import: encrypt with less work against guessing", &o.light, false}};
    const struct cli_usage usage = {
        "zklink key", "new FILE | import PLAIN FILE | address FILE | export FILE PLAIN",
        "Ethereum key files, mode 0600. new: a fresh key, encrypted (Web3 Secret Storage, version "
        "3). import: encrypts a plain key file. address: shows whose key it is. export: writes "
        "the key in the clear, 64 hex digits. Whoever can read a plain file owns the account."};
    int rc = cli_parse(argc, argv, &usage, options, sizeof options / sizeof *options, args, 3, &n);
    if (rc >= 0) {
        return rc;
    }
    rc = run(args, n, &o, &key, &err);
    if (rc == 1) {
        fprintf(stderr, "usage: %s %s\n", usage.command, usage.positional);
        return CLI_USAGE;
    }
    if (rc == 0) {
        eth_address_format(address, key.address);
        puts(address);
    }
    eth_key_wipe(&key);
    return rc == 0 ? CLI_OK : cli_fail(&err);
}
