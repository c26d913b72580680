import { randomUUID } from 'node:crypto';
import pg from 'pg';

/** What a tenant is made of before it has users; nothing in the product makes tenants yet. */
export async function addTenant(databaseUrl: string, domain: string, roles: readonly string[]): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    await client.query('insert into tenants (domain, active, created_at) values ($1, true, 0)', [domain]);
    for (const name of roles) {
      await client.query('insert into roles (id, tenant_domain, name) values ($1, $2, $3)', [
        randomUUID(),
        domain,
        name,
      ]);
    }
  } finally {
    await client.end();
  }
}
