import type { Api, EndpointConfig } from '../../apis/api.js';
import type { ApiCertificates, ClientCertificate, EndpointCertificate } from '../../certificates/certificate.js';
import type { CertificateStore } from '../../certificates/certificate-store.js';
import { addressOf, endpointUrls, isSameEndpoint } from '../../certificates/endpoint-urls.js';
import type { Clock } from '../../oauth2/ports.js';
import { NotFound } from '../errors.js';
import { assertStorable } from '../storable.js';
import { toApi } from './api-rows.js';
import { type Database, type Session, unlessTaken } from './database.js';
import { apiEntity } from './entities/api.entity.js';
import {
  type ClientCertificateRow,
  clientCertificateEntity,
  endpointCertificateEntity,
} from './entities/certificate.entity.js';
import { appendCatalog } from './feed-numbers.js';

export class TypeOrmCertificateStore implements CertificateStore {
  constructor(
    private readonly db: Database,
    private readonly clock: Clock,
  ) {}

  async addClientCertificate(certificate: ClientCertificate, most: number): Promise<boolean> {
    assertStorable(certificate);
    const { apiId } = certificate;
    const work = this.db.transaction(async (session) => {
      // One after the other at the same API, so that none slips over the limit.
      const row = await session.row('select id from apis where id = $1 for no key update', [apiId]);
      if (!row) throw new NotFound(`API ${apiId}`);
      if ((await session.table(clientCertificateEntity).countBy({ apiId })) >= most) return false;
      await session.table(clientCertificateEntity).insert({ ...certificate, keyType: certificate.keyType ?? null });
      await this.#tell(session, [apiId]);
      return true;
    });
    return unlessTaken(`certificate ${certificate.alias}`, work);
  }

  async listClientCertificates(apiId: string): Promise<ClientCertificate[]> {
    const order = { alias: 'ASC' } as const;
    const rows = await this.db.find([], (session) =>
      session.table(clientCertificateEntity).find({ where: { apiId }, order }),
    );
    return rows.map(toClientCertificate);
  }

  changeClientCertificate(
    apiId: string,
    alias: string,
    change: { readonly pem?: string; readonly tier?: string },
  ): Promise<boolean> {
    assertStorable(change);
    return this.db.transaction(async (session) => {
      const { affected } = await session.table(clientCertificateEntity).update({ apiId, alias }, change);
      if (affected !== 1) return false;
      await this.#tell(session, [apiId]);
      return true;
    });
  }

  deleteClientCertificate(apiId: string, alias: string): Promise<boolean> {
    return this.db.transaction(async (session) => {
      const { affected } = await session.table(clientCertificateEntity).delete({ apiId, alias });
      if (affected !== 1) return false;
      await this.#tell(session, [apiId]);
      return true;
    });
  }

  async addEndpointCertificate(certificate: EndpointCertificate, most: number): Promise<boolean> {
    assertStorable(certificate);
    const { tenantDomain, endpoint } = certificate;
    const work = this.db.transaction(async (session) => {
      if ((await session.table(endpointCertificateEntity).countBy({ tenantDomain })) >= most) return false;
      await session.table(endpointCertificateEntity).insert(certificate);
      await this.#tell(session, await callersOf(session, tenantDomain, endpoint));
      return true;
    });
    return unlessTaken(`certificate ${certificate.alias}`, work);
  }

  listEndpointCertificates(tenantDomain: string): Promise<EndpointCertificate[]> {
    const order = { alias: 'ASC' } as const;
    return this.db.find([], (session) =>
      session.table(endpointCertificateEntity).find({ where: { tenantDomain }, order }),
    );
  }

  changeEndpointCertificate(tenantDomain: string, alias: string, pem: string): Promise<boolean> {
    assertStorable(pem);
    return this.#changingEndpoint(tenantDomain, alias, (session) =>
      session.table(endpointCertificateEntity).update({ tenantDomain, alias }, { pem }),
    );
  }

  deleteEndpointCertificate(tenantDomain: string, alias: string): Promise<boolean> {
    return this.#changingEndpoint(tenantDomain, alias, (session) =>
      session.table(endpointCertificateEntity).delete({ tenantDomain, alias }),
    );
  }

  async findApisByEndpoint(tenantDomain: string, endpoint: string): Promise<Api[]> {
    const rows = await this.db.find([], (session) =>
      session
        .table(apiEntity)
        .createQueryBuilder('a')
        .where('a.tenantDomain = :tenantDomain', { tenantDomain })
        // Most APIs call something else: only those that may be meant are read.
        .andWhere(`strpos(a.body ->> 'endpointConfig', :part) > 0`, { part: endpoint.replace(/\/+$/, '') })
        .orderBy('a.nameKey')
        .addOrderBy('a.version')
        .getMany(),
    );
    return rows
      .map(toApi)
      .filter(({ body }) => endpointUrls(body.endpointConfig).some((url) => isSameEndpoint(url, endpoint)));
  }

  #changingEndpoint(
    tenantDomain: string,
    alias: string,
    change: (session: Session) => Promise<unknown>,
  ): Promise<boolean> {
    return this.db.transaction(async (session) => {
      const lock = { mode: 'pessimistic_write' } as const;
      const where = { tenantDomain, alias };
      const before = await session.table(endpointCertificateEntity).findOne({ where, lock });
      if (before === null) return false;
      await change(session);
      await this.#tell(session, await callersOf(session, tenantDomain, before.endpoint));
      return true;
    });
  }

  #tell(session: Session, apiIds: readonly string[]): Promise<void> {
    const changes = apiIds.map((id) => ({ entity: 'api' as const, id }));
    return appendCatalog(session, this.clock.now(), changes);
  }
}

/** The deployed APIs of the tenant that call this address. */
async function callersOf(session: Session, tenantDomain: string, endpoint: string): Promise<string[]> {
  const address = addressOf(endpoint);
  const host = address?.slice(0, address.lastIndexOf(':')) ?? '';
  const rows = await session.rows<{ api_id: string; config: EndpointConfig | null }>(
    `select d.api_id, r.body -> 'endpointConfig' as config
     from api_deployments d join api_revisions r on r.id = d.revision_id
     where d.tenant_domain = $1 and strpos(lower(r.body ->> 'endpointConfig'), $2) > 0`,
    [tenantDomain, host],
  );
  const callers = rows.filter(({ config }) => endpointUrls(config).some((url) => addressOf(url) === address));
  return [...new Set(callers.map(({ api_id: id }) => id))].sort();
}

/** Those of the APIs, and of their tenants, by API. */
export async function certificatesOf(
  session: Session,
  apis: readonly { readonly id: string; readonly tenantDomain: string }[],
): Promise<(api: { readonly id: string; readonly tenantDomain: string }) => ApiCertificates> {
  const query = session.table(clientCertificateEntity).createQueryBuilder('c');
  const rows = await query
    .where('c.apiId = any(:ids)', { ids: apis.map(({ id }) => id) })
    .orderBy('c.alias')
    .getMany();
  const client = grouped(rows.map(toClientCertificate), ({ apiId }) => apiId);
  const tenants = [...new Set(apis.map(({ tenantDomain }) => tenantDomain))];
  const given = session.table(endpointCertificateEntity).createQueryBuilder('e');
  const all = await given.where('e.tenantDomain = any(:tenants)', { tenants }).orderBy('e.alias').getMany();
  const endpoints = grouped(all, ({ tenantDomain }) => tenantDomain);
  return ({ id, tenantDomain }) => ({ client: client.get(id) ?? [], endpoints: endpoints.get(tenantDomain) ?? [] });
}

function grouped<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group) group.push(item);
    else groups.set(keyOf(item), [item]);
  }
  return groups;
}

function toClientCertificate({ keyType, ...row }: ClientCertificateRow): ClientCertificate {
  return { ...row, ...(keyType === null ? {} : { keyType }) };
}
