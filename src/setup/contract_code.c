#include "setup/contract_code.h"

#include "chain/eth_key.h"
#include "chain/zklink_abi.h"

#include <string.h>

int contract_implementation(struct eth_client *c, const uint8_t contract[EVM_ADDRESS_LEN],
                            uint8_t implementation[EVM_ADDRESS_LEN], struct err *err) {
    /* EIP-1967: keccak("eip1967.proxy.implementation") - 1. */
    uint8_t slot[32], value[32];
    abi_topic("eip1967.proxy.implementation", slot);
    for (size_t i = 32; i-- > 0 && slot[i]-- == 0;) {
    }
    if (eth_get_storage(c, contract, slot, value, err) != 0) {
        return -1;
    }
    return word_to_address(value, implementation)
               ? 0
               : err_set(err, ERR_DECODE, "the implementation slot holds no address");
}

static const struct deployed_code *listed(const struct deployed_chain *d,
                                          const uint8_t address[EVM_ADDRESS_LEN]) {
    for (size_t i = 0; i < d->n_code; i++) {
        if (memcmp(d->code[i].address, address, EVM_ADDRESS_LEN) == 0) {
            return &d->code[i];
        }
    }
    return NULL;
}

static int add(struct eth_client *c, struct deployed_chain *d,
               const uint8_t address[EVM_ADDRESS_LEN], struct err *err) {
    struct deployed_code *code = &d->code[d->n_code];
    if (bytes_are_zero(address, EVM_ADDRESS_LEN) || listed(d, address) != NULL) {
        return 0;
    }
    if (d->n_code == DEPLOYMENT_MAX_CODE) {
        return err_set(err, ERR_MISMATCH, "more than %d codes", DEPLOYMENT_MAX_CODE);
    }
    memcpy(code->address, address, EVM_ADDRESS_LEN);
    if (eth_get_code_hash(c, address, code->hash, err) != 0) {
        return -1;
    }
    d->n_code++;
    return 0;
}

int contract_code_record(struct eth_client *c, struct deployed_chain *d, struct err *err) {
    /* Contracts that the main one calls by delegatecall or as its verifier, where it names them. */
    static const char *const named[] = {"verifier()", "extension()"};
    uint8_t address[EVM_ADDRESS_LEN];
    d->n_code = 0;
    if (add(c, d, d->contract, err) != 0 ||
        contract_implementation(c, d->contract, address, err) != 0 ||
        add(c, d, address, err) != 0 || add(c, d, d->verifier, err) != 0) {
        return -1;
    }
    for (size_t i = 0; i < sizeof named / sizeof *named; i++) {
        struct err e = {0};
        int rc = zklink_get_address(c, d->contract, named[i], address, &e);
        if (rc == 0 ? add(c, d, address, err) != 0 : e.code != ERR_REMOTE && e.code != ERR_DECODE) {
            return rc == 0 ? -1 : err_set(err, e.code, "%s", e.text);
        }
    }
    return 0;
}

static int unknown(const char *what, const uint8_t address[EVM_ADDRESS_LEN], struct err *err) {
    char text[43];
    eth_address_format(text, address);
    return err_set(err, ERR_MISMATCH,
                   "%s at %s is not code that the deployment file knows: nothing is signed or sent "
                   "until it was looked at",
                   what, text);
}

int contract_code_check(struct eth_client *c, const struct deployed_chain *d, struct err *err) {
    uint8_t implementation[EVM_ADDRESS_LEN], hash[32];
    if (d->n_code == 0 || listed(d, d->contract) == NULL || listed(d, d->verifier) == NULL) {
        return err_set(err, ERR_MISMATCH,
                       "the deployment file does not list the code of contract and verifier");
    }
    if (contract_implementation(c, d->contract, implementation, err) != 0) {
        return -1;
    }
    if (!bytes_are_zero(implementation, EVM_ADDRESS_LEN) && listed(d, implementation) == NULL) {
        return unknown("the implementation", implementation, err);
    }
    for (size_t i = 0; i < d->n_code; i++) {
        if (eth_get_code_hash(c, d->code[i].address, hash, err) != 0) {
            return -1;
        }
        if (memcmp(hash, d->code[i].hash, 32) != 0) {
            return unknown("what stands", d->code[i].address, err);
        }
    }
    return 0;
}
