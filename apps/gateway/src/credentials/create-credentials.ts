import { createDocumentFetch } from '@keygate/common/documents';
import { CachedKeySets } from '@keygate/common/jose';
import type { Logger } from '@keygate/common/logging';
import { loadCa } from '@keygate/common/tls';
import type { CompileSettings } from '../apis/compile-api.js';
import type { VerificationKey } from '../apis/verification-key.js';
import type { GatewayConfig } from '../config/gateway.config.js';
import type { KeyManagerClient } from '../key-manager/key-manager.client.js';
import { KeyManagerUnavailable } from '../key-manager/unavailable.js';
import type { PipelineSettings, Ports } from '../pipeline/ports.js';
import { type Clock, systemClock } from '../tokens/clock.js';
import type { TokenSource } from '../tokens/token-source.js';
import { BasicUsers } from './basic-users.js';
import { ForeignTokens } from './foreign-tokens.js';
import { InternalKeys } from './internal-keys.js';

export interface CredentialsOptions {
  readonly client: Pick<KeyManagerClient, 'authenticateUser'>;
  readonly tokens: Pick<TokenSource, 'hearing' | 'onRevocation'>;
  readonly keys: () => ReadonlyMap<string, VerificationKey> | undefined;
  readonly logger: Logger;
  readonly clock?: Clock | undefined;
}

export type CredentialPorts = Required<Pick<Ports, 'foreignTokens' | 'users' | 'internalKeys'>>;

const maxUsers = 10_000;

/** What judges everything callers may show beside our own access tokens. Throws `TlsProblem` for a CA that can't be used. */
export async function createCredentials(
  { gateway }: GatewayConfig,
  { client, tokens, keys, logger, clock = systemClock }: CredentialsOptions,
): Promise<CredentialPorts> {
  const { passwordTtlSeconds, keySets } = gateway.credentials;
  const { allowPrivateNetworks, caFile } = keySets;
  const ca = caFile === undefined ? undefined : await loadCa(caFile, 'gateway.credentials.keySets.caFile');
  const now = () => clock.now();
  const users = new BasicUsers({
    ask: (request) => client.authenticateUser(request),
    clock,
    hearing: tokens.hearing,
    ttlSeconds: passwordTtlSeconds,
    maxEntries: maxUsers,
  });
  const internalKeys = new InternalKeys({ keys, now });
  const foreignTokens = new ForeignTokens({
    keySets: new CachedKeySets({
      fetchDocument: createDocumentFetch({ allowPrivateNetworks, ca }),
      now,
      reportFailure: (uri, cause) => logger.warn({ err: cause, uri }, 'a key set was not fetched'),
      unavailable: () => new KeyManagerUnavailable('a key set cannot be had'),
    }),
    ownKeys: keys,
    now,
    maxEntries: gateway.tokens.maxEntries,
  });
  tokens.onRevocation((revocation) => {
    users.revoked(revocation);
    internalKeys.revoked(revocation);
  });
  return { foreignTokens, users, internalKeys };
}

/** Where APIs say nothing of their own. */
export function compileSettings({ gateway }: GatewayConfig): CompileSettings {
  return { authorizationHeader: gateway.credentials.authorizationHeader, cors: gateway.cors };
}

export function credentialSettings({
  gateway: { credentials },
}: GatewayConfig): Pick<PipelineSettings, 'onlyKeyType' | 'allowCertificateChains'> {
  const only = { both: undefined, production: 'PRODUCTION', sandbox: 'SANDBOX' } as const;
  return { onlyKeyType: only[credentials.keyTypes], allowCertificateChains: credentials.certificateChains };
}
