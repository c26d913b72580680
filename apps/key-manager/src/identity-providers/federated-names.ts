import { Refusal } from '../refusal.js';

interface Named {
  readonly name: string;
  readonly issuer: string;
}

/**
 * Users of identity providers and of key managers are all called FEDERATED/<name>/<subject>. Two issuers of one name would
 * speak for each other's users; one issuer under one name may be set up as both.
 */
export function requireOwnName({ name, issuer }: Named, others: readonly Named[]): void {
  if (!others.some((other) => other.name === name && other.issuer !== issuer)) return;
  throw new Refusal('conflict', `The name ${name} is that of another issuer`);
}
