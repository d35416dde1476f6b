/* The scalar field against GMP. */
#include "crypto/fr.h"

#define FIELD fr
#define FIELD_HEADER_MODULUS FR_MODULUS
#define FIELD_MODULUS_TEXT                                                                         \
    "21888242871839275222246405745257275088548364400416034343698204186575808495617"
#include "field_tests.h"
