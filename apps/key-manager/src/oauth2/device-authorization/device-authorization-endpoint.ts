import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { type ClientAuthenticationDeps, createClientAuthentication } from '../client-authentication.js';
import type { ClientRequest } from '../client-request.js';
import { UnauthorizedClient, UnsupportedGrantType } from '../errors.js';
import { countKept, type KeptRequestLimit } from '../kept-requests.js';
import { pick, readParameters } from '../parameters.js';
import type { Clock, CodeStore, TokenValues } from '../ports.js';
import { assertMayAsk } from '../registered-scope.js';
import { parseScope } from '../scope.js';
import type { OAuth2Settings } from '../settings.js';
import { sha256 } from '../token-hash.js';
import { deviceSessionBody } from './device-session.js';
import { newUserCode, userCodeHash } from './user-code.js';

export const deviceCodeGrantType = 'urn:ietf:params:oauth:grant-type:device_code';

/** RFC 8628 §3.2. */
export interface DeviceAuthorization {
  readonly deviceCode: string;
  readonly userCode: string;
  readonly verificationUri: string;
  /** With the code in it, for a QR code. */
  readonly verificationUriComplete: string;
  readonly expiresInSeconds: number;
  readonly intervalSeconds: number;
}

export interface DeviceAuthorizationDeps extends ClientAuthenticationDeps {
  readonly codes: CodeStore;
  readonly clock: Clock;
  readonly values: TokenValues;
  readonly settings: Pick<OAuth2Settings, 'grantTypes' | 'deviceAuthorization'>;
  readonly keptRequests: KeptRequestLimit;
  /** Where users type the code. */
  readonly verificationUri: string;
}

const parameters = z.object({ scope: z.string().optional() });
const maxCollisions = 5;

/** RFC 8628 §3.1: a device code for the device, and a short one for the user to type elsewhere. */
export function createDeviceAuthorization(
  deps: DeviceAuthorizationDeps,
): (request: ClientRequest) => Promise<DeviceAuthorization> {
  const { codes, clock, values, settings, keptRequests, verificationUri } = deps;
  const authenticateClient = createClientAuthentication(deps);
  const { codeSeconds, intervalSeconds } = settings.deviceAuthorization;

  return async (request) => {
    const sent = readParameters(request.parameters);
    const client = await authenticateClient(request, sent);
    if (!settings.grantTypes.includes(deviceCodeGrantType)) throw new UnsupportedGrantType();
    if (!client.grantTypes.includes(deviceCodeGrantType)) {
      throw new UnauthorizedClient('The authenticated client is not authorized to use this authorization grant type');
    }
    const asked = pick(parameters, sent).scope;
    assertMayAsk(client, asked);
    const scope = parseScope(asked);
    countKept(keptRequests, client, request.clientAddress);
    const deviceCode = values.random();
    const of = {
      clientId: client.clientId,
      tenantDomain: client.tenantDomain,
      expiresAt: clock.now() + codeSeconds * 1_000,
    };
    const state = { scope, intervalSeconds, nextPollAt: 0, decision: 'pending' } as const;
    await codes.saveCode({
      ...of,
      kind: 'device_code',
      hash: sha256(deviceCode),
      grantId: randomUUID(),
      body: deviceSessionBody(state),
    });
    const userCode = await saveUserCode({
      ...of,
      kind: 'user_code',
      body: { device: sha256(deviceCode).toString('hex') },
    });
    const verificationUriComplete = `${verificationUri}?user_code=${userCode}`;
    return {
      deviceCode,
      userCode,
      verificationUri,
      verificationUriComplete,
      expiresInSeconds: codeSeconds,
      intervalSeconds,
    };
  };

  /** Short codes collide: then it is another one. */
  async function saveUserCode(code: Omit<Parameters<CodeStore['saveCode']>[0], 'hash'>): Promise<string> {
    for (let collisions = 0; ; collisions++) {
      const userCode = newUserCode(values.random);
      try {
        await codes.saveCode({ ...code, hash: userCodeHash(userCode) });
        return userCode;
      } catch (error) {
        if (!(error instanceof Error && error.name === 'AlreadyExists') || collisions >= maxCollisions) throw error;
      }
    }
  }
}
