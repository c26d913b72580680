import { z } from 'zod';
import type { AuditLog } from '../../oauth2/ports.js';
import type { TenantConfig, TenantConfigStore } from '../../policies/tenant-config.js';
import { configKeys } from '../../policies/tiers.js';
import { authorOf } from '../rest/audited.js';
import { token } from '../rest/caller.js';
import { type Route, route } from '../rest/route.js';

export interface TenantConfigRoutePorts {
  readonly tenantConfigs: TenantConfigStore;
  readonly auditLog: AuditLog;
}

/** Only what something reads is looked at; everything else is kept as it comes. */
const tenantConfig = z.record(z.string().max(255), z.unknown()).superRefine((config, context) => {
  for (const key of Object.values(configKeys)) {
    const tier = config[key] ?? '';
    if (typeof tier === 'string' && tier.length <= 60) continue;
    context.addIssue({ code: 'custom', path: [key], message: 'is no name of a tier' });
  }
});

/** What the tenant configures for itself, one document (WSO2: tenant-conf.json). */
export function tenantConfigRoutes({ tenantConfigs, auditLog }: TenantConfigRoutePorts): Route[] {
  return [
    route({
      method: 'GET',
      path: '/tenant-config',
      summary: 'The configuration of the tenant.',
      access: token('admin'),
      answer: tenantConfig,
      handle: ({ tenantDomain }) => tenantConfigs.findTenantConfig(tenantDomain),
    }),
    route({
      method: 'PUT',
      path: '/tenant-config',
      summary: 'Puts another configuration in its place.',
      access: token('admin'),
      body: tenantConfig,
      answer: tenantConfig,
      // The document has no id, and may hold anything: the tiers of it are recorded, for the tenant.
      audit: 'by handler',
      async handle(caller, { body }) {
        const { tenantDomain } = caller;
        await tenantConfigs.saveTenantConfig(tenantDomain, body);
        const event = { tenantDomain, action: 'tenant_config.changed', target: tenantDomain, ...authorOf(caller) };
        await auditLog.record({ ...event, detail: tiersOf(body) });
        return body;
      },
    }),
  ];
}

function tiersOf(config: TenantConfig): Record<string, string> {
  const tiers = Object.values(configKeys).flatMap((key) => {
    const tier = config[key];
    return typeof tier === 'string' ? [[key, tier] as const] : [];
  });
  return Object.fromEntries(tiers);
}
