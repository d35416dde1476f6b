/* libFuzzer target: any bytes as the answer to eth_getLogs: JSON, logs, then our contract's events.
 * What is accepted must survive being read again. Corpus: tests/vectors/fuzz/fuzz_l1log. */
#include "chain/zklink_abi.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* An event that was decoded has the words of its log, nothing else. */
static void check_event(const struct zklink_event *e, const struct eth_log *l) {
    switch (e->kind) {
    case ZKLINK_REQUESTED:
        if (l->data_len != 160 || l->n_topics != 3) {
            abort();
        }
        break;
    case ZKLINK_BLOCK_PROVED:
        if (l->data_len != 192 || l->n_topics != 2) {
            abort();
        }
        break;
    case ZKLINK_TOKEN_REGISTERED:
    case ZKLINK_BLOCK_CONFIRMED:
    case ZKLINK_BLOCK_EXECUTED:
        if (l->n_topics < 2) {
            abort();
        }
        break;
    case ZKLINK_OTHER:
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len) {
    struct err err = {0};
    struct eth_logs logs;
    json_t *answer = json_parse(data, len, &err);
    if (answer == NULL) {
        if (err.text[0] == '\0') {
            abort(); /* refused without a reason */
        }
        return 0;
    }
    if (eth_logs_parse(answer, 100, &logs, &err) == 0) {
        for (size_t i = 0; i < logs.n; i++) {
            struct zklink_event event;
            if (zklink_event_decode(&event, &logs.log[i])) {
                check_event(&event, &logs.log[i]);
            }
        }
        eth_logs_free(&logs);
    } else if (logs.n != 0 || err.text[0] == '\0') {
        abort();
    }
    json_decref(answer);
    return 0;
}
