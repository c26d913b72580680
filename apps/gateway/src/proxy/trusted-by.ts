import { rootCertificates } from 'node:tls';

/** PEM of what is believed of a backend; undefined is what Node believes of everybody. */
export function trustedBy(ca: string | undefined, own: readonly string[] | undefined): string[] | undefined {
  if (own === undefined) return ca === undefined ? undefined : [ca];
  return [...(ca === undefined ? rootCertificates : [ca]), ...own];
}
