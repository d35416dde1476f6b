#include "chain/revert.h"
#include "base/decimal.h"
#include "chain/abi.h"

#include <stdio.h>
#include <string.h>

/* The errors of contracts/src/interfaces/IZklinkTypes.sol and of what it calls (the verifier,
 * ERC-20 tokens); static arguments only, but for those with a string. */
static const char *const known_errors[] = {
    "NotOperator(address)",
    "NotGovernor(address)",
    "NotGuardian(address)",
    "NotThroughProxy()",
    "InExodus()",
    "ExitsNotOpen()",
    "DeadlineNotOver(uint64,uint64)",
    "NotExitable(uint256,uint256)",
    "NothingToExit(uint256,uint256)",
    "AlreadyExited(uint256,uint256)",
    "WrongExitToken(uint256)",
    "TooManyShares(uint256)",
    "BadPath()",
    "BadExitSignature(uint256)",
    "NoExitReceiver(uint256,uint256)",
    "OutflowLimitReached(uint32)",
    "NotProposer(address)",
    "BadFirstBlock(uint64)",
    "ChainNumberUsed(uint8)",
    "DropNotDue(uint8)",
    "ChainNotSilent(uint8,uint64)",
    "NoEquivocation()",
    "BadConfiguration(string)",
    "ZeroAmount()",
    "ZeroAddress()",
    "AmountTooLarge(uint256)",
    "NotAContract(address)",
    "TokenAlreadyRegistered(address,uint32)",
    "UnknownToken(address)",
    "TransferMismatch(uint256,uint256)",
    "TransferFailed(address)",
    "CustodyCapExceeded(address,uint256)",
    "BadAccount(uint256)",
    "BadSlot(uint256)",
    "BadSigningKey(uint256,uint256)",
    "BadHeaderLength(uint256)",
    "BadHeaderWord(uint256,uint256,uint256)",
    "BadTimestamp(uint256,uint256,uint256)",
    "BadStoredBlock(uint64)",
    "BadOutbox(bytes32,bytes32)",
    "BadOutboxEntry(uint256)",
    "OperationOutOfOrder(uint256)",
    "RequestMismatch(uint64)",
    "BadLogChallenge(uint256)",
    "BadLogPiece(uint256,uint256)",
    "LogWordNotCanonical(uint256)",
    "WrongKeyChain(uint256,uint256)",
    "BadKeySignature(uint256,address)",
    "ExpiredKeySignature(uint256,uint64)",
    "KeySignatureCount(uint256,uint256)",
    "NotProved(uint64)",
    "NotConfirmed(uint64)",
    "AlreadyConfirmed(uint64)",
    "ConsensusExpired(uint64)",
    "NetworkCount(uint256,uint256)",
    "NotEnoughSignatures(uint256,uint256,uint256)",
    "BadOracleSignature(uint256,uint256)",
    "InsufficientGas(uint256)",
    "NothingPending(uint32,address)",
    "DepositsPaused(address)",
    "WrongValue(uint256,uint256)",
    "BadDeadline(uint64)",
    "BadTokenOut(uint64)",
    "BadBrokerFee(uint256,uint256)",
    "UnknownBroker(uint256)",
    "BrokerAlreadyRegistered(address,uint24)",
    "ExclusiveBroker(uint256,uint256)",
    "AlreadyAccepted(bytes32,address)",
    "AlreadyExecuted(bytes32)",
    "NotEnoughShares(uint256,uint112,uint112)",
    "ERC721NonexistentToken(uint256)",
    "ERC721InsufficientApproval(address,uint256)",
    "ScalarCount(uint256,uint256)",
    "StatementWordNotCanonical(uint256)",
    "ProofWordNotCanonical(uint256)",
    "HeightsPadding()",
    "FixedHeight(uint256,uint256,uint256)",
    "HeightAboveSize(uint256,uint256,uint256)",
    "SizeAboveMaximum(uint256,uint256)",
    "PreprocessedAboveSize(uint256,uint256)",
    "ProofLength(uint256,uint256)",
    "HeldColumnUnknown(uint256,uint256)",
    "HeldColumnTooLong(uint256,uint256,uint256)",
    "HeldSumPoint(uint256,uint256)",
    "PublicSumMismatch(uint256,uint256,uint256,uint256)",
    "BoundaryDenominatorZero()",
    "SumcheckClaim(uint256)",
    "InvalidPoint()",
    "EvaluatorFailed(uint256)",
    "EvaluatorMismatch(uint256,address)",
    "MaximumTooLarge(uint256)",
    "OpeningWordNotCanonical()",
    "OpeningPointInvalid()",
    "OpeningInverseWrong()",
    "OpeningPairingFailed()",
    "ERC20InsufficientBalance(address,uint256,uint256)",
    "ERC20InsufficientAllowance(address,uint256,uint256)",
    "ERC20InvalidReceiver(address)",
    "ERC20InvalidSender(address)",
    "SafeERC20FailedOperation(address)",
    "ReentrancyGuardReentrantCall()",
};

static void append(char *out, size_t size, const char *text) {
    size_t n = strlen(out);
    if (n + 1 < size) {
        snprintf(out + n, size - n, "%s", text);
    }
}

static void append_word(char *out, size_t size, const uint8_t *w) {
    u128 v;
    char text[2 * WORD_LEN + 3];
    if (word_to_u128(w, &v)) {
        char digits[DECIMAL_TEXT];
        u128_format(digits, v);
        append(out, size, digits);
        return;
    }
    if (bytes_are_zero(w, WORD_LEN - EVM_ADDRESS_LEN)) {
        hex0x_encode(text, w + WORD_LEN - EVM_ADDRESS_LEN, EVM_ADDRESS_LEN);
    } else {
        hex0x_encode(text, w, WORD_LEN);
    }
    append(out, size, text);
}

static void format_known(char *out, size_t size, const char *signature, const uint8_t *data,
                         size_t len) {
    const char *open = strchr(signature, '(');
    const uint8_t *text;
    size_t n;
    snprintf(out, size, "%.*s(", (int)(open - signature), signature);
    if (strstr(open, "string") != NULL) {
        if (abi_only_bytes(data, len, &text, &n)) {
            char copy[200];
            snprintf(copy, sizeof copy, "%.*s", (int)(n < 190 ? n : 190), (const char *)text);
            append(out, size, copy);
        }
    } else {
        for (size_t i = 0; i < len / WORD_LEN && i < 4; i++) {
            append(out, size, i > 0 ? ", " : "");
            append_word(out, size, data + i * WORD_LEN);
        }
    }
    append(out, size, ")");
}

void revert_format(char *out, size_t size, const uint8_t *data, size_t len) {
    uint8_t selector[4];
    if (len < 4) {
        snprintf(out, size, "no reason given");
        return;
    }
    static const char *const standard[] = {"Error(string)", "Panic(uint256)"};
    for (size_t i = 0; i < sizeof standard / sizeof *standard; i++) {
        abi_selector(standard[i], selector);
        if (memcmp(selector, data, 4) == 0) {
            format_known(out, size, standard[i], data + 4, len - 4);
            return;
        }
    }
    for (size_t i = 0; i < sizeof known_errors / sizeof *known_errors; i++) {
        abi_selector(known_errors[i], selector);
        if (memcmp(selector, data, 4) == 0) {
            format_known(out, size, known_errors[i], data + 4, len - 4);
            return;
        }
    }
    char text[11];
    hex0x_encode(text, data, 4);
    snprintf(out, size, "custom error %s", text);
}

void revert_explain(const json_t *error_data, struct err *err) {
    const char *text = json_string_value(error_data);
    if (text == NULL) {
        text = json_string_value(json_object_get(error_data, "data"));
    }
    struct buf data = {0};
    if (text != NULL && hex_decode_buf(&data, text, 1 << 16) && data.len >= 4) {
        char reason[300];
        revert_format(reason, sizeof reason, data.data, data.len);
        char old[sizeof err->text];
        memcpy(old, err->text, sizeof old);
        err_set(err, err->code, "%.280s [%s]", old, reason);
    }
    buf_free(&data);
}
