import { randomBytes, randomUUID } from 'node:crypto';
import type { Clock } from '../oauth2/ports.js';
import { sha256 } from '../oauth2/token-hash.js';
import { Refusal } from '../refusal.js';
import { NotFound } from '../storage/errors.js';
import { isAddressRange } from '../users/throttle/login-source.js';
import type { ApiKey, ApiKeysOf } from './api-key.js';
import type { ApiKeyStore } from './api-key-store.js';
import type { Application } from './application.js';

export interface ApiKeyPorts {
  readonly apiKeys: ApiKeyStore;
  readonly clock: Clock;
}

/** As the REST API has them: lists are texts with commas. */
export interface ApiKeyWishes {
  readonly name: string;
  /** -1: never. */
  readonly validitySeconds: number;
  readonly permittedIp: string;
  readonly permittedReferer: string;
}

/** Lets secret scanners and people recognise one. */
export const apiKeyPrefix = 'kgak_';
const randomByteCount = 32;

const mostKeys = 100;
const mostRestrictions = 100;

/** WSO2: generate. The value exists here and in the answer only. */
export async function generateApiKey(
  { apiKeys, clock }: ApiKeyPorts,
  application: Application,
  { keyType, owner }: Pick<ApiKeysOf, 'keyType' | 'owner'>,
  wishes: ApiKeyWishes,
): Promise<{ readonly key: ApiKey; readonly value: string }> {
  const value = apiKeyPrefix + randomBytes(randomByteCount).toString('base64url');
  const issuedAt = clock.now();
  const key: ApiKey = {
    id: randomUUID(),
    tenantDomain: application.tenantDomain,
    applicationId: application.id,
    keyType,
    name: wishes.name,
    owner,
    issuedAt,
    ...(wishes.validitySeconds < 0 ? {} : { expiresAt: issuedAt + wishes.validitySeconds * 1_000 }),
    permittedIps: addresses(wishes.permittedIp),
    permittedReferers: referers(wishes.permittedReferer),
  };
  if (!(await unlessGone(apiKeys.addApiKey(key, sha256(value), mostKeys)))) {
    throw new Refusal('invalid', `An application has ${mostKeys} live API keys of one type at most`);
  }
  return { key, value };
}

/** By its id, or by its value (WSO2 before 4.7). */
export async function revokeApiKey(
  { apiKeys }: ApiKeyPorts,
  of: ApiKeysOf,
  named: { readonly id?: string | undefined; readonly value?: string | undefined },
): Promise<ApiKey['id']> {
  const id = named.id ?? (await apiKeys.findApiKey(sha256(named.value ?? '')))?.id;
  if (id === undefined || !(await apiKeys.deleteApiKey(of, id))) {
    throw new Refusal('not_found', 'The application has no such API key');
  }
  return id;
}

async function unlessGone<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof NotFound)) throw error;
    throw new Refusal('forbidden', 'The application or its owner is gone');
  }
}

function addresses(text: string): string[] {
  const all = listed(text, 'permittedIP');
  const wrong = all.find((each) => !isAddressRange(each));
  if (wrong !== undefined) throw new Refusal('invalid', `permittedIP: ${wrong} is no address and no CIDR range`);
  return all;
}

/** `host/path`, `host/*` or `*.host/*`, with a scheme or without. */
const referer = /^(https?:\/\/)?(\*\.)?[a-z0-9.:[\]-]+(\/[!-~]*)?$/i;

function referers(text: string): string[] {
  const all = listed(text, 'permittedReferer');
  const wrong = all.find((each) => each.length > 1_024 || !referer.test(each));
  if (wrong !== undefined) throw new Refusal('invalid', 'permittedReferer: an entry is host/path, host/* or *.host/*');
  return all;
}

function listed(text: string, member: string): string[] {
  const all = text.split(',').flatMap((each) => each.trim() || []);
  if (all.length <= mostRestrictions) return all;
  throw new Refusal('invalid', `${member}: ${mostRestrictions} entries at most`);
}
