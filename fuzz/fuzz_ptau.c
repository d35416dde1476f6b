/* libFuzzer target: any bytes as a .ptau file. The structure is read and, where it is sound, up to
 * eight powers are imported, which checks points and pairings. Corpus: tests/vectors/ptau. */
#include "proof/ptau.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len) {
    struct ptau_info info;
    struct srs srs;
    struct err err = {0};
    if (ptau_parse(&info, data, len, &err) != 0) {
        if (err.code != ERR_DECODE || err.text[0] == '\0') {
            abort(); /* refused without a reason */
        }
        return 0;
    }
    unsigned log_n = info.power < 3 ? info.power : 3;
    if (ptau_import_bytes(&srs, &info, data, len, log_n, 1, &err) == 0) {
        if (srs.log_n != log_n || srs.insecure) {
            abort();
        }
        srs_release(&srs);
    } else if (srs.memory != NULL || err.text[0] == '\0') {
        abort();
    }
    return 0;
}
