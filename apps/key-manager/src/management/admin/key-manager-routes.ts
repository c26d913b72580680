import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { SecretBox } from '../../apis/secret-box.js';
import { residentKeyManager } from '../../applications/resident-key-manager.js';
import { requireOwnName } from '../../identity-providers/federated-names.js';
import type { IdentityProviderStore } from '../../identity-providers/identity-provider-store.js';
import { checkKeyManager } from '../../key-managers/check-key-manager.js';
import { sealConnectorSecrets } from '../../key-managers/connector-secrets.js';
import { requireMembers } from '../../key-managers/connectors.js';
import type { ForeignKeyManager } from '../../key-managers/key-manager.js';
import type { KeyManagerStore } from '../../key-managers/key-manager-store.js';
import type { Clock } from '../../oauth2/ports.js';
import { Refusal } from '../../refusal.js';
import { AlreadyExists } from '../../storage/errors.js';
import { isUuid } from '../../uuid.js';
import { audited } from '../rest/audited.js';
import { type Caller, token } from '../rest/caller.js';
import { listAnswer, pageOf, pageQuery } from '../rest/page.js';
import { type Route, route } from '../rest/route.js';
import {
  type GivenKeyManager,
  keyManagerAnswer,
  keyManagerBody,
  keyManagerEntry,
  keyManagerView,
  residentView,
  toKeyManagerEntry,
} from './key-manager-schema.js';

export interface KeyManagerRoutePorts {
  readonly keyManagers: KeyManagerStore;
  readonly identityProviders: Pick<IdentityProviderStore, 'listProviders'>;
  readonly secretBox: SecretBox;
  /** This server's own, as the resident key manager shows it. */
  readonly issuer: string;
  readonly grantTypes: readonly string[];
  readonly clock: Clock;
}

const admin = token('admin');
const one = '/key-managers/{keyManagerId}';
const recorded = {
  name: 'answer.name',
  type: 'answer.type',
  issuer: 'answer.issuer',
  tokenType: 'answer.tokenType',
} as const;

/** Authorization servers of others whose tokens a tenant takes (WSO2: key managers). */
export function keyManagerRoutes(ports: KeyManagerRoutePorts): Route[] {
  const { keyManagers, issuer, grantTypes } = ports;
  const resident = { ...residentKeyManager, description: 'This server', enabled: true, tokenType: 'DIRECT' };
  return [
    route({
      method: 'GET',
      path: '/key-managers',
      summary: 'The resident key manager and those of others.',
      access: admin,
      query: z.object(pageQuery),
      answer: listAnswer(keyManagerEntry),
      handle: async ({ tenantDomain }, { query }) =>
        pageOf([resident, ...(await keyManagers.listKeyManagers(tenantDomain)).map(toKeyManagerEntry)], query),
    }),
    route({
      method: 'GET',
      path: one,
      summary: 'One key manager; its secrets are shown as *****.',
      access: admin,
      answer: keyManagerAnswer,
      handle: async (caller, { parameters: { keyManagerId } }) =>
        keyManagerId === residentKeyManager.id
          ? residentView(issuer, grantTypes)
          : keyManagerView(await find(keyManagers, caller, keyManagerId)),
    }),
    ...changingRoutes(ports),
  ];
}

function changingRoutes({ keyManagers, identityProviders, secretBox, clock }: KeyManagerRoutePorts): Route[] {
  const checkName = async (keyManager: ForeignKeyManager) =>
    requireOwnName(keyManager, await identityProviders.listProviders(keyManager.tenantDomain));
  return [
    route({
      method: 'POST',
      path: '/key-managers',
      summary: 'Takes the tokens of another authorization server.',
      access: admin,
      body: keyManagerBody,
      status: 201,
      answer: keyManagerAnswer,
      audit: audited('key_manager.created', 'answer.id', recorded),
      async handle({ tenantDomain }, { body }) {
        const { name, type } = body;
        if (name === residentKeyManager.name) throw nameTaken(name);
        const made = { id: randomUUID(), tenantDomain, name, type, createdAt: clock.now() };
        const keyManager = toKeyManager(body, made, {}, secretBox);
        await checkName(keyManager);
        await orNameTaken(name, keyManagers.createKeyManager(keyManager));
        return keyManagerView(keyManager);
      },
    }),
    route({
      method: 'PUT',
      path: one,
      summary: 'Changes a key manager. A secret sent as ***** stays; name and type never change.',
      access: admin,
      body: keyManagerBody,
      answer: keyManagerAnswer,
      audit: audited('key_manager.changed', 'path.keyManagerId', recorded),
      async handle(caller, { parameters, body }) {
        const before = await find(keyManagers, caller, parameters.keyManagerId);
        if (body.type !== before.type) throw new Refusal('invalid', 'The type of a key manager cannot be changed');
        if (body.name !== before.name) throw new Refusal('invalid', 'The name of a key manager cannot be changed');
        const keyManager = toKeyManager(body, before, before.body.additionalProperties ?? {}, secretBox);
        await checkName(keyManager);
        await keyManagers.updateKeyManager(keyManager);
        return keyManagerView(keyManager);
      },
    }),
    route({
      method: 'DELETE',
      path: one,
      summary: 'Takes its tokens no longer; the consumer keys mapped to it go too.',
      access: admin,
      audit: audited('key_manager.deleted', 'path.keyManagerId'),
      async handle(caller, { parameters }) {
        const { tenantDomain, id } = await find(keyManagers, caller, parameters.keyManagerId);
        await keyManagers.deleteKeyManager(tenantDomain, id);
      },
    }),
  ];
}

type Kept = Pick<ForeignKeyManager, 'id' | 'tenantDomain' | 'name' | 'type' | 'createdAt'>;

/** Throws `Refusal` for one that could not work. */
function toKeyManager(
  given: GivenKeyManager,
  { id, tenantDomain, name, type, createdAt }: Kept,
  storedProperties: Readonly<Record<string, unknown>>,
  secretBox: SecretBox,
): ForeignKeyManager {
  const { id: _, name: __, type: ofType, enabled, issuer, tokenType, additionalProperties, ...rest } = given;
  requireMembers(ofType, additionalProperties);
  const sealed = sealConnectorSecrets(additionalProperties, storedProperties, secretBox, id);
  const body = { ...rest, displayName: rest.displayName || name, additionalProperties: sealed };
  const keyManager = { id, tenantDomain, name, type, enabled, issuer: issuer ?? '', tokenType, body, createdAt };
  checkKeyManager(keyManager);
  return keyManager;
}

async function find(store: KeyManagerStore, { tenantDomain }: Caller, id: string): Promise<ForeignKeyManager> {
  if (id === residentKeyManager.id) throw new Refusal('forbidden', 'The resident key manager cannot be changed');
  const found = isUuid(id) ? await store.findKeyManager(tenantDomain, id) : undefined;
  if (!found) throw new Refusal('not_found', `Key Manager with id ${id} not found`);
  return found;
}

async function orNameTaken(name: string, work: Promise<unknown>): Promise<void> {
  try {
    await work;
  } catch (error) {
    throw error instanceof AlreadyExists ? nameTaken(name) : error;
  }
}

const nameTaken = (name: string) => new Refusal('conflict', `Key Manager with name ${name} already exists`);
