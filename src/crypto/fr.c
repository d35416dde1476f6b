/* The scalar field of BN254: constants for the template field_impl.h. */
#include "crypto/fr.h"

#include "crypto/modinv.h"

#define FIELD fr
#define FIELD_CONST FR
#define FIELD_NEG_INV 0xc2e1f593efffffffULL
#define FIELD_P_LIMBS                                                                              \
    { 0x43e1f593f0000001ULL, 0x2833e84879b97091ULL, 0xb85045b68181585dULL, 0x30644e72e131a029ULL }
#define FIELD_C_LIMBS                                                                              \
    { 0x2d3e8053e396ee4dULL, 0xca478dbeab3c92cdULL, 0xb2d8f06f77f52a93ULL, 0x24d6ba07f7aa8f04ULL }
#define FIELD_R_LIMBS                                                                              \
    { 0xac96341c4ffffffbULL, 0x36fc76959f60cd29ULL, 0x666ea36f7879462eULL, 0x0e0a77c19a07df2fULL }
#define FIELD_R2_LIMBS                                                                             \
    { 0x1bb8e645ae216da7ULL, 0x53fe3ab1e35c59e3ULL, 0x8c49833d53bb8085ULL, 0x0216d0b17f4e44a5ULL }
#define FIELD_TWO_ADICITY 28
#define FIELD_T_HALF_LIMBS                                                                         \
    { 0xcdcb848a1f0fac9fULL, 0x0c0ac2e9419f4243ULL, 0x098d014dc2822db4ULL, 0x0000000183227397ULL }
#define FIELD_ROOT_LIMBS                                                                           \
    { 0x636e735580d13d9cULL, 0xa22bf3742445ffd6ULL, 0x56452ac01eb203d8ULL, 0x1860ef942963f9e7ULL }
#include "crypto/field_impl.h"
