/* What a proof is about. */
#ifndef ZKLINK_PROOF_STATEMENT_H
#define ZKLINK_PROOF_STATEMENT_H

#include "crypto/fr.h"

#include <stddef.h>
#include <stdint.h>

/* The words of a public chip instance that the verifier holds in the clear: row after row, each as
 * many words as the chip has public columns; the rows after them are zero. */
struct held_column {
    unsigned chip, instance;
    const fr *words;
    size_t n_words;
};

/* All borrowed. The digest stands for the public columns held by anyone: whoever makes it must bind
 * them. `held` is not part of the proof's text; a verifier may hold any of the public chips. */
struct statement {
    uint8_t digest[32];
    const fr *scalars; /* as many as the AIR names */
    size_t n_scalars;
    const fr *instance_scalars; /* one for each instance of the instanced chips */
    unsigned n_instances;
    const struct held_column *held;
    size_t n_held;
};

#endif
