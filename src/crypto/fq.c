/* The base field of BN254: constants for the template field_impl.h. */
#include "crypto/fq.h"

#include "crypto/modinv.h"

#define FIELD fq
#define FIELD_CONST FQ
#define FIELD_NEG_INV 0x87d20782e4866389ULL
#define FIELD_P_LIMBS                                                                              \
    { 0x3c208c16d87cfd47ULL, 0x97816a916871ca8dULL, 0xb85045b68181585dULL, 0x30644e72e131a029ULL }
#define FIELD_C_LIMBS                                                                              \
    { 0x327d7c1b18f7bd41ULL, 0xdb8ed52f824ed32fULL, 0x29b67b05eb29a6a1ULL, 0x19ac99126b459ddaULL }
#define FIELD_R_LIMBS                                                                              \
    { 0xd35d438dc58f0d9dULL, 0x0a78eb28f5c70b3dULL, 0x666ea36f7879462cULL, 0x0e0a77c19a07df2fULL }
#define FIELD_R2_LIMBS                                                                             \
    { 0xf32cfc5b538afa89ULL, 0xb5e71911d44501fbULL, 0x47ab1eff0a417ff6ULL, 0x06d89f71cab8351fULL }
#define FIELD_TWO_ADICITY 1
#define FIELD_T_HALF_LIMBS                                                                         \
    { 0x4f082305b61f3f51ULL, 0x65e05aa45a1c72a3ULL, 0x6e14116da0605617ULL, 0x0c19139cb84c680aULL }
#define FIELD_ROOT_LIMBS                                                                           \
    { 0x68c3488912edefaaULL, 0x8d087f6872aabf4fULL, 0x51e1a24709081231ULL, 0x2259d6b14729c0faULL }
#include "crypto/field_impl.h"
