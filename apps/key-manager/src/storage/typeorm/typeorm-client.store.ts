import { randomInt } from 'node:crypto';
import type { Application, ClientRegistration, ClientSecret } from '../../applications/application.js';
import type { ClientRegistry } from '../../applications/application-store.js';
import { toClient } from '../../applications/client-facts.js';
import type { ClientWithSecrets } from '../../oauth2/model.js';
import type { ClientStore, Clock } from '../../oauth2/ports.js';
import { NotFound } from '../errors.js';
import { assertStorable } from '../storable.js';
import { endClientGrants } from './coarse-revocation.js';
import { type Database, plain, type Session, unlessTaken } from './database.js';
import {
  applicationEntity,
  type ClientRow,
  type ClientSecretRow,
  clientEntity,
  clientSecretEntity,
} from './entities/application.entity.js';
import { appendCatalog, appendRevocations } from './feed-numbers.js';
import type { Statement } from './hot-statements.js';
import { holdOwner } from './user-tokens.js';

type RegistrationChange = Parameters<ClientRegistry['updateRegistration']>[1];

export class TypeOrmClientStore implements ClientStore, ClientRegistry {
  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
  ) {}

  async findClient(clientId: string): Promise<ClientWithSecrets | undefined> {
    const [row] = await this.db.hotFind<ClientColumns>(findClientStatement, [clientId, this.clock.now()]);
    return row && toClientWithSecrets(row);
  }

  async registerClient(registration: ClientRegistration, secret: ClientSecret | undefined): Promise<void> {
    assertStorable([registration, secret]);
    const { clientId, applicationId } = registration;
    const work = this.db.transaction(async (session) => {
      if (applicationId !== undefined) await requireApplication(session, applicationId);
      await holdOwner(session, registration.owner);
      await session.table(clientEntity).insert(plain(toRow(registration)));
      if (secret) await insertSecret(session, registration, secret);
      await appendCatalog(session, this.clock.now(), [{ entity: 'consumer_key', id: clientId }]);
    });
    await unlessTaken(`client ${clientId}`, work);
  }

  findRegistration(clientId: string): Promise<ClientRegistration | undefined> {
    return this.#findOne({ clientId });
  }

  findKeyMapping(keyMappingId: string): Promise<ClientRegistration | undefined> {
    return this.#findOne({ keyMappingId });
  }

  async findRegistrationByName(owner: string, name: string): Promise<ClientRegistration | undefined> {
    const rows = await this.db.find([], (session) => session.table(clientEntity).findBy({ owner, name }));
    const row = rows.find((each) => each.applicationId === null && each.registrationTokenHash === null);
    return row && toRegistration(row);
  }

  countRegistrations(owner: string): Promise<number> {
    return this.db.find(0, async (session) => {
      const sql = 'select count(*) as count from oauth_clients where owner = $1 and application_id is null';
      return (await session.row<{ count: number }>(sql, [owner]))?.count ?? 0;
    });
  }

  async listRegistrations(applicationId: string): Promise<ClientRegistration[]> {
    const order = { createdAt: 'ASC', clientId: 'ASC' } as const;
    const rows = await this.db.find([], (session) =>
      session.table(clientEntity).find({ where: { applicationId }, order }),
    );
    return rows.map(toRegistration);
  }

  async listSecrets(clientId: string): Promise<ClientSecret[]> {
    const order = { createdAt: 'ASC', id: 'ASC' } as const;
    const rows = await this.db.find([], (session) =>
      session.table(clientSecretEntity).find({ where: { clientId }, order }),
    );
    const now = this.clock.now();
    return rows.filter(({ expiresAt }) => expiresAt === null || expiresAt > now).map(toSecret);
  }

  async updateRegistration(clientId: string, change: RegistrationChange): Promise<ClientRegistration> {
    assertStorable(change);
    const work = this.db.transaction(async (session) => {
      if (change.applicationId !== undefined) await requireApplication(session, change.applicationId);
      const before = await lockClient(session, clientId);
      const after: ClientRow = { ...before, ...definedOf(change) };
      const { tokenEpoch: _, ...columns } = after;
      await session.table(clientEntity).update({ clientId }, plain(columns));
      // Gateways are told too, so that an inactive client's tokens don't live on in their caches.
      const ended = before.active && !after.active ? [await endClientGrants(session, clientId)] : [];
      const now = this.clock.now();
      await appendCatalog(session, now, [{ entity: 'consumer_key', id: clientId }]);
      await appendRevocations(session, { revokedAt: now, now }, ended);
      return toRegistration(after);
    });
    return unlessTaken(`client ${clientId}`, work);
  }

  async replaceSecrets(clientId: string, secret: ClientSecret): Promise<void> {
    assertStorable(secret);
    await this.db.transaction(async (session) => {
      const client = await lockClient(session, clientId);
      await session.table(clientSecretEntity).delete({ clientId });
      await insertSecret(session, client, secret);
    });
  }

  async addSecret(clientId: string, secret: ClientSecret, most: number): Promise<boolean> {
    assertStorable(secret);
    return this.db.transaction(async (session) => {
      const client = await lockClient(session, clientId);
      const sql =
        'select count(*) as count from client_secrets where client_id = $1 and coalesce(expires_at > $2, true)';
      const live = await session.row<{ count: number }>(sql, [clientId, this.clock.now()]);
      if ((live?.count ?? 0) >= most) return false;
      await insertSecret(session, client, secret);
      return true;
    });
  }

  deleteSecret(clientId: string, secretId: string): Promise<boolean> {
    return this.db.find(false, async (session) => {
      const { affected } = await session.table(clientSecretEntity).delete({ clientId, id: secretId });
      return affected === 1;
    });
  }

  deleteRegistration(clientId: string): Promise<boolean> {
    return this.db.transaction(async (session) => {
      const now = this.clock.now();
      const [ended] = await deleteClients(session, [clientId], now);
      if (ended === undefined) return false;
      await appendCatalog(session, now, [{ entity: 'consumer_key', id: clientId }]);
      await appendRevocations(session, { revokedAt: now, now }, [ended]);
      return true;
    });
  }

  async #findOne(by: Partial<Pick<ClientRow, 'clientId' | 'keyMappingId'>>): Promise<ClientRegistration | undefined> {
    const row = await this.db.find(null, (session) => session.table(clientEntity).findOneBy(by));
    return row === null ? undefined : toRegistration(row);
  }
}

/** Removes those that are there, with their secrets; answers the revocations to append. */
export async function deleteClients(session: Session, clientIds: readonly string[], now: number) {
  const ended = [];
  for (const clientId of [...clientIds].sort()) {
    const revocation = await endClientGrants(session, clientId);
    await session.table(clientSecretEntity).delete({ clientId });
    const { affected } = await session.table(clientEntity).delete({ clientId });
    if (affected !== 1) continue;
    ended.push(revocation);
    // Tokens that never expire would stay for ever.
    await session.changed('update grants set sweep_after = $2 where client_id = $1 and sweep_after is null', [
      clientId,
      now,
    ]);
  }
  return ended;
}

async function lockClient(session: Session, clientId: string): Promise<ClientRow> {
  const lock = { mode: 'pessimistic_write' } as const;
  const row = await session.table(clientEntity).findOne({ where: { clientId }, lock });
  if (row === null) throw new NotFound(`client ${clientId}`);
  return row;
}

async function requireApplication(session: Session, id: string): Promise<void> {
  const lock = { mode: 'for_key_share' } as const;
  const row = await session.table(applicationEntity).findOne({ select: { id: true }, where: { id }, lock });
  if (row === null) throw new NotFound(`application ${id}`);
}

async function insertSecret(
  session: Session,
  { clientId, tenantDomain }: Pick<ClientRegistration, 'clientId' | 'tenantDomain'>,
  { expiresAt, description, ...secret }: ClientSecret,
): Promise<void> {
  const ending = { expiresAt: expiresAt ?? null, description: description ?? null };
  await session.table(clientSecretEntity).insert({ ...secret, clientId, tenantDomain, ...ending });
}

function toSecret({ id, hash, derived, createdAt, expiresAt, description }: ClientSecretRow): ClientSecret {
  return {
    ...{ id, hash, derived, createdAt },
    ...(expiresAt === null ? {} : { expiresAt }),
    ...(description === null ? {} : { description }),
  };
}

/** What is undefined is not named by the change. */
function definedOf(change: RegistrationChange): Partial<ClientRow> {
  return Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined));
}

/** The epoch starts at random: a client id that is registered again must not wake the tokens of the one before. */
function toRow({ applicationId, registrationTokenHash, ...registration }: ClientRegistration): ClientRow {
  const optional = { applicationId: applicationId ?? null, registrationTokenHash: registrationTokenHash ?? null };
  return { ...registration, ...optional, tokenEpoch: randomInt(2 ** 47) };
}

export function toRegistration(row: ClientRow): ClientRegistration {
  const { tokenEpoch: _, applicationId, registrationTokenHash, ...registration } = row;
  return {
    ...registration,
    ...(applicationId === null ? {} : { applicationId }),
    ...(registrationTokenHash === null ? {} : { registrationTokenHash }),
  };
}

/** Read for tokens that are issued: one statement by hand. */
const findClientStatement: Statement = {
  name: 'find_client',
  text: `
select c.client_id, c.tenant_domain, c.owner, c.name, c.application_id, c.key_type, c.mode, c.grant_types, c.callback_url,
  c.confidential, c.active, c.all_tenants, c.lifetimes, c.additional_properties, c.metadata, a.token_type,
  array(select s.hash from client_secrets s where s.client_id = c.client_id and coalesce(s.expires_at > $2, true)
    order by s.created_at, s.id) as hashes,
  (select min(s.expires_at) from client_secrets s where s.client_id = c.client_id and s.expires_at > $2) as live_until
from oauth_clients c left join applications a on a.id = c.application_id where c.client_id = $1`,
};

interface ClientColumns {
  client_id: string;
  tenant_domain: string;
  owner: string;
  name: string;
  application_id: string | null;
  key_type: ClientRegistration['keyType'];
  mode: ClientRegistration['mode'];
  grant_types: string[];
  callback_url: string;
  confidential: boolean;
  active: boolean;
  all_tenants: boolean;
  lifetimes: ClientRegistration['lifetimes'];
  additional_properties: ClientRegistration['additionalProperties'];
  metadata: ClientRegistration['metadata'];
  token_type: Application['tokenType'] | null;
  hashes: Buffer[];
  live_until: number | null;
}

function toClientWithSecrets(row: ClientColumns): ClientWithSecrets {
  const registered = {
    clientId: row.client_id,
    tenantDomain: row.tenant_domain,
    owner: row.owner,
    name: row.name,
    applicationId: row.application_id ?? undefined,
    keyType: row.key_type,
    mode: row.mode,
    grantTypes: row.grant_types,
    callbackUrl: row.callback_url,
    confidential: row.confidential,
    active: row.active,
    allTenants: row.all_tenants,
    lifetimes: row.lifetimes,
    additionalProperties: row.additional_properties,
    metadata: row.metadata,
  };
  return { ...toClient(registered, row.token_type ?? undefined), secretHashes: row.hashes, ...liveUntil(row) };
}

const liveUntil = ({ live_until: until }: ClientColumns) => (until === null ? {} : { secretsLiveUntil: until });
