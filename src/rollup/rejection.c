#include "rollup/rejection.h"

#include <stddef.h>

struct entry {
    const char *name, *text;
    int code;
};

static const struct entry TABLE[REJECTION_COUNT] = {
#define X(id, number, sentence) [id] = {#id, sentence, number},
    REJECTION_TABLE(X)
#undef X
};

static const struct entry *entry(enum rejection r) {
    return (unsigned)r < REJECTION_COUNT ? &TABLE[r] : &TABLE[REJECT_MALFORMED];
}

const char *rejection_name(enum rejection r) {
    return entry(r)->name + sizeof "REJECT_" - 1;
}

const char *rejection_text(enum rejection r) {
    return entry(r)->text;
}

int rejection_rpc_code(enum rejection r) {
    return entry(r)->code;
}
