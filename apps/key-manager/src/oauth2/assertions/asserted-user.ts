import type { OAuthError } from '../errors.js';
import type { Federation, ResourceOwner, Standing } from '../model.js';
import type { ClientStore, ResourceOwners } from '../ports.js';
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

export interface AssertedUserPorts {
  readonly resourceOwners: Pick<ResourceOwners, 'find'>;
  readonly clients: Pick<ClientStore, 'findClient'>;
}

/**
 * Who is meant. A foreign `admin` never becomes the administrator here: unless the provider's users are linked with the
 * tenant's by name, they get names that no local user can have, and the roles that are mapped and no others.
 */
export async function assertedUser(
  statement: Statement,
  ports: AssertedUserPorts,
  refuse: (description: string) => OAuthError,
): Promise<AssertedUser> {
  const { issuer, subject } = statement;
  const { tenantDomain } = issuer;
  const roles = localRoles(statement);
  // The tenant is always the provider's own: what follows an `@` in a foreign name must not choose another one.
  const suffix = `@${tenantDomain}`;
  if (!issuer.useLocalUser) {
    const isUnmistakable = !subject.endsWith(suffix) && (await isNobodyHere(subject, suffix, ports));
    const federation = { provider: issuer.name, subject, roles, ...(isUnmistakable && { isUnmistakable }) };
    return { subject: federatedSubject(issuer, subject), tenantDomain, roles, federation };
  }
  const owner = await ports.resourceOwners.find(subject.endsWith(suffix) ? subject : subject + suffix);
  // Also for a locked user, who must not come back in as a federated one.
  if (owner?.tenantDomain !== tenantDomain) throw refuse('The subject is no user of this server.');
  return ofThisServer(owner, roles);
}

/**
 * Whether `sub` of a token can say what the issuer says. It is a client's id in a token that a client got for itself (RFC
 * 9068 §5), and what begins like our long names could be that of another provider's user.
 */
async function isNobodyHere(
  subject: string,
  suffix: string,
  { resourceOwners, clients }: AssertedUserPorts,
): Promise<boolean> {
  if (/^FEDERATED\//i.test(subject) || subject !== subject.trim()) return false;
  const [client, ...owners] = await Promise.all([
    /^[\x20-\x7e]+$/.test(subject) ? clients.findClient(subject) : undefined,
    resourceOwners.find(subject),
    resourceOwners.find(subject + suffix),
  ]);
  return !client && owners.every((owner) => !owner);
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
