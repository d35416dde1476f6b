/* Ethereum keys on secp256k1 (libsecp256k1): addresses, recoverable signatures. */
#ifndef ZKLINK_CHAIN_ETH_KEY_H
#define ZKLINK_CHAIN_ETH_KEY_H

#include "base/bytes.h"
#include "base/err.h"

enum { ETH_SIGNATURE_LEN = 65 };

/* A secret key and its address; wipe it with eth_key_wipe. */
struct eth_key {
    uint8_t secret[32];
    uint8_t address[EVM_ADDRESS_LEN];
};

/* From 32 secret bytes; false if they are no valid key (zero, or not below the group's order). */
bool eth_key_init(struct eth_key *key, const uint8_t secret[32]);
/* A new random key; false if the system's random source fails. */
bool eth_key_generate(struct eth_key *key);
void eth_key_wipe(struct eth_key *key);

/* Key files: one line, 64 hex digits with or without 0x, mode 0600. Writing refuses to replace. */
int eth_key_read(const char *path, struct eth_key *key, struct err *err);
int eth_key_write(const char *path, const struct eth_key *key, struct err *err);

/* Signs a 32-byte digest (RFC 6979 nonce, low s): r | s | v with v = 27 or 28. */
bool eth_sign(const struct eth_key *key, const uint8_t digest[32],
              uint8_t signature[ETH_SIGNATURE_LEN]);
/* The signer's address; false if the signature is malformed, s is in the upper half (EIP-2), v is
 * not 27 or 28, or nothing can be recovered. */
bool eth_recover(const uint8_t digest[32], const uint8_t signature[ETH_SIGNATURE_LEN],
                 uint8_t address[EVM_ADDRESS_LEN]);

/* 0x and 40 digits with the EIP-55 checksum in the letters' case; 43 characters with the zero. */
void eth_address_format(char out[43], const uint8_t address[EVM_ADDRESS_LEN]);
/* 0x and 40 digits; mixed case must be the right EIP-55 checksum. */
bool eth_address_parse(const char *text, uint8_t address[EVM_ADDRESS_LEN]);

#endif
