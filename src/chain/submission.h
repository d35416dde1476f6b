/* Calldata of submitBlock and postLogPiece, read back: what makes the state recoverable from the
 * chains alone.
 *
 * Read as leniently as the contract reads it (offsets anywhere within the data): an operator that
 * encodes strangely must not be able to hide a block from everybody else. Nothing read here is
 * trusted: a block's header must have the hash that BlockProved tells, and all else hangs on that.
 *
 * A submission may be made by another contract, which has the calldata inside its own: then it is
 * found by looking for the function's selector at every place. What a contract puts together by
 * itself, so that it stands in no transaction's data, cannot be found without a trace of the
 * execution (debug_traceTransaction), and is said to be missing. */
#ifndef ZKLINK_CHAIN_SUBMISSION_H
#define ZKLINK_CHAIN_SUBMISSION_H

#include "chain/zklink_abi.h"

/* All borrowed from the calldata; words are 32 bytes each. */
struct submission {
    const uint8_t *header, *outbox, *log, *proof;
    size_t header_words, outbox_words, log_words, proof_len;
    uint8_t log_challenge[32];
    /* Key signatures in the order of the outbox, for submission_key_signature. */
    const uint8_t *signatures;
    size_t signatures_len, n_signatures;
};

/* The submission of the block whose header has this hash, anywhere in a transaction's data. */
bool submission_find(struct submission *s, const uint8_t *input, size_t len,
                     const uint8_t header_hash[32]);
/* Signature i: validUntil and 65 bytes; false if it has another form. */
bool submission_key_signature(const struct submission *s, size_t i, struct key_signature *out);

/* A piece of a log: the words of a postLogPiece call of this challenge after which total_words
 * stood there. */
bool submission_find_log_piece(const uint8_t **words, size_t *n_words, uint64_t *first_word,
                               const uint8_t *input, size_t len, const uint8_t challenge[32],
                               uint64_t total_words);

#endif
