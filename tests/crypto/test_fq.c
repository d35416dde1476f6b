/* The base field against GMP. */
#include "crypto/fq.h"

#define FIELD fq
#define FIELD_HEADER_MODULUS FQ_MODULUS
#define FIELD_MODULUS_TEXT                                                                         \
    "21888242871839275222246405745257275088696311157297823662689037894645226208583"
#include "field_tests.h"
