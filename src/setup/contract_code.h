/* The code behind a deployed contract: who signs or sends for an instance must know what runs
 * there. A deployment file lists the hashes of the contract, of the implementation behind it if it
 * is a proxy (EIP-1967), of the extension that this calls, and of the verifier. Whoever upgrades a
 * contract changes what the proxy's slot says, and nobody who checks goes on until the new code was
 * looked at and entered in the file. */
#ifndef ZKLINK_SETUP_CONTRACT_CODE_H
#define ZKLINK_SETUP_CONTRACT_CODE_H

#include "chain/eth_client.h"
#include "config/deployment.h"

/* The implementation that a proxy's EIP-1967 slot names; all zero if the contract is no proxy. */
int contract_implementation(struct eth_client *c, const uint8_t contract[EVM_ADDRESS_LEN],
                            uint8_t implementation[EVM_ADDRESS_LEN], struct err *err);
/* Fills d->code from what stands on the chain now: for `zklink deploy`, and to show a new state. */
int contract_code_record(struct eth_client *c, struct deployed_chain *d, struct err *err);
/* ERR_MISMATCH, naming it, if any code differs from the file's, if the contract is a proxy whose
 * implementation the file does not list, or if the file lists no code. */
int contract_code_check(struct eth_client *c, const struct deployed_chain *d, struct err *err);

#endif
