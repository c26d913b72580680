export { type IssuedCertificate, issueCertificate } from './issue.js';
export {
  type CertificateRequest,
  caCertificateFile,
  ensureCertificate,
  ensureLocalCa,
  type PemPair,
} from './local-ca.js';
export { loadCa, loadPemPair, TlsProblem } from './pem-files.js';
export { type CertificateFiles, writeCertificate } from './write-certificate.js';
