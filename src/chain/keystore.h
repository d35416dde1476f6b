/* Encrypted key files: version 3 of Ethereum's Web3 Secret Storage, as geth, Clef, Foundry and most
 * wallets read and write them (ethereum.org/developers/docs/data-structures-and-encoding/
 * web3-secret-storage). The password becomes 32 bytes by scrypt or PBKDF2-HMAC-SHA256; the first 16
 * are the AES-128-CTR key of the secret, the last 16 authenticate the ciphertext (Keccak-256).
 *
 * A key file is one of the two forms, told apart by its first character: a keystore ({) or the
 * plain form of eth_key_read. Either must be readable by its owner alone, and so must a password
 * file. Secrets and passwords are wiped and stand in no error text. */
#ifndef ZKLINK_CHAIN_KEYSTORE_H
#define ZKLINK_CHAIN_KEYSTORE_H

#include "chain/eth_key.h"

enum { PASSWORD_MAX = 1024 };

/* A password as bytes, without a zero at its end. Wipe it. */
struct password {
    uint8_t bytes[PASSWORD_MAX];
    size_t len;
};
void password_wipe(struct password *password);
/* A file's first line, without its end; ERR_CONFIG if there is no character in it, or a second
 * line. */
int password_read(const char *path, struct password *password, struct err *err);

/* Work of a guess: STANDARD takes about a second and 256 MiB, LIGHT 4 MiB (geth's two choices). */
enum keystore_cost { KEYSTORE_STANDARD, KEYSTORE_LIGHT };

/* Appends the JSON text of a new keystore (scrypt, random salt, iv and id). */
int keystore_encrypt(const struct eth_key *key, const struct password *password,
                     enum keystore_cost cost, struct buf *json, struct err *err);
/* ERR_CONFIG for a wrong password (or an altered file: they cannot be told apart), ERR_DECODE for
 * what is no keystore. Work is bounded: at most 1 GiB of memory and 2^24 rounds are spent on a file
 * that asks for more. */
int keystore_decrypt(const void *json, size_t len, const struct password *password,
                     struct eth_key *key, struct err *err);

/* True in *encrypted if the file is a keystore. */
int key_file_is_encrypted(const char *path, bool *encrypted, struct err *err);
/* Either form; password NULL: only the plain one. */
int key_file_read(const char *path, const struct password *password, struct eth_key *key,
                  struct err *err);
/* As configured: password_path may be NULL (plain files only), and is not read for a plain file. */
int key_file_load(const char *path, const char *password_path, struct eth_key *key,
                  struct err *err);
/* A keystore with mode 0600; an existing file is not replaced. */
int keystore_write(const char *path, const struct eth_key *key, const struct password *password,
                   enum keystore_cost cost, struct err *err);

#endif
