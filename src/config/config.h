/* The configuration: one file for every service and client command (etc/zklink.conf.example tells
 * each setting). Read once at start, checked whole: a mistake names the setting, the value and what
 * is allowed, and nothing starts. */
#ifndef ZKLINK_CONFIG_CONFIG_H
#define ZKLINK_CONFIG_CONFIG_H

#include "base/bytes.h"
#include "base/err.h"
#include "base/log.h"

enum {
    CONFIG_MAX_CHAINS = 16, /* CHAINS_MAX of the rollup, MAX_CHAINS of the contracts */
    CONFIG_MAX_ENDPOINTS = 8,
    CONFIG_MAX_NETWORKS = 8,
    CONFIG_MAX_MEMBERS = 64,
    CONFIG_MAX_ORACLES = 64,
    CONFIG_MAX_FEE_TOKENS = 64,
    CONFIG_MAX_BROKER_KEYS = 16,
    CONFIG_MAX_BROKER_TOKENS = 256,
};

/* A connected chain. */
struct chain_config {
    uint8_t number;        /* 1..255, ascending in the list */
    char *name;            /* for people */
    uint64_t evm_chain_id; /* what its endpoints must answer */
    char *rpc[CONFIG_MAX_ENDPOINTS];
    size_t n_rpc;
    unsigned agree;         /* endpoints that must show the same events before the node believes */
    unsigned confirmations; /* blocks on top until an event counts as final */
    unsigned poll_ms;       /* between looks for new blocks */
    unsigned resend_ms;     /* until a transaction in no block is offered for higher fees */
    unsigned native_rate_ppm; /* worth of its native coin in millionths of the reference coin */
};

/* An oracle network as the contracts get it. */
struct network_config {
    unsigned threshold, faults;
    uint8_t members[CONFIG_MAX_MEMBERS][EVM_ADDRESS_LEN];
    size_t n_members;
};

/* A token that the sequencer takes fees in. */
struct fee_config {
    uint64_t token; /* id */
    u128 minimum;   /* least fee of a plain transfer, in base units */
    u128 rate;      /* base units for 10^18 wei of the reference coin; 0: costs don't count */
};

/* A JSON-RPC listener. */
struct listen_config {
    char *address; /* numeric IPv4 */
    uint16_t port;
    unsigned max_connections;
    unsigned timeout_s;
    unsigned max_body;       /* bytes */
    unsigned max_rate;       /* requests per second of one client address; 0: no limit */
    unsigned max_per_client; /* connections of one client address; 0: no limit */
};

/* How certain a payout must be before a broker pays it (src/broker/rules.h). */
enum broker_risk { BROKER_RISK_RECEIPT, BROKER_RISK_PROVEN, BROKER_RISK_CONFIRMED };

/* A token that a broker pays in advance; amounts in base units. */
struct broker_token_config {
    uint64_t token; /* id */
    u128 minimum_fee;
    unsigned minimum_fee_ppm; /* of the amount, in millionths */
    u128 max_amount;          /* of one payout */
    u128 max_exposure;        /* paid and not yet repaid, all keys together */
};

/* A chain on which a broker pays. */
struct broker_chain_config {
    uint8_t number;
    unsigned max_open; /* payouts paid and not yet repaid */
    unsigned max_gwei; /* never offers more for a unit of gas */
    u128 gas_reserve;  /* native coins that each key keeps for gas, in wei */
};

struct broker_config {
    char *key_files[CONFIG_MAX_BROKER_KEYS];
    size_t n_keys;
    char *password_file; /* of all encrypted key files, else NULL */
    enum broker_risk risk;
    unsigned poll_ms;
    struct broker_chain_config chains[CONFIG_MAX_CHAINS];
    size_t n_chains;
    struct broker_token_config tokens[CONFIG_MAX_BROKER_TOKENS];
    size_t n_tokens;
};

struct config {
    char *data_dir;
    char *deployment_file;
    enum log_level log_level;

    struct chain_config chains[CONFIG_MAX_CHAINS];
    size_t n_chains;

    struct {
        uint8_t salt[WORD_LEN];
        uint8_t fee_owner[EVM_ADDRESS_LEN]; /* owner of the fee account, on chain fee_owner_chain */
        uint8_t fee_owner_chain;
        uint32_t request_period_s;
        uint32_t exit_window_s;            /* from an exodus' begin to the first exit */
        uint32_t governor_delay_s;         /* above the two together; 0 in the file: a day above */
        uint8_t council[EVM_ADDRESS_LEN];  /* proposes to the governor; default: the fee owner */
        uint8_t guardian[EVM_ADDRESS_LEN]; /* may pause deposits; default: the fee owner */
        struct network_config networks[CONFIG_MAX_NETWORKS];
        size_t n_networks;
    } instance;

    struct {
        struct listen_config listen;
        char *operator_key_file;      /* Ethereum key that submits blocks and signs receipts */
        char *operator_password_file; /* of an encrypted key file, else NULL */
        unsigned block_operations;
        unsigned block_interval_ms; /* longest wait from the first operation to sealing */
        struct fee_config fees[CONFIG_MAX_FEE_TOKENS]; /* none: any token, also no fee at all */
        size_t n_fees;
        unsigned fee_operations; /* how many operations share the costs of a block */
        uint64_t fee_prover_wei; /* of the reference coin, for a second of proving */
        unsigned fee_validity_s; /* how long a quoted fee is good */
        char *oracle_urls[CONFIG_MAX_ORACLES];
        size_t n_oracle_urls;
    } node;

    struct {
        char *srs_file;
        unsigned threads; /* 0: nothing is proved */
        int nice;
    } prover;

    struct {
        struct listen_config listen;
        char *key_file;
        char *password_file; /* of an encrypted key file, else NULL */
        unsigned signature_expiry_s;
    } oracle;

    struct broker_config broker;

    struct {
        char *key_file,
            *password_file; /* pays for the transactions; password: NULL for a plain file */
        char *oracle_urls[CONFIG_MAX_ORACLES];
        size_t n_oracle_urls;
        unsigned wait_s;   /* how long others may do it first */
        unsigned max_gwei; /* per gas: never offer more */
    } relay;

    struct {
        bool ignore_requests; /* the sequencer takes none: to test what happens then */
    } development;

    char *api_url; /* where client commands find the node */
};

/* Reads and checks path. Relative paths in it are taken from its folder. On an error nothing is
 * left to release and err tells file, line or setting. */
int config_load(struct config *config, const char *path, struct err *err);
void config_release(struct config *config);
/* The chain with this number, or NULL. */
const struct chain_config *config_chain(const struct config *config, unsigned number);

#endif
