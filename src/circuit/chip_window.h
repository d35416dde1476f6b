/* The window chip: the fixed table of multiples of Baby Jubjub's base point.
 *
 *   fixed height 2^13; fixed columns x, y: row 256 w + b is b 2^(8 w) B; column mult
 *   takes    WIN(row, x, y) x mult */
#ifndef ZKLINK_CIRCUIT_CHIP_WINDOW_H
#define ZKLINK_CIRCUIT_CHIP_WINDOW_H

#include "circuit/kinds.h"
#include "proof/trace.h"

#define CHIP_WINDOW_NAME "window"
enum { CHIP_WINDOW_LOG_HEIGHT = 13 };

void chip_window(struct air *air, const struct circuit_kinds *kinds);

/* Adds counts[i] lookups of entry i (all 2^13 of them) to the chip's multiplicities. 0, or -1
 * without memory or without the chip. */
int chip_window_fill(struct trace *trace, const uint64_t counts[1 << CHIP_WINDOW_LOG_HEIGHT]);

#endif
