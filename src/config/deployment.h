/* The deployment file: what `zklink deploy` fixed on the chains, as JSON. Everybody who talks to
 * the contracts reads it; nothing in it is secret, and everything that matters is checked against
 * the chains again at start. */
#ifndef ZKLINK_CONFIG_DEPLOYMENT_H
#define ZKLINK_CONFIG_DEPLOYMENT_H

#include "config/config.h"

enum { DEPLOYMENT_MAX_CODE = 16 };
/* Code that the instance runs on a chain, by its hash: the contract itself, what stands behind it
 * as a proxy (EIP-1967), its verifier. */
struct deployed_code {
    uint8_t address[EVM_ADDRESS_LEN];
    uint8_t hash[WORD_LEN];
};

struct deployed_chain {
    uint8_t number;
    uint64_t evm_chain_id;
    uint8_t contract[EVM_ADDRESS_LEN];
    uint8_t verifier[EVM_ADDRESS_LEN];
    uint64_t deploy_block; /* logs start here */
    struct deployed_code code[DEPLOYMENT_MAX_CODE];
    size_t n_code; /* 0: the file tells none */
};

struct deployment {
    uint8_t instance_id[WORD_LEN];
    uint8_t salt[WORD_LEN];
    uint8_t vk_digest[WORD_LEN];
    uint8_t chain_list_hash[WORD_LEN];
    uint8_t genesis_root[WORD_LEN];
    uint32_t fee_account;
    uint8_t fee_owner[EVM_ADDRESS_LEN];
    uint8_t fee_owner_chain;
    bool insecure_srs; /* made with the development set-up */
    struct deployed_chain chains[CONFIG_MAX_CHAINS];
    size_t n_chains;
};

int deployment_read(struct deployment *d, const char *path, struct err *err);
int deployment_write(const struct deployment *d, const char *path, struct err *err);
const struct deployed_chain *deployment_chain(const struct deployment *d, unsigned number);
/* ERR_MISMATCH, naming it, if a setting contradicts the deployment (chains, salt, fee owner). */
int deployment_check_config(const struct deployment *d, const struct config *config,
                            struct err *err);

#endif
