export { CachedKeySets } from './cached-key-sets.js';
export { certificatesOf, type KeySet, KeySets, keySetOfCertificates, parseKeySet } from './key-set.js';
export { isSignedBy, readJwt, type SignedJwt, verifiableAlgorithms } from './signed-jwt.js';
