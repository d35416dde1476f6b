/* `zklink oracle`. */
#include "base/log.h"
#include "oracle/oracle.h"
#include "setup/stop_limit.h"

#include <getopt.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

static void print_help(FILE *out) {
    fputs("usage: zklink oracle [--config FILE]\n\n"
          "Runs one oracle: follows every chain over its own connections, signs each block that\n"
          "all chains have accepted with one proof, and serves the signatures.\n\n"
          "  --config FILE   configuration (default: $ZKLINK_CONFIG, else zklink.conf)\n"
          "  --help          this text\n",
          out);
}

/* -1: go on; else the exit code. */
static int parse(int argc, char **argv, const char **config) {
    static const struct option options[] = {{"config", required_argument, NULL, 'c'},
                                            {"help", no_argument, NULL, 'h'},
                                            {NULL, 0, NULL, 0}};
    int c;
    *config = getenv("ZKLINK_CONFIG");
    optind = 1;
    while ((c = getopt_long(argc, argv, "h", options, NULL)) != -1) {
        if (c == 'h') {
            print_help(stdout);
            return 0;
        }
        if (c != 'c') {
            print_help(stderr);
            return 2;
        }
        *config = optarg;
    }
    if (optind < argc) {
        fprintf(stderr, "zklink oracle: unexpected argument %s\n", argv[optind]);
        return 2;
    }
    if (*config == NULL) {
        *config = "zklink.conf";
    }
    return -1;
}

static int run(const struct config *config, struct err *err) {
    struct deployment deployment;
    struct eth_key key;
    sigset_t signals;
    int number;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    signal(SIGPIPE, SIG_IGN);
    if (config->oracle.key_file == NULL) {
        return err_set(err, ERR_CONFIG, "oracle.key_file: missing");
    }
    if (deployment_read(&deployment, config->deployment_file, err) != 0 ||
        deployment_check_config(&deployment, config, err) != 0 ||
        eth_key_read(config->oracle.key_file, &key, err) != 0) {
        return -1;
    }
    struct oracle *o = oracle_start(config, &deployment, &key, err);
    eth_key_wipe(&key);
    if (o == NULL) {
        return -1;
    }
    sigwait(&signals, &number);
    log_info("oracle", "event=stopping signal=%d", number);
    stop_limit_start("oracle", 0);
    oracle_stop(o);
    return 0;
}

int oracle_main(int argc, char **argv) {
    const char *path;
    struct config config;
    struct err err = {0};
    int code = parse(argc, argv, &path);
    if (code >= 0) {
        return code;
    }
    int rc = config_load(&config, path, &err);
    if (rc == 0) {
        log_set_level(config.log_level);
        rc = run(&config, &err);
        config_release(&config);
    }
    if (rc != 0) {
        fprintf(stderr, "zklink oracle: %s\n", err.text);
        return 1;
    }
    return 0;
}
