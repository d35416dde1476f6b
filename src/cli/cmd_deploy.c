/* zklink deploy: the contracts on every configured chain, then the deployment file.
 *
 * On each chain: the evaluators, the verifier over them; the contract of positions; the row of
 * implementations; the proxy, which is initialised as it is created, makes its governor (a
 * timelock), and is the contract. The instance id is computed here and compared with what each
 * contract computed for itself; a verifier whose key digest is not ours ends the deployment. */
#include "cli/cli.h"

#include "base/cpu.h"
#include "base/file.h"
#include "chain/abi.h"
#include "rollup/block.h"
#include "setup/contract_code.h"
#include "setup/instance_key.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_EVALUATORS = 32, MAX_ARTIFACT = 8 << 20 };

struct deployer {
    struct config config;
    struct deployment deployment;
    struct instance_key keys;
    struct eth_key key;
    uint8_t operator_address[EVM_ADDRESS_LEN];
    const char *artifacts;
};

/* The creation code of a contract from forge's output; ERR_NOT_FOUND if there is no such file. */
static int read_code(const struct deployer *d, const char *name, struct buf *code,
                     struct err *err) {
    char path[1024];
    struct buf text = {0};
    const json_t *bytecode = NULL;
    const char *hex = NULL;
    snprintf(path, sizeof path, "%s/%s.sol/%s.json", d->artifacts, name, name);
    int rc = file_read(path, MAX_ARTIFACT, &text, err);
    json_t *root = rc == 0 ? json_parse(text.data, text.len, err) : NULL;
    if (root == NULL) {
        rc = -1;
    } else if (json_get_field(root, "bytecode", &bytecode, err) != 0 ||
               json_get_string(bytecode, "object", &hex, err) != 0) {
        rc = err_context(err, "%s", path);
    } else if (!hex_decode_buf(code, hex, MAX_ARTIFACT) || code->len == 0) {
        rc = err_set(err, ERR_DECODE, "%s: bytecode.object is not linked hex code", path);
    }
    json_decref(root);
    buf_free(&text);
    return rc;
}

/* Creates a contract: code and constructor arguments; tells the address and gas. */
static int create(struct l1 *l1, const struct deployer *d, const char *name, const struct buf *args,
                  struct eth_receipt *receipt, struct err *err) {
    struct buf code = {0};
    uint8_t hash[32];
    int rc = read_code(d, name, &code, err);
    if (rc == 0) {
        buf_append(&code, args->data, args->len);
        rc = l1_send(l1, &d->key, NULL, &code, 0, receipt, hash, err);
    }
    if (rc == 0 && !receipt->has_contract) {
        rc = err_set(err, ERR_DECODE, "%s: the receipt names no contract", name);
    }
    if (rc == 0) {
        char address[43];
        eth_address_format(address, receipt->contract);
        printf("chain %u: %-18s at %s, %" PRIu64 " gas\n", l1->chain->number, name, address,
               receipt->gas_used);
    }
    buf_free(&code);
    return rc;
}

static void put_fr_word(struct abi_enc *e, const fq *v) {
    uint8_t word[WORD_LEN];
    fq_to_be(word, v);
    abi_put_word(e, word);
}

/* The verifier's VerifyingKey: max log size, preprocessed commitment, [tau]_2 (imaginary first). */
static void put_verifying_key(struct abi_enc *e, const struct verifying_key *vk) {
    abi_put_u64(e, vk->max_log_chunk);
    put_fr_word(e, &vk->preprocessed.x);
    put_fr_word(e, &vk->preprocessed.y);
    put_fr_word(e, &vk->srs.tau.x.c1);
    put_fr_word(e, &vk->srs.tau.x.c0);
    put_fr_word(e, &vk->srs.tau.y.c1);
    put_fr_word(e, &vk->srs.tau.y.c0);
}

static int deploy_verifier(struct l1 *l1, struct deployer *d, struct deployed_chain *out,
                           struct err *err) {
    struct eth_receipt receipt = {0};
    struct buf none = {0};
    struct buf list = {0};
    struct buf args = {0};
    struct abi_enc e;
    unsigned n = 0;
    uint8_t word[WORD_LEN];
    buf_append_zeros(&list, WORD_LEN);
    for (; n < MAX_EVALUATORS; n++) {
        char name[32];
        snprintf(name, sizeof name, "ZklinkEvaluator%u", n);
        if (create(l1, d, name, &none, &receipt, err) != 0) {
            if (err->code == ERR_NOT_FOUND && n > 0) {
                break;
            }
            buf_free(&list);
            return -1;
        }
        word_from_address(word, receipt.contract);
        buf_append(&list, word, WORD_LEN);
    }
    if (!list.failed) {
        word_from_u64(list.data, n);
    }
    abi_begin(&e, 8);
    put_verifying_key(&e, &d->keys.pk.vk);
    abi_put_encoded(&e, &list);
    abi_finish(&e, &args);
    int rc = create(l1, d, "ZklinkVerifier", &args, &receipt, err);
    memcpy(out->verifier, receipt.contract, EVM_ADDRESS_LEN);
    buf_free(&list);
    buf_free(&args);
    return rc;
}

/* Reads one word from a view function without arguments and compares it. */
static int expect_word(struct l1 *l1, const uint8_t *contract, const char *function,
                       const uint8_t expected[WORD_LEN], struct err *err) {
    uint8_t selector[4];
    struct buf answer = {0};
    abi_selector(function, selector);
    const struct eth_call_args call = {.to = contract, .data = selector, .data_len = 4};
    int rc = eth_call(l1->client, &call, UINT64_MAX, &answer, err);
    if (rc == 0 && (answer.len != WORD_LEN || memcmp(answer.data, expected, WORD_LEN) != 0)) {
        rc = err_set(err, ERR_MISMATCH,
                     "chain %u: the contract's %s is not ours: contracts and binary were not built "
                     "from the same sources",
                     l1->chain->number, function);
    }
    buf_free(&answer);
    return rc;
}

static void encode_chains(const struct config *config, struct buf *out) {
    uint8_t word[WORD_LEN];
    word_from_u64(word, config->n_chains);
    buf_append(out, word, WORD_LEN);
    for (size_t i = 0; i < config->n_chains; i++) {
        word_from_u64(word, config->chains[i].number);
        buf_append(out, word, WORD_LEN);
        word_from_u64(word, config->chains[i].evm_chain_id);
        buf_append(out, word, WORD_LEN);
    }
}

static void encode_networks(const struct config *config, struct buf *out) {
    struct abi_enc array;
    uint8_t word[WORD_LEN];
    word_from_u64(word, config->instance.n_networks);
    buf_append(out, word, WORD_LEN);
    abi_begin(&array, config->instance.n_networks);
    for (size_t i = 0; i < config->instance.n_networks; i++) {
        const struct network_config *net = &config->instance.networks[i];
        struct abi_enc tuple;
        struct buf encoded = {0};
        uint8_t members[CONFIG_MAX_MEMBERS * WORD_LEN];
        for (size_t k = 0; k < net->n_members; k++) {
            word_from_address(members + k * WORD_LEN, net->members[k]);
        }
        abi_begin(&tuple, 3);
        abi_put_words(&tuple, members, net->n_members);
        abi_put_u64(&tuple, net->threshold);
        abi_put_u64(&tuple, net->faults);
        abi_finish(&tuple, &encoded);
        abi_put_encoded(&array, &encoded);
        buf_free(&encoded);
    }
    abi_finish(&array, out);
}

/* IZklinkTypes.Config, in the order of its declaration. */
static void encode_config(const struct deployer *d, const struct deployed_chain *chain,
                          struct buf *out) {
    const struct deployment *dep = &d->deployment;
    const struct air *air = d->keys.air;
    struct abi_enc tuple;
    struct buf chains = {0};
    encode_chains(&d->config, &chains);
    abi_begin(&tuple, 10);
    abi_put_address(&tuple, chain->verifier);
    abi_put_word(&tuple, dep->salt);
    abi_put_encoded(&tuple, &chains);
    abi_put_u64(&tuple, chain->number);
    abi_put_word(&tuple, dep->genesis_root);
    abi_put_u64(&tuple, dep->fee_account);
    abi_put_u64(&tuple, d->config.instance.request_period_s);
    abi_put_u64(&tuple, d->config.instance.exit_window_s);
    abi_put_u64(&tuple, (uint64_t)air_find_chip(air, "log"));
    abi_put_u64(&tuple, (uint64_t)air_find_chip(air, "outbox"));
    abi_finish(&tuple, out);
    buf_free(&chains);
}

/* The call initialize(Setup), for a contract that takes part from the genesis on. */
static void encode_initialize(const struct deployer *d, const uint8_t positions[EVM_ADDRESS_LEN],
                              struct buf *out) {
    static const char signature[] =
        "initialize((address,address,uint256,address[],address,(address[],"
        "uint256,uint256)[],(uint64,uint64,uint64,"
        "bytes32,bytes32,bytes32),(uint8,uint256)[]))";
    enum { STORED_BLOCK_WORDS = 6 };
    struct abi_enc tuple;
    struct abi_enc outer;
    struct buf chains = {0};
    struct buf networks = {0};
    struct buf encoded = {0};
    uint8_t selector[4];
    uint8_t council[WORD_LEN];
    word_from_address(council, d->config.instance.council);
    encode_chains(&d->config, &chains);
    encode_networks(&d->config, &networks);
    abi_begin(&tuple, 7 + STORED_BLOCK_WORDS);
    abi_put_address(&tuple, d->operator_address);
    abi_put_address(&tuple, d->config.instance.guardian);
    abi_put_u64(&tuple, d->config.instance.governor_delay_s);
    abi_put_words(&tuple, council, 1);
    abi_put_address(&tuple, positions);
    abi_put_encoded(&tuple, &networks);
    for (int i = 0; i < STORED_BLOCK_WORDS; i++) {
        abi_put_u64(&tuple, 0);
    }
    abi_put_encoded(&tuple, &chains);
    abi_finish(&tuple, &encoded);
    abi_selector(signature, selector);
    buf_append(out, selector, sizeof selector);
    abi_begin(&outer, 1);
    abi_put_encoded(&outer, &encoded);
    abi_finish(&outer, out);
    buf_free(&chains);
    buf_free(&networks);
    buf_free(&encoded);
}

/* The row of implementations, last one first: each takes the configuration and, but for the last,
 * the address of the next. The receipt is that of the first one. */
static int deploy_row(struct l1 *l1, const struct deployer *d, const struct deployed_chain *chain,
                      struct eth_receipt *receipt, struct err *err) {
    static const char *const row[] = {"ZklinkSafety", "ZklinkExits", "ZklinkPools",
                                      "ZklinkRequests", "Zklink"};
    struct buf config = {0};
    int rc = 0;
    encode_config(d, chain, &config);
    for (size_t i = 0; rc == 0 && i < sizeof row / sizeof *row; i++) {
        struct abi_enc e;
        struct buf args = {0};
        abi_begin(&e, i == 0 ? 1 : 2);
        abi_put_encoded(&e, &config);
        if (i > 0) {
            abi_put_address(&e, receipt->contract);
        }
        abi_finish(&e, &args);
        rc = create(l1, d, row[i], &args, receipt, err);
        buf_free(&args);
    }
    buf_free(&config);
    return rc;
}

/* Positions, implementations and the proxy over them, which is the contract and makes its governor;
 * the receipt is its. */
static int deploy_contract(struct l1 *l1, const struct deployer *d,
                           const struct deployed_chain *chain, struct eth_receipt *receipt,
                           struct err *err) {
    struct abi_enc e;
    struct buf call = {0};
    struct buf args = {0};
    struct buf none = {0};
    uint8_t positions[EVM_ADDRESS_LEN];
    if (create(l1, d, "Positions", &none, receipt, err) != 0) {
        return -1;
    }
    memcpy(positions, receipt->contract, EVM_ADDRESS_LEN);
    if (deploy_row(l1, d, chain, receipt, err) != 0) {
        return -1;
    }
    encode_initialize(d, positions, &call);
    abi_begin(&e, 2);
    abi_put_address(&e, receipt->contract);
    abi_put_bytes(&e, call.data, call.len);
    abi_finish(&e, &args);
    int rc = create(l1, d, "ZklinkProxy", &args, receipt, err);
    buf_free(&call);
    buf_free(&args);
    return rc;
}

static int deploy_chain(struct deployer *d, size_t i, struct err *err) {
    struct deployed_chain *out = &d->deployment.chains[i];
    struct l1 l1;
    struct eth_receipt receipt = {0};
    if (l1_open(&l1, &d->config, NULL, d->config.chains[i].number, err) != 0) {
        return -1;
    }
    out->number = d->config.chains[i].number;
    out->evm_chain_id = d->config.chains[i].evm_chain_id;
    int rc = deploy_verifier(&l1, d, out, err);
    if (rc == 0) {
        rc = expect_word(&l1, out->verifier, "vkDigest()", d->deployment.vk_digest, err);
    }
    if (rc == 0) {
        rc = deploy_contract(&l1, d, out, &receipt, err);
    }
    if (rc == 0) {
        memcpy(out->contract, receipt.contract, EVM_ADDRESS_LEN);
        out->deploy_block = receipt.block_number;
        rc = expect_word(&l1, out->contract, "instanceId()", d->deployment.instance_id, err);
    }
    if (rc == 0) {
        rc = contract_code_record(l1.client, out, err);
    }
    l1_close(&l1);
    return rc;
}

/* Instance id and genesis root, from the configuration and the verifying key. */
static int compute_instance(struct deployer *d, struct err *err) {
    struct genesis g = {.fee_owner.authority = d->config.instance.fee_owner_chain};
    struct deployment *dep = &d->deployment;
    struct instance instance;
    struct state *state = state_new();
    if (state == NULL) {
        return err_set(err, ERR_SYSTEM, "out of memory");
    }
    memcpy(g.salt, d->config.instance.salt, sizeof g.salt);
    memcpy(g.vk_digest, d->keys.pk.vk.digest, sizeof g.vk_digest);
    memcpy(g.fee_owner.address, d->config.instance.fee_owner, EVM_ADDRESS_LEN);
    g.chains.n = (unsigned)d->config.n_chains;
    for (size_t i = 0; i < d->config.n_chains; i++) {
        g.chains.chain[i] = d->config.chains[i].number;
        g.chains.evm_id[i] = d->config.chains[i].evm_chain_id;
    }
    bool ok = genesis_build(&instance, state, &g);
    state_free(state);
    if (!ok) {
        return err_set(err, ERR_CONFIG, "the chain list cannot make an instance");
    }
    memcpy(dep->instance_id, instance.instance_id, WORD_LEN);
    memcpy(dep->salt, g.salt, WORD_LEN);
    memcpy(dep->vk_digest, instance.vk_digest, WORD_LEN);
    memcpy(dep->chain_list_hash, instance.chain_list_hash, WORD_LEN);
    fr_to_be(dep->genesis_root, &instance.genesis_root);
    dep->fee_account = instance.fee_account;
    memcpy(dep->fee_owner, g.fee_owner.address, EVM_ADDRESS_LEN);
    dep->fee_owner_chain = g.fee_owner.authority;
    dep->insecure_srs = d->keys.srs.insecure;
    dep->n_chains = d->config.n_chains;
    return 0;
}

static int deploy_all(struct deployer *d, struct err *err) {
    uint64_t evm_ids[CONFIG_MAX_CHAINS];
    struct eth_key operator_key;
    if (d->config.node.operator_key_file == NULL) {
        return err_set(err, ERR_CONFIG, "node.operator_key_file: missing");
    }
    if (d->config.prover.srs_file == NULL) {
        return err_set(err, ERR_CONFIG, "prover.srs_file: missing");
    }
    if (key_file_load(d->config.node.operator_key_file, d->config.node.operator_password_file,
                      &operator_key, err) != 0) {
        return -1;
    }
    memcpy(d->operator_address, operator_key.address, EVM_ADDRESS_LEN);
    eth_key_wipe(&operator_key);
    for (size_t i = 0; i < d->config.n_chains; i++) {
        evm_ids[i] = d->config.chains[i].evm_chain_id;
    }
    if (instance_key_open(&d->keys, d->config.prover.srs_file, evm_ids, d->config.n_chains,
                          cpu_count(), err) != 0 ||
        compute_instance(d, err) != 0) {
        return -1;
    }
    for (size_t i = 0; i < d->config.n_chains; i++) {
        if (deploy_chain(d, i, err) != 0) {
            return -1;
        }
    }
    return deployment_write(&d->deployment, d->config.deployment_file, err);
}

int cmd_deploy(int argc, char **argv) {
    const char *config = NULL;
    const char *key = NULL;
    const char *password = NULL;
    const char *artifacts = NULL;
    const struct cli_option options[] = {
        {"key", "FILE", "Ethereum key that pays for the deployment", &key, true},
        {"password-file", "FILE", "its password, if it is encrypted (default: asked for)",
         &password, false},
        {"config", "FILE", "configuration (default: $ZKLINK_CONFIG, else zklink.conf)", &config,
         false},
        {"artifacts", "DIR", "compiled contracts (default: contracts/out)", &artifacts, false}};
    const struct cli_usage usage = {
        "zklink deploy", "",
        "Deploys verifier and contract on every chain of the configuration and writes the "
        "deployment file. A deployment file that exists is not replaced."};
    struct deployer d = {0};
    struct err err = {0};
    struct buf old = {0};
    int rc =
        cli_parse(argc, argv, &usage, options, sizeof options / sizeof *options, NULL, 0, NULL);
    if (rc >= 0) {
        return rc;
    }
    if (config == NULL) {
        config = getenv("ZKLINK_CONFIG");
    }
    if (config_load(&d.config, config == NULL ? "zklink.conf" : config, &err) != 0) {
        return cli_fail(&err);
    }
    d.artifacts = artifacts == NULL ? "contracts/out" : artifacts;
    if (file_read(d.config.deployment_file, 1 << 20, &old, &err) == 0 ||
        err.code != ERR_NOT_FOUND) {
        rc = cli_fail_text("%s exists already: a deployment is for ever; move it away to make "
                           "another one",
                           d.config.deployment_file);
    } else if (cli_read_key(key, password, &d.key, &err) != 0 || deploy_all(&d, &err) != 0) {
        rc = cli_fail(&err);
    } else {
        char id[2 * WORD_LEN + 3];
        hex0x_encode(id, d.deployment.instance_id, WORD_LEN);
        printf("instance %s on %zu chains; wrote %s\n", id, d.config.n_chains,
               d.config.deployment_file);
        rc = CLI_OK;
    }
    buf_free(&old);
    eth_key_wipe(&d.key);
    instance_key_close(&d.keys);
    config_release(&d.config);
    return rc;
}
