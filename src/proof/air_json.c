/* air_write_json: the format is described in air.h. */
#include "proof/air_internal.h"

#include <inttypes.h>

/* "0x.." without leading zeros. */
static void json_fr(FILE *out, const fr *v) {
    uint8_t be[32];
    fr_to_be(be, v);
    size_t i = 0;
    while (i < 31 && be[i] == 0) {
        i++;
    }
    fprintf(out, "\"0x%x", be[i]);
    for (i++; i < 32; i++) {
        fprintf(out, "%02x", be[i]);
    }
    fputc('"', out);
}

static const char *comma(size_t i) {
    return i ? "," : "";
}

static void json_op(FILE *out, const struct air_chip *chip, const struct air_op *op) {
    switch (op->code) {
    case AIR_CONST:
        fputs("[\"const\",", out);
        json_fr(out, &chip->consts[op->a]);
        fputc(']', out);
        break;
    case AIR_MAIN:
        fprintf(out, "[\"main\",%" PRIu32 "]", op->a);
        break;
    case AIR_FIXED:
        fprintf(out, "[\"fixed\",%" PRIu32 "]", op->a);
        break;
    case AIR_ROW:
        fputs("[\"row\"]", out);
        break;
    case AIR_SCALAR:
        fprintf(out, "[\"scalar\",%" PRIu32 "]", op->a);
        break;
    case AIR_INSTANCE:
        fputs("[\"instance\"]", out);
        break;
    case AIR_ADD:
        fprintf(out, "[\"add\",%" PRIu32 ",%" PRIu32 "]", op->a, op->b);
        break;
    case AIR_SUB:
        fprintf(out, "[\"sub\",%" PRIu32 ",%" PRIu32 "]", op->a, op->b);
        break;
    case AIR_MUL:
        fprintf(out, "[\"mul\",%" PRIu32 ",%" PRIu32 "]", op->a, op->b);
        break;
    }
}

static void json_interactions(FILE *out, const struct air_chip *chip) {
    fputs("\"interactions\":[", out);
    for (unsigned i = 0; i < chip->n_interactions; i++) {
        const struct air_interaction *x = &chip->interactions[i];
        fprintf(out, "%s{\"sign\":%d,\"kind\":%u,\"multiplicity\":%" PRIu32 ",\"fields\":[",
                comma(i), x->sign, x->kind, x->multiplicity);
        for (unsigned j = 0; j < x->n_fields; j++) {
            fprintf(out, "%s%" PRIu32, comma(j), x->fields[j]);
        }
        fputs("]}", out);
    }
    fputs("],\"helpers\":[", out);
    for (unsigned p = 0; p < chip->n_helpers; p++) {
        if (2 * p + 1 < chip->n_interactions) {
            fprintf(out, "%s[%u,%u]", comma(p), 2 * p, 2 * p + 1);
        } else {
            fprintf(out, "%s[%u]", comma(p), 2 * p);
        }
    }
    fputc(']', out);
}

static void json_chip(FILE *out, const struct air_chip *chip) {
    fprintf(out, "{\"name\":\"%s\",\"fixed_log_height\":", chip->name);
    if (chip->fixed_log_height < 0) {
        fputs("null", out);
    } else {
        fprintf(out, "%d", chip->fixed_log_height);
    }
    fprintf(out, ",\"instanced\":%s,\"main\":[", chip->instanced ? "true" : "false");
    for (unsigned i = 0; i < chip->n_main; i++) {
        fprintf(out, "%s{\"name\":\"%s\",\"public\":%s}", comma(i), chip->main[i].name,
                chip->main[i].is_public ? "true" : "false");
    }
    fputs("],\"fixed\":[", out);
    for (unsigned i = 0; i < chip->n_fixed; i++) {
        fprintf(out, "%s\"%s\"", comma(i), chip->fixed[i].name);
    }
    fputs("],\"tape\":[", out);
    for (size_t i = 0; i < chip->n_tape; i++) {
        fputs(comma(i), out);
        json_op(out, chip, &chip->tape[i]);
    }
    fputs("],\"constraints\":[", out);
    for (unsigned k = 0; k < chip->n_constraints; k++) {
        fprintf(out, "%s{\"name\":\"%s\",\"op\":%" PRIu32 "}", comma(k), chip->constraints[k].name,
                chip->constraints[k].op);
    }
    fputs("],", out);
    json_interactions(out, chip);
    fputc('}', out);
}

static void json_boundary(FILE *out, const struct air_boundary *b) {
    fprintf(out, "{\"sign\":%d,\"kind\":%u,\"fields\":[", b->sign, b->kind);
    for (unsigned i = 0; i < b->n_fields; i++) {
        fputs(comma(i), out);
        if (b->fields[i].scalar >= 0) {
            fprintf(out, "{\"scalar\":%d}", b->fields[i].scalar);
        } else {
            fputs("{\"constant\":", out);
            json_fr(out, &b->fields[i].constant);
            fputc('}', out);
        }
    }
    fputs("]}", out);
}

static void json_preprocessed(FILE *out, const struct air *air) {
    fputs("\"preprocessed\":", out);
    if (air->preprocessed_log_size < 0) {
        fputs("null", out);
        return;
    }
    fprintf(out, "{\"log_size\":%d,\"columns\":[", air->preprocessed_log_size);
    for (unsigned i = 0; i < air->n_fixed_places; i++) {
        const struct air_fixed_place *p = &air->fixed_places[i];
        fprintf(out, "%s{\"chip\":%u,\"fixed\":%u,\"log_height\":%u,\"offset\":%zu}", comma(i),
                p->chip, p->fixed, p->log_height, p->offset);
    }
    fputs("]}", out);
}

int air_write_json(const struct air *air, FILE *out) {
    if (!air->finished) {
        return -1;
    }
    fprintf(out, "{\"air\":\"%s\",\"format\":1,\"kinds\":[", air->name);
    for (unsigned k = 0; k < air->n_kinds; k++) {
        fprintf(out, "%s{\"id\":%u,\"name\":\"%s\",\"arity\":%u}", comma(k), k + 1,
                air->kinds[k].name, air->kinds[k].arity);
    }
    fputs("],\"scalars\":[", out);
    for (unsigned i = 0; i < air->n_scalars; i++) {
        fprintf(out, "%s\"%s\"", comma(i), air->scalars[i]);
    }
    fputs("],\"chips\":[", out);
    for (unsigned c = 0; c < air->n_chips; c++) {
        fputs(comma(c), out);
        json_chip(out, air->chips[c]);
    }
    fputs("],\"boundary\":[", out);
    for (unsigned i = 0; i < air->n_boundary; i++) {
        fputs(comma(i), out);
        json_boundary(out, &air->boundary[i]);
    }
    fputs("],", out);
    json_preprocessed(out, air);
    fputc('}', out);
    return ferror(out) ? -1 : 0;
}
