/* The programs of kernel_graph.h run four field elements at a time, on processors with AVX2 and
 * FMA. Internal to kernel.c.
 *
 * A register is a block of KERNEL_BLOCK elements in the form of crypto/fr_avx2.h: five limbs of 51
 * bits as doubles, in Montgomery form for 2^255, neither reduced nor normalised. Additions are
 * additions of limbs, exact while the limbs stay below 2^53; a factor must have limbs of at most
 * 2^50 but for the top one. So each register has a bound that is known when the program is made,
 * and where an operation needs a smaller one, the translation puts a PROG_REDUCE before it. */
#ifndef ZKLINK_PROOF_KERNEL_LANES_H
#define ZKLINK_PROOF_KERNEL_LANES_H

#include "proof/kernel_graph.h"

/* |value| <= size * r; |limb| <= limbs * 2^50 for all limbs but the top one. */
struct lanes_bound {
    double size, limbs;
};
extern const struct lanes_bound LANES_REDUCED;

struct lanes_program {
    struct prog_op *op;
    size_t n, cap;
    double (*uniform)[5];
    bool failed;
};

/* True if lanes may be used on this processor. */
bool lanes_available(void);
/* Bytes of a register. Registers must be aligned to 32 bytes. */
size_t lanes_register_size(void);

/* Translates p. given: bounds of the registers that hold something at the start (n_given of them).
 * The registers outputs[..n_outputs] are reduced at the end. Check lp->failed. */
void lanes_translate(struct lanes_program *lp, const struct program *p,
                     const struct lanes_bound *given, uint32_t n_given, const uint32_t *outputs,
                     size_t n_outputs);
void lanes_release(struct lanes_program *lp);

void lanes_run(const struct lanes_program *lp, const struct program_input *in, void *registers);

/* For n consecutive registers: step = reduced(step - cur); cur += step. */
void lanes_steps_make(void *cur, void *step, size_t n);
void lanes_steps_add(void *cur, const void *step, size_t n);
/* The elements of a reduced register. */
void lanes_store(fr out[], const void *registers, uint32_t reg);

#endif
