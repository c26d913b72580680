export { jwkThumbprint } from './jwk-thumbprint.js';
export { createNonces, type Nonces } from './nonces.js';
export { type OwnUrl, ownUrl } from './own-urls.js';
export { accessTokenHash, checkProof, type Proof, type ProofFault, type ProofWindow } from './proof.js';
export { dpopAlgorithms } from './proof-key.js';
