/* Four elements of Fr side by side: field_avx2.h, where FIELD4 is fr4. */
#ifndef ZKLINK_CRYPTO_FR_AVX2_H
#define ZKLINK_CRYPTO_FR_AVX2_H

#include "crypto/fr.h"

#if defined(__x86_64__)

/* r in limbs 0 .. 2^51 - 1, and as a double */
static const uint64_t FR4_LIMBS[5] = {551490712240129ULL, 298204647270524ULL, 1694765986926497ULL,
                                      22935798733632ULL, 851317936231194ULL};
#define FR4_VALUE 21888242871839275222246405745257275088548364400416034343698204186575808495617.0

#define FIELD4 fr4
#define FIELD4_SCALAR fr
#define FIELD4_D                                                                                   \
    {                                                                                              \
        {FIELD4_ALL(857551661901772.0), FIELD4_ALL(63432840326867.0),                              \
         FIELD4_ALL(839435878304968.0), FIELD4_ALL(224960744511728.0),                             \
         FIELD4_ALL(90387908226064.0)},                                                            \
            {FIELD4_ALL(-709945163781197.0), FIELD4_ALL(-632281280537692.0),                       \
             FIELD4_ALL(-461356332869917.0), FIELD4_ALL(-277864373396105.0),                       \
             FIELD4_ALL(-415451570742830.0)},                                                      \
            {FIELD4_ALL(920975380702695.0), FIELD4_ALL(668154813258919.0),                         \
             FIELD4_ALL(1098901187971648.0), FIELD4_ALL(-1020332017222712.0),                      \
             FIELD4_ALL(150290580743763.0)},                                                       \
        {                                                                                          \
            FIELD4_ALL(102016710444964.0), FIELD4_ALL(-477029361072262.0),                         \
                FIELD4_ALL(624454531360320.0), FIELD4_ALL(-269735390174723.0),                     \
                FIELD4_ALL(208497190621298.0)                                                      \
        }                                                                                          \
    }
#define FIELD4_P                                                                                   \
    {                                                                                              \
        FIELD4_ALL(551490712240129.0), FIELD4_ALL(298204647270524.0),                              \
            FIELD4_ALL(-557033826758751.0), FIELD4_ALL(22935798733633.0),                          \
            FIELD4_ALL(851317936231194.0)                                                          \
    }
#define FIELD4_NEG_INV 551490712240127.0
#define FIELD4_P_VALUE FR4_VALUE
#define FIELD4_P_TOP 851317936231194ULL
#include "crypto/field_avx2.h"

#endif
#endif
