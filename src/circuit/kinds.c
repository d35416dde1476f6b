#include "circuit/kinds.h"

void circuit_kinds_declare(struct circuit_kinds *k, struct air *air) {
    k->r16 = air_kind(air, "R16", KIND_R16_ARITY);
    k->rng = air_kind(air, "RNG", KIND_RNG_ARITY);
    k->p2 = air_kind(air, "P2", KIND_P2_ARITY);
    k->node = air_kind(air, "NODE", KIND_NODE_ARITY);
    k->mem = air_kind(air, "MEM", KIND_MEM_ARITY);
    k->rec = air_kind(air, "REC", KIND_REC_ARITY);
    k->bal = air_kind(air, "BAL", KIND_BAL_ARITY);
    k->pos = air_kind(air, "POS", KIND_POS_ARITY);
    k->log = air_kind(air, "LOG", KIND_LOG_ARITY);
    k->out = air_kind(air, "OUT", KIND_OUT_ARITY);
    k->sig = air_kind(air, "SIG", KIND_SIG_ARITY);
    k->curve = air_kind(air, "CURVE", KIND_CURVE_ARITY);
    k->win = air_kind(air, "WIN", KIND_WIN_ARITY);
    k->wide = air_kind(air, "WIDE", KIND_WIDE_ARITY);
}
