#include "rollup/ids.h"

#include "crypto/keccak.h"

#include <string.h>

bool owner_eq(const struct owner *a, const struct owner *b) {
    return a->authority == b->authority && memcmp(a->address, b->address, ADDRESS_LEN) == 0;
}

bool address_is_zero(const uint8_t address[ADDRESS_LEN]) {
    static const uint8_t zero[ADDRESS_LEN];
    return memcmp(address, zero, ADDRESS_LEN) == 0;
}

void owner_to_fr(fr *out, const struct owner *o) {
    uint8_t b[32] = {0};
    b[11] = o->authority;
    memcpy(b + 12, o->address, ADDRESS_LEN);
    (void)fr_from_be(out, b);
}

bool owner_from_fr(struct owner *out, const fr *v) {
    static const uint8_t zero[11];
    uint8_t b[32];
    memset(out, 0, sizeof *out);
    fr_to_be(b, v);
    if (memcmp(b, zero, sizeof zero) != 0) {
        return false;
    }
    out->authority = b[11];
    memcpy(out->address, b + 12, ADDRESS_LEN);
    return true;
}

void address_to_fr(fr *out, const uint8_t address[ADDRESS_LEN]) {
    struct owner o = {0};
    memcpy(o.address, address, ADDRESS_LEN);
    owner_to_fr(out, &o);
}

bool address_from_fr(uint8_t address[ADDRESS_LEN], const fr *v) {
    struct owner o;
    bool ok = owner_from_fr(&o, v) && o.authority == 0;
    memset(address, 0, ADDRESS_LEN);
    if (ok) {
        memcpy(address, o.address, ADDRESS_LEN);
    }
    return ok;
}

struct amount fee_value(struct fee f) {
    return (struct amount){(u128)f.mant << (8 * (f.exp & 7))};
}

bool fee_from_amount(struct fee *out, struct amount a) {
    *out = (struct fee){0, 0};
    for (uint8_t exp = 0; exp < 8; exp++) {
        u128 unit = (u128)1 << (8 * exp);
        u128 mant = (a.v + unit - 1) / unit;
        if (mant <= UINT32_MAX) {
            *out = (struct fee){(uint32_t)mant, exp};
            return true;
        }
    }
    return false;
}

int chain_list_find(const struct chain_list *l, uint8_t chain) {
    for (unsigned i = 0; i < l->n; i++) {
        if (l->chain[i] == chain) {
            return (int)i;
        }
    }
    return -1;
}

bool chain_list_check(const struct chain_list *l) {
    if (l->n < 1 || l->n > CHAINS_MAX) {
        return false;
    }
    for (unsigned i = 0; i < l->n; i++) {
        if (l->chain[i] == 0 || chain_list_find(l, l->chain[i]) != (int)i) {
            return false;
        }
    }
    return true;
}

void chain_list_hash(uint8_t out[32], const struct chain_list *l) {
    struct keccak256 h;
    keccak256_init(&h);
    for (unsigned i = 0; i < l->n; i++) {
        uint8_t word[64] = {0};
        word[31] = l->chain[i];
        for (int j = 0; j < 8; j++) {
            word[63 - j] = (uint8_t)(l->evm_id[i] >> (8 * j));
        }
        keccak256_update(&h, word, sizeof word);
    }
    keccak256_final(&h, out);
}
