/* Signs transactions for tests and measurements, without a node.
 *
 *     sign_tx DEPLOYMENT.json
 *
 * Reads one JSON object a line: {"ethKey": file, "l2Key": file, "tx": transaction without what
 * follows from the keys}, and answers each with a line {"hash": ..., "tx": the whole transaction}.
 * The L2 key is the one that `zklink` derives from the key file l2Key (default: ethKey). A
 * ChangePubKey sets l2Key's and is signed by ethKey. */
#include "api/tx_json.h"
#include "cli/cli.h"
#include "rollup/client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static json_t *fr_hex(const fr *v) {
    uint8_t b[WORD_LEN];
    fr_to_be(b, v);
    return json_new_hex(b, sizeof b);
}

/* Placeholders for what the keys give, so that the strict reader takes the object. */
static void complete(json_t *tx, const struct eth_key *owner, const struct schnorr_key *key) {
    static const uint8_t zeros[SCHNORR_SIGNATURE_LEN];
    const char *type = json_string_value(json_object_get(tx, "type"));
    bool change = type != NULL && strcmp(type, "ChangePubKey") == 0;
    if (change) {
        char address[43];
        eth_address_format(address, owner->address);
        json_object_set_new(tx, "address", json_string(address));
        json_object_set_new(tx, "pubKeyX", fr_hex(&key->public_key.x));
        json_object_set_new(tx, "pubKeyY", fr_hex(&key->public_key.y));
    }
    json_object_set_new(tx, "signature",
                        json_new_hex(zeros, change ? OP_ECDSA_LEN : SCHNORR_SIGNATURE_LEN));
}

static int sign(const struct deployment *d, const struct eth_key *owner,
                const struct schnorr_key *key, json_t *tx, json_t **answer, struct err *err) {
    struct op op;
    uint8_t hash[32];
    complete(tx, owner, key);
    if (tx_from_json(&op, tx, err) != 0) {
        return -1;
    }
    bool ok;
    if (op.type == OP_CHANGE_PUB_KEY) {
        uint8_t digest[32];
        op_change_pub_key_digest(&op, d->instance_id, digest);
        ok = eth_sign(owner, digest, op.u.change_pub_key.ecdsa);
    } else {
        ok = client_sign(&op, d->instance_id, key);
    }
    if (!ok ||
        !op_transaction_id(&op, d->instance_id, &key->public_key.x, &key->public_key.y, hash)) {
        return err_set(err, ERR_INPUT, "a field is out of its range");
    }
    *answer = json_pack("{s:o, s:o}", "hash", json_new_hex(hash, 32), "tx", tx_to_json(&op));
    return *answer != NULL ? 0 : err_set(err, ERR_SYSTEM, "out of memory");
}

static int answer_line(const struct deployment *d, const char *line, json_t **answer,
                       struct err *err) {
    json_t *request = json_parse(line, strlen(line), err);
    const char *owner_file, *key_file;
    struct eth_key owner, source;
    struct schnorr_key key;
    json_t *tx = json_object_get(request, "tx");
    int rc = -1;
    if (request == NULL) {
        return -1;
    }
    if (json_get_string(request, "ethKey", &owner_file, err) == 0 &&
        eth_key_read(owner_file, &owner, err) == 0) {
        key_file = json_string_value(json_object_get(request, "l2Key"));
        rc = eth_key_read(key_file != NULL ? key_file : owner_file, &source, err);
        if (rc == 0 && (tx == NULL || !l2_key_derive(&key, &source, d->instance_id))) {
            rc = err_set(err, ERR_INPUT, "no tx, or no key");
        }
        if (rc == 0) {
            rc = sign(d, &owner, &key, tx, answer, err);
        }
    }
    json_decref(request);
    return rc;
}

int main(int argc, char **argv) {
    struct deployment d;
    struct err err = {0};
    char *line = NULL;
    size_t cap = 0;
    int rc = 0;
    if (argc != 2) {
        fputs("usage: sign_tx DEPLOYMENT.json\n", stderr);
        return 2;
    }
    if (deployment_read(&d, argv[1], &err) != 0) {
        fprintf(stderr, "sign_tx: %s\n", err.text);
        return 1;
    }
    while (rc == 0 && getline(&line, &cap, stdin) > 0) {
        json_t *answer = NULL;
        rc = answer_line(&d, line, &answer, &err);
        if (rc == 0) {
            char *text = json_format(answer);
            puts(text != NULL ? text : "");
            fflush(stdout);
            free(text);
            json_decref(answer);
        }
    }
    free(line);
    if (rc != 0) {
        fprintf(stderr, "sign_tx: %s\n", err.text);
    }
    return rc == 0 ? 0 : 1;
}
