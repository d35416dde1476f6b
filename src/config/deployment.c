#include "config/deployment.h"

#include "base/file.h"
#include "base/json.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_FILE = 1 << 20 };

/* Optional: files of older versions have none. */
static int read_code(const json_t *obj, struct deployed_chain *c, struct err *err) {
    const json_t *list = json_object_get(obj, "code");
    if (list == NULL) {
        return 0;
    }
    if (!json_is_array(list) || json_array_size(list) > DEPLOYMENT_MAX_CODE) {
        return err_set(err, ERR_INPUT, "code: must be an array of at most %d", DEPLOYMENT_MAX_CODE);
    }
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *v = json_array_get(list, i);
        struct deployed_code *code = &c->code[i];
        if (json_get_hex(v, "address", code->address, EVM_ADDRESS_LEN, err) != 0 ||
            json_get_hex(v, "codeHash", code->hash, WORD_LEN, err) != 0) {
            return err_context(err, "code[%zu]", i);
        }
        c->n_code++;
    }
    return 0;
}

static int read_chain(const json_t *obj, struct deployed_chain *c, struct err *err) {
    uint64_t number = 0;
    if (json_get_u64(obj, "number", 255, &number, err) != 0 ||
        json_get_u64(obj, "evmChainId", INT64_MAX, &c->evm_chain_id, err) != 0 ||
        json_get_hex(obj, "contract", c->contract, EVM_ADDRESS_LEN, err) != 0 ||
        json_get_hex(obj, "verifier", c->verifier, EVM_ADDRESS_LEN, err) != 0 ||
        json_get_u64(obj, "deployBlock", INT64_MAX, &c->deploy_block, err) != 0 ||
        read_code(obj, c, err) != 0) {
        return -1;
    }
    c->number = (uint8_t)number;
    return number == 0 ? err_set(err, ERR_INPUT, "number: must be 1 to 255") : 0;
}

static int read_fields(const json_t *root, struct deployment *d, struct err *err) {
    uint64_t account = 0;
    uint64_t chain = 0;
    const json_t *insecure = NULL;
    const json_t *chains = NULL;
    if (json_get_hex(root, "instanceId", d->instance_id, WORD_LEN, err) != 0 ||
        json_get_hex(root, "salt", d->salt, WORD_LEN, err) != 0 ||
        json_get_hex(root, "vkDigest", d->vk_digest, WORD_LEN, err) != 0 ||
        json_get_hex(root, "chainListHash", d->chain_list_hash, WORD_LEN, err) != 0 ||
        json_get_hex(root, "genesisRoot", d->genesis_root, WORD_LEN, err) != 0 ||
        json_get_u64(root, "feeAccount", (1 << 28) - 1, &account, err) != 0 ||
        json_get_hex(root, "feeOwner", d->fee_owner, EVM_ADDRESS_LEN, err) != 0 ||
        json_get_u64(root, "feeOwnerChain", 255, &chain, err) != 0 ||
        json_get_field(root, "insecureSrs", &insecure, err) != 0 ||
        json_get_field(root, "chains", &chains, err) != 0) {
        return -1;
    }
    d->fee_account = (uint32_t)account;
    d->fee_owner_chain = (uint8_t)chain;
    d->insecure_srs = json_is_true(insecure);
    d->n_chains = json_array_size(chains);
    if (!json_is_boolean(insecure)) {
        return err_set(err, ERR_INPUT, "insecureSrs: must be true or false");
    }
    if (d->n_chains == 0 || d->n_chains > CONFIG_MAX_CHAINS) {
        return err_set(err, ERR_INPUT, "chains: must be an array of 1 to %d", CONFIG_MAX_CHAINS);
    }
    for (size_t i = 0; i < d->n_chains; i++) {
        if (read_chain(json_array_get(chains, i), &d->chains[i], err) != 0) {
            return err_context(err, "chains[%zu]", i);
        }
    }
    return 0;
}

int deployment_read(struct deployment *d, const char *path, struct err *err) {
    struct buf text = {0};
    memset(d, 0, sizeof *d);
    int rc = file_read(path, MAX_FILE, &text, err);
    json_t *root = rc == 0 ? json_parse(text.data, text.len, err) : NULL;
    rc = root == NULL ? -1 : read_fields(root, d, err);
    if (rc != 0) {
        err_context(err, "deployment file %s (written by `zklink deploy`)", path);
    }
    json_decref(root);
    buf_free(&text);
    return rc;
}

int deployment_write(const struct deployment *d, const char *path, struct err *err) {
    json_t *chains = json_array();
    for (size_t i = 0; i < d->n_chains; i++) {
        const struct deployed_chain *c = &d->chains[i];
        json_t *code = json_array();
        for (size_t k = 0; k < c->n_code; k++) {
            json_array_append_new(code,
                                  json_pack("{s:o,s:o}", "address",
                                            json_new_hex(c->code[k].address, EVM_ADDRESS_LEN),
                                            "codeHash", json_new_hex(c->code[k].hash, WORD_LEN)));
        }
        json_array_append_new(chains,
                              json_pack("{s:i,s:I,s:o,s:o,s:I,s:o}", "number", c->number,
                                        "evmChainId", (json_int_t)c->evm_chain_id, "contract",
                                        json_new_hex(c->contract, EVM_ADDRESS_LEN), "verifier",
                                        json_new_hex(c->verifier, EVM_ADDRESS_LEN), "deployBlock",
                                        (json_int_t)c->deploy_block, "code", code));
    }
    json_t *root =
        json_pack("{s:o,s:o,s:o,s:o,s:o,s:i,s:o,s:i,s:b,s:o}", "instanceId",
                  json_new_hex(d->instance_id, WORD_LEN), "salt", json_new_hex(d->salt, WORD_LEN),
                  "vkDigest", json_new_hex(d->vk_digest, WORD_LEN), "chainListHash",
                  json_new_hex(d->chain_list_hash, WORD_LEN), "genesisRoot",
                  json_new_hex(d->genesis_root, WORD_LEN), "feeAccount", (int)d->fee_account,
                  "feeOwner", json_new_hex(d->fee_owner, EVM_ADDRESS_LEN), "feeOwnerChain",
                  d->fee_owner_chain, "insecureSrs", d->insecure_srs, "chains", chains);
    char *text = root == NULL ? NULL : json_dumps(root, JSON_INDENT(2));
    int rc = text == NULL ? err_set(err, ERR_SYSTEM, "out of memory")
                          : file_write(path, 0644, text, strlen(text), err);
    free(text);
    json_decref(root);
    return rc;
}

const struct deployed_chain *deployment_chain(const struct deployment *d, unsigned number) {
    for (size_t i = 0; i < d->n_chains; i++) {
        if (d->chains[i].number == number) {
            return &d->chains[i];
        }
    }
    return NULL;
}

int deployment_check_config(const struct deployment *d, const struct config *config,
                            struct err *err) {
    if (d->n_chains != config->n_chains) {
        return err_set(err, ERR_MISMATCH, "the deployment has %zu chains, the configuration %zu",
                       d->n_chains, config->n_chains);
    }
    for (size_t i = 0; i < d->n_chains; i++) {
        const struct chain_config *c = &config->chains[i];
        if (d->chains[i].number != c->number || d->chains[i].evm_chain_id != c->evm_chain_id) {
            return err_set(err, ERR_MISMATCH,
                           "chain %zu is number %u, EVM chain id %llu in the deployment, "
                           "but %u, %llu in the configuration",
                           i, d->chains[i].number, (unsigned long long)d->chains[i].evm_chain_id,
                           c->number, (unsigned long long)c->evm_chain_id);
        }
    }
    if (memcmp(d->salt, config->instance.salt, WORD_LEN) != 0) {
        return err_set(err, ERR_MISMATCH, "instance.salt differs from the deployment's");
    }
    if (memcmp(d->fee_owner, config->instance.fee_owner, EVM_ADDRESS_LEN) != 0 ||
        d->fee_owner_chain != config->instance.fee_owner_chain) {
        return err_set(err, ERR_MISMATCH, "instance.fee_owner differs from the deployment's");
    }
    return 0;
}
