import { z } from 'zod';
import { deviceCodeGrantType } from '../device-authorization/device-authorization-endpoint.js';
import {
  type DeviceApproval,
  type DeviceSession,
  deviceSessionBody,
  readDeviceSession,
} from '../device-authorization/device-session.js';
import { InvalidGrant, type OAuthError } from '../errors.js';
import type { Grant, GrantPorts } from '../grant.js';
import { AccessDenied, AuthorizationPending, ExpiredToken, SlowDown } from '../grant-errors.js';
import { isExpired } from '../lifetimes.js';
import type { Authorization, Client, CodeRecord } from '../model.js';
import { vschars } from '../parameters.js';
import { ownerAt, standingOf } from '../standing.js';
import { assertMayUse } from '../tenancy.js';
import { tokenHash } from '../token-hash.js';

const parameters = z.object({ device_code: vschars(512) });

/** RFC 8628 §3.5: added to the interval each time a device asks too soon. */
const slowerBySeconds = 5;
const maxIntervalSeconds = 300;

/** A device code for tokens, once the user has let the device in. RFC 8628 §3.4. */
export function deviceCodeGrant(ports: GrantPorts): Grant<z.output<typeof parameters>> {
  const { codes, clock, resourceOwners, scopes } = ports;

  return {
    grantType: deviceCodeGrantType,
    parameters,
    async authorize({ device_code: deviceCode }, client) {
      const hash = tokenHash(deviceCode);
      const record = hash && (await codes.findCode('device_code', hash));
      if (!record?.grantId || record.clientId !== client.clientId || record.redeemedAt !== undefined) throw invalid();
      if (isExpired(record.expiresAt, clock.now())) throw new ExpiredToken();
      const session = readDeviceSession(record);
      if (session.decision === 'denied') throw new AccessDenied();
      if (session.decision !== 'approved' || !session.approval) throw await wait(record, session);
      return authorization(client, record, record.grantId, session, session.approval);
    },
  };

  /** Notes when the device asked. Whatever happens between reading and noting, the device asks again. */
  async function wait({ kind, hash, version }: CodeRecord, session: DeviceSession): Promise<OAuthError> {
    const now = clock.now();
    const isTooSoon = now < session.nextPollAt;
    const slower = Math.min(session.intervalSeconds + slowerBySeconds, maxIntervalSeconds);
    const intervalSeconds = isTooSoon ? slower : session.intervalSeconds;
    const nextPollAt = now + intervalSeconds * 1_000;
    await codes.changeCode(kind, hash, version, deviceSessionBody({ ...session, intervalSeconds, nextPollAt }));
    return isTooSoon ? new SlowDown() : new AuthorizationPending();
  }

  async function authorization(
    client: Client,
    record: CodeRecord,
    grantId: string,
    { scope }: DeviceSession,
    { subject, tenantDomain, subjectEpoch, authentication }: DeviceApproval,
  ): Promise<Authorization> {
    // An approval is as good as the login behind it: another password, a lock, a lost role end both.
    const owner = await ownerAt(resourceOwners, { subject, epoch: subjectEpoch });
    if (!owner) throw invalid();
    assertMayUse(client, tenantDomain);
    return {
      subject,
      tenantDomain,
      kind: 'APPLICATION_USER',
      scope: await scopes.grant(scope, { tenantDomain, roles: async () => owner.roles }),
      restsOn: standingOf(owner),
      refreshable: true,
      redeems: { kind: 'device_code', hash: record.hash, grantId },
      details: scope.includes('openid') && authentication ? { authentication } : undefined,
    };
  }
}

function invalid(): InvalidGrant {
  return new InvalidGrant('The device code is invalid.');
}
