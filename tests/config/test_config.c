/* The example configuration is valid; every mistake in it is named. */
#include "base/file.h"
#include "config/config.h"
#include "config/deployment.h"

// clang-format off
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
// clang-format on
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char example[] = "etc/zklink.conf.example";

/* Replaces the first `from` in the example by `to`, reads the result. */
static int load_changed(const char *from, const char *to, struct err *err) {
    struct buf text = {0};
    struct buf changed = {0};
    struct config config;
    char path[] = "/tmp/zklink-config-XXXXXX";
    assert_int_equal(file_read(example, 1 << 20, &text, err), 0);
    buf_append_byte(&text, 0);
    char *at = strstr((char *)text.data, from);
    assert_non_null(at);
    buf_append(&changed, text.data, (size_t)(at - (char *)text.data));
    buf_append_text(&changed, to);
    buf_append_text(&changed, at + strlen(from));
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, changed.data, changed.len), (ssize_t)changed.len);
    close(fd);
    int rc = config_load(&config, path, err);
    if (rc == 0) {
        config_release(&config);
    }
    unlink(path);
    buf_free(&text);
    buf_free(&changed);
    return rc;
}

static void test_example_is_valid(void **state) {
    (void)state;
    struct config config;
    struct err err = {0};
    if (config_load(&config, example, &err) != 0) {
        fail_msg("%s", err.text);
    }
    assert_int_equal(config.n_chains, 2);
    assert_string_equal(config.data_dir, "etc/var/node");
    assert_int_equal(config.chains[1].evm_chain_id, 31338);
    assert_int_equal(config.instance.networks[0].n_members, 4);
    assert_int_equal(config.node.n_oracle_urls, 4);
    assert_int_equal(config.node.n_fees, 2);
    assert_true(config.node.fees[1].token == 8589934592 &&
                config.node.fees[1].minimum == 10000000000000);
    assert_int_equal(config.oracle.listen.port, 3041);
    assert_ptr_equal(config_chain(&config, 2), &config.chains[1]);
    assert_null(config_chain(&config, 3));
    config_release(&config);
}

static void test_mistakes_are_named(void **state) {
    (void)state;
    static const struct {
        const char *from, *to, *named;
    } cases[] = {
        {"data_dir = \"var/node\";", "", "data_dir: missing"},
        {"data_dir = \"var/node\"", "data_dir = 5", "data_dir: must be a string"},
        {"log_level = \"info\"", "log_level = \"loud\"", "log_level"},
        {"log_level = \"info\"", "log_levle = \"info\"", "log_levle: unknown setting"},
        {"evm_chain_id = 31337", "evm_chain_id = 0", "evm_chain_id: 0 is outside"},
        {"number = 2", "number = 1", "ascending order"},
        {"number = 2", "number = 256", "number: 256 is outside 1..255"},
        {"\"http://127.0.0.1:8545\"", "\"127.0.0.1:8545\"", "rpc: each entry"},
        {"threshold = 3", "threshold = 2", "threshold: needs"},
        {"threshold = 3", "threshold = 4", "threshold: needs"},
        {"00000012\"", "00000011\"", "members: an address stands twice"},
        {"fee_owner_chain = 1", "fee_owner_chain = 3", "fee_owner_chain: is not one of"},
        {"salt = \"0x00", "salt = \"0x", "salt: must be 0x and 64"},
        {"port = 3030", "port = 70000", "node.port: 70000 is outside"},
        {"minimum = \"1", "minimum = \"-1", "node.fees.minimum: must be a whole number"},
        {"token = 8589934592L", "token = 1099511627776L", "node.fees.token: 1099511627776 is"},
        {"block_operations = 1024", "block_operations = \"many\"", "must be a whole number"},
        {"chains = (", "chains = [", "line"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct err err = {0};
        assert_int_equal(load_changed(cases[i].from, cases[i].to, &err), -1);
        assert_int_equal(err.code, ERR_CONFIG);
        if (strstr(err.text, cases[i].named) == NULL) {
            fail_msg("case %zu: \"%s\" does not name \"%s\"", i, err.text, cases[i].named);
        }
    }
}

static void test_missing_file(void **state) {
    (void)state;
    struct config config;
    struct err err = {0};
    assert_int_equal(config_load(&config, "/nonexistent/zklink.conf", &err), -1);
    assert_int_equal(err.code, ERR_NOT_FOUND);
    assert_non_null(strstr(err.text, "/nonexistent/zklink.conf"));
}

static void test_deployment_round_trip(void **state) {
    (void)state;
    struct deployment d = {.fee_account = 1, .fee_owner_chain = 2, .insecure_srs = true};
    struct deployment back;
    struct err err = {0};
    char path[] = "/tmp/zklink-deployment-XXXXXX";
    close(mkstemp(path));
    memset(d.instance_id, 0xab, WORD_LEN);
    memset(d.fee_owner, 0x11, EVM_ADDRESS_LEN);
    d.n_chains = 2;
    d.chains[0] = (struct deployed_chain){.number = 1, .evm_chain_id = 31337, .deploy_block = 7};
    d.chains[1] = (struct deployed_chain){.number = 9, .evm_chain_id = 31338, .deploy_block = 8};
    assert_int_equal(deployment_write(&d, path, &err), 0);
    assert_int_equal(deployment_read(&back, path, &err), 0);
    assert_memory_equal(&d, &back, sizeof d);
    assert_ptr_equal(deployment_chain(&back, 9), &back.chains[1]);
    assert_int_equal(file_write(path, 0644, "{\"instanceId\":\"0x12\"}", 21, &err), 0);
    assert_int_equal(deployment_read(&back, path, &err), -1);
    assert_non_null(strstr(err.text, "instanceId"));
    unlink(path);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_example_is_valid),
        cmocka_unit_test(test_mistakes_are_named),
        cmocka_unit_test(test_missing_file),
        cmocka_unit_test(test_deployment_round_trip),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
