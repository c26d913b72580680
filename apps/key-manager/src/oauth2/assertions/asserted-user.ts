import type { OAuthError } from '../errors.js';
import type { Federation, ResourceOwner, Standing } from '../model.js';
import type { ResourceOwners } from '../ports.js';
import { standingOf } from '../standing.js';
import type { TrustedIssuer } from './trusted-issuer.js';

/** The user that another issuer speaks of, as this server knows them. */
export interface AssertedUser {
  /** For tokens. */
  readonly subject: string;
  readonly tenantDomain: string;
  readonly roles: readonly string[];
  /** Present for a user of this server: whose roles those are. */
  readonly restsOn?: Standing | undefined;
  /** Absent for a user of this server. */
  readonly federation?: Federation | undefined;
}

export interface Statement {
  readonly issuer: TrustedIssuer;
  readonly subject: string;
  /** Values of the issuer's role claim. */
  readonly roles: readonly string[];
}

/**
 * Who is meant. A foreign `admin` never becomes the administrator here: unless the provider's users are linked with the
 * tenant's by name, they get names that no local user can have, and the roles that are mapped and no others.
 */
export async function assertedUser(
  statement: Statement,
  resourceOwners: Pick<ResourceOwners, 'find'>,
  refuse: (description: string) => OAuthError,
): Promise<AssertedUser> {
  const { issuer, subject } = statement;
  const { tenantDomain } = issuer;
  const roles = localRoles(statement);
  // The tenant is always the provider's own: what follows an `@` in a foreign name must not choose another one.
  const suffix = `@${tenantDomain}`;
  if (!issuer.useLocalUser) {
    const namesakes = [subject, subject + suffix].map((name) => resourceOwners.find(name));
    const isUnmistakable = !subject.endsWith(suffix) && (await Promise.all(namesakes)).every((owner) => !owner);
    const federation = { provider: issuer.name, subject, roles, ...(isUnmistakable && { isUnmistakable }) };
    return { subject: federatedSubject(issuer, subject), tenantDomain, roles, federation };
  }
  const owner = await resourceOwners.find(subject.endsWith(suffix) ? subject : subject + suffix);
  // Also for a locked user, who must not come back in as a federated one.
  if (owner?.tenantDomain !== tenantDomain) throw refuse('The subject is no user of this server.');
  return ofThisServer(owner, roles);
}

/** A user of this server, with further roles. */
export function ofThisServer(owner: ResourceOwner, roles: readonly string[] = []): AssertedUser {
  const { subject, tenantDomain } = owner;
  return { subject, tenantDomain, roles: [...new Set([...owner.roles, ...roles])], restsOn: standingOf(owner) };
}

/** `FEDERATED/<provider>/<subject>@<tenant>`: local names hold no second `/`, and names of providers none at all. */
export function federatedSubject({ name, tenantDomain }: TrustedIssuer, subject: string): string {
  return `FEDERATED/${name}/${subject}@${tenantDomain}`;
}

/** Only what is mapped counts: an unmapped remote role is not a local one of the same name. */
function localRoles({ issuer, roles }: Statement): readonly string[] {
  const held = new Set(roles);
  return [
    ...new Set(issuer.roleMapping.filter(({ remoteRole }) => held.has(remoteRole)).map(({ localRole }) => localRole)),
  ];
}
