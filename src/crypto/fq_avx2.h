/* Four elements of Fq side by side: field_avx2.h, where FIELD4 is fq4. */
#ifndef ZKLINK_CRYPTO_FQ_AVX2_H
#define ZKLINK_CRYPTO_FQ_AVX2_H

#include "crypto/fq.h"

#if defined(__x86_64__)

#define FIELD4 fq4
#define FIELD4_SCALAR fq
#define FIELD4_D                                                                                   \
    {                                                                                              \
        {FIELD4_ALL(-798323660370687.0), FIELD4_ALL(-873377595760275.0),                           \
         FIELD4_ALL(-572759307473915.0), FIELD4_ALL(133218600646162.0),                            \
         FIELD4_ALL(-190414542092088.0)},                                                          \
            {FIELD4_ALL(-166683870705492.0), FIELD4_ALL(-702597170777778.0),                       \
             FIELD4_ALL(-407175296541709.0), FIELD4_ALL(-929686148348126.0),                       \
             FIELD4_ALL(86218429628170.0)},                                                        \
            {FIELD4_ALL(650131968954054.0), FIELD4_ALL(298249551125845.0),                         \
             FIELD4_ALL(-665904751971276.0), FIELD4_ALL(-351752600271776.0),                       \
             FIELD4_ALL(-357549860040850.0)},                                                      \
        {                                                                                          \
            FIELD4_ALL(324664056633514.0), FIELD4_ALL(96566577995231.0),                           \
                FIELD4_ALL(1117491690367775.0), FIELD4_ALL(134030102137171.0),                     \
                FIELD4_ALL(215951800464420.0)                                                      \
        }                                                                                          \
    }
#define FIELD4_P                                                                                   \
    {                                                                                              \
        FIELD4_ALL(154029749239111.0), FIELD4_ALL(612489067865988.0),                              \
            FIELD4_ALL(-557033797581398.0), FIELD4_ALL(22935798733633.0),                          \
            FIELD4_ALL(851317936231194.0)                                                          \
    }
#define FIELD4_NEG_INV 571208714576777.0
#define FIELD4_P_VALUE                                                                             \
    21888242871839275222246405745257275088696311157297823662689037894645226208583.0
#define FIELD4_P_TOP 851317936231194ULL
#include "crypto/field_avx2.h"

#endif
#endif
