import type { DiscoveryResponse, UserInfoResponse } from '@keygate/proto/keymanager/v1/identity';
import type { ClientRequest } from '@keygate/proto/keymanager/v1/token';
import type { VerificationKey } from '../apis/verification-key.js';
import { KeyManagerUnavailable } from '../key-manager/unavailable.js';

/** What a gateway asks the key manager about identity. */
export interface IdentitySource {
  userInfo(request: ClientRequest, correlationId: string): Promise<UserInfoResponse>;
  discovery(gatewayUrl: string): Promise<DiscoveryResponse>;
}

export interface Discovered {
  /** RFC 8414 §2, as JSON. */
  readonly metadata: string;
  /** Base URL of the key managers as clients reach them. */
  readonly keyManagerUrl: string;
  /** Of the key manager; empty when nobody logs in there. */
  readonly authorizationEndpoint: string;
}

export interface KeySet {
  readonly keys: readonly Readonly<Record<string, unknown>>[];
  readonly maxAgeSeconds: number;
}

export const GatewayIdentity = Symbol('GatewayIdentity');
export interface GatewayIdentity {
  userInfo(request: ClientRequest, correlationId: string): Promise<UserInfoResponse>;
  /** Throws `KeyManagerUnavailable` when no key manager has ever answered. */
  discovery(): Promise<Discovered>;
  /** From the catalogue, so that it is there while the key manager is away. Throws as `discovery` does. */
  keySet(): KeySet;
  /** Base URL of this gateway as its clients reach it. */
  servedAt(publicUrl: string): void;
  readonly publicUrl: string;
}

/** How long an answer is taken for the newest; after that it is asked for again and kept only if nobody answers. */
const freshMillis = 10_000;

export interface GatewayIdentityOptions {
  readonly source: IdentitySource;
  readonly keys: () => ReadonlyMap<string, VerificationKey> | undefined;
  /** Of this gateway alone, published beside those of the key manager. */
  readonly ownKeys?: readonly Readonly<Record<string, unknown>>[];
  readonly now: () => number;
}

export function createGatewayIdentity({ source, keys, ownKeys = [], now }: GatewayIdentityOptions): GatewayIdentity {
  let publicUrl = '';
  let known: (Discovered & { readonly askedAt: number }) | undefined;
  let asking: Promise<Discovered> | undefined;

  async function ask(): Promise<Discovered> {
    const askedAt = now();
    try {
      known = { ...(await source.discovery(publicUrl)), askedAt };
      return known;
    } catch (error) {
      if (known) return known;
      throw error;
    } finally {
      asking = undefined;
    }
  }

  return {
    userInfo: (request, correlationId) => source.userInfo(request, correlationId),
    async discovery() {
      if (known && now() - known.askedAt < freshMillis) return known;
      asking ??= ask();
      return asking;
    },
    keySet() {
      const published = keys();
      if (!published) throw new KeyManagerUnavailable('no catalogue has been received yet');
      const all = [...published.values()];
      const ages = all.map(({ maxAgeSeconds }) => maxAgeSeconds);
      return {
        keys: [...all.map(({ jwk }) => jwk), ...ownKeys],
        maxAgeSeconds: ages.length > 0 ? Math.min(...ages) : 0,
      };
    },
    get publicUrl() {
      return publicUrl;
    },
    servedAt(url) {
      publicUrl = url.replace(/\/+$/, '');
      known = undefined;
    },
  };
}
