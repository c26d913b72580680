/** What a tenant's administrators configure (WSO2: tenant-conf.json). Members nobody reads are kept as they came. */
export interface TenantConfig {
  readonly DefaultAPILevelTier?: unknown;
  readonly DefaultSubscriptionLevelTier?: unknown;
  readonly DefaultApplicationLevelTier?: unknown;
  readonly [member: string]: unknown;
}

export const TenantConfigStore = Symbol('TenantConfigStore');
export interface TenantConfigStore {
  /** Empty until somebody wrote one. */
  findTenantConfig(tenantDomain: string): Promise<TenantConfig>;
  saveTenantConfig(tenantDomain: string, config: TenantConfig): Promise<void>;
}
