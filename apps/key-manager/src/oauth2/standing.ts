import type { ResourceOwner, Standing } from './model.js';
import type { ResourceOwners } from './ports.js';

export const standingOf = ({ subject, tokenEpoch }: ResourceOwner): Standing => ({ subject, epoch: tokenEpoch });

/** The user, unless something that ends all tokens of the user has happened since that epoch. */
export async function ownerAt(
  resourceOwners: Pick<ResourceOwners, 'find' | 'forget'>,
  { subject, epoch }: Standing,
): Promise<ResourceOwner | undefined> {
  const known = await resourceOwners.find(subject);
  if (known?.tokenEpoch === epoch) return known;
  // What is remembered may be older than a login of just now.
  resourceOwners.forget(subject);
  const now = await resourceOwners.find(subject);
  return now?.tokenEpoch === epoch ? now : undefined;
}
