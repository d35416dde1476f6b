/* Why an operation was not applied: one table of name, RPC code and text. A rejection is the user's
 * (or the log's) fault and changes nothing; REJECT_NO_MEMORY is ours. */
#ifndef ZKLINK_ROLLUP_REJECTION_H
#define ZKLINK_ROLLUP_REJECTION_H

/* name, JSON-RPC error code, text */
#define REJECTION_TABLE(X)                                                                         \
    X(REJECT_NONE, 0, "accepted")                                                                  \
    X(REJECT_NO_MEMORY, -32603, "out of memory")                                                   \
    X(REJECT_MALFORMED, 100, "malformed operation: a field is out of its range")                   \
    X(REJECT_ACCOUNT_UNKNOWN, 101, "the account does not exist")                                   \
    X(REJECT_NOT_USER_ACCOUNT, 102, "the account is a pool")                                       \
    X(REJECT_NO_SIGNING_KEY, 103, "the account has no signing key")                                \
    X(REJECT_BAD_SIGNATURE, 104, "the signature is not the account's for this transaction")        \
    X(REJECT_NONCE_TOO_LOW, 105, "the nonce was used before")                                      \
    X(REJECT_NONCE_TOO_HIGH, 106, "an earlier nonce was not used yet")                             \
    X(REJECT_NONCE_EXHAUSTED, 107, "the account has no nonces left")                               \
    X(REJECT_EXPIRED, 108, "the transaction's validity has ended")                                 \
    X(REJECT_FEE_BALANCE, 109, "the balance of the fee token is too low for the fee")              \
    X(REJECT_BALANCE_TOO_LOW, 110, "the balance is too low")                                       \
    X(REJECT_TOKEN_MISMATCH, 111, "the slot holds another token")                                  \
    X(REJECT_SLOT_INVALID, 112, "no balance can stand in this slot")                               \
    X(REJECT_NO_FREE_SLOT, 113, "the account holds as many tokens as it can")                      \
    X(REJECT_BALANCE_OVERFLOW, 114, "a balance would pass 2^112 - 1")                              \
    X(REJECT_RECEIVER_UNKNOWN, 115, "the receiving account does not exist")                        \
    X(REJECT_RECEIVER_NOT_USER, 116, "the receiving account is a pool")                            \
    X(REJECT_OWNER_MISMATCH, 117, "the account has another owner")                                 \
    X(REJECT_OWNER_INVALID, 118, "an account can't be opened for this owner")                      \
    X(REJECT_ACCOUNTS_EXHAUSTED, 119, "no account ids are left")                                   \
    X(REJECT_ACCOUNT_TAKEN, 120, "the account id is in use")                                       \
    X(REJECT_CHAIN_UNKNOWN, 121, "the chain is not connected")                                     \
    X(REJECT_FEE_ACCOUNT, 122, "the fee account is not open")                                      \
    X(REJECT_KEY_INVALID, 123, "the signing key is not a point of large order on Baby Jubjub")     \
    X(REJECT_POOL_UNKNOWN, 130, "the pool does not exist")                                         \
    X(REJECT_POOL_TOKENS, 131, "a pool's two tokens must differ and stand in ascending order")     \
    X(REJECT_POOL_FEE, 132, "a pool's fee must be below 10000 (1/10000 each)")                     \
    X(REJECT_POOL_EMPTY, 133, "the pool has no liquidity")                                         \
    X(REJECT_POOL_NOT_EMPTY, 134, "the pool has liquidity already")                                \
    X(REJECT_POOL_TOKEN, 135, "the token is not one of the pool's")                                \
    X(REJECT_FIRST_LIQUIDITY, 136, "the first liquidity is worth less than 1001 shares")           \
    X(REJECT_SHARES_OVERFLOW, 137, "the pool's shares would pass 2^112 - 1")                       \
    X(REJECT_SHARES_TOO_MANY, 138, "more shares than the pool has")                                \
    X(REJECT_SLIPPAGE, 139, "the result is below the minimum or above the maximum asked for")      \
    X(REJECT_TOKEN_L2_ONLY, 140, "LP shares can't leave L2 as a token")                            \
    X(REJECT_REQUEST_OUTCOME, 141, "the request's stated outcome is not the true one")             \
    X(REJECT_BROKER_FEE, 142, "the broker's fee is more than the amount")                          \
    X(REJECT_HAS_SIGNING_KEY, 143,                                                                 \
      "the account has a signing key: only its owner moves its funds")                             \
    X(REJECT_FORCED_EXIT_CHAIN, 144, "the account's owner is not known on the token's chain")      \
    X(REJECT_POOL_CURVE, 145, "a stable pool needs A in 1..65535 and multipliers in 1..2^40 - 1")  \
    X(REJECT_POOL_CAP, 146, "a stable pool's scaled reserves would pass 2^112 - 2 together")       \
    X(REJECT_RESULT_ZERO, 147, "the amount is too small: the result would be nothing")

enum rejection {
#define X(name, code, text) name,
    REJECTION_TABLE(X)
#undef X
        REJECTION_COUNT
};

/* "NONCE_TOO_LOW" */
const char *rejection_name(enum rejection r);
const char *rejection_text(enum rejection r);
int rejection_rpc_code(enum rejection r);

#endif
