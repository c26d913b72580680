import type { Api, Application, Subscription } from '@keygate/proto/keymanager/v1/catalog';
import { KeyType as ProtoKeyType } from '@keygate/proto/keymanager/v1/key_validation';
import type { CatalogEntities } from './catalog-entities.js';
import { type CompileSettings, compileApi, usualSettings } from './compile-api.js';
import { compileDenials } from './compile-denials.js';
import { compileLimits } from './compile-limits.js';
import type {
  CompiledApi,
  CompiledApplication,
  CompiledCatalog,
  CompiledConsumer,
  CompiledEndpoint,
  CompiledSubscription,
} from './compiled-catalog.js';
import type { ClientCertificate } from './compiled-security.js';
import { ContextTrie } from './context-trie.js';
import { compileKeyManagers, foreignConsumer, residentKeyManager } from './foreign-key-managers.js';
import { inOneGo, paced } from './in-slices.js';
import { compileSigningKeys } from './verification-key.js';

/**
 * Builds the snapshot requests are decided on. Whatever has not changed since it was last compiled is taken over as
 * it is; what is left to do for one change is filling the two look-up tables. Never throws: what makes no sense is
 * left out and named in `problems`.
 */
export function compileCatalog(entities: CatalogEntities, settings: CompileSettings = usualSettings): CompiledCatalog {
  return inOneGo(compilingCatalog(entities, settings));
}

/** The same with pauses. Entities that change meanwhile may be in it or not: it has to be compiled again for them. */
export function* compilingCatalog(
  entities: CatalogEntities,
  settings: CompileSettings = usualSettings,
): Generator<void, CompiledCatalog> {
  const problems: string[] = [];
  const { revision } = entities;
  const apis = yield* compiledApisOf(entities, settings);
  const applications = yield* compileApplications(entities);
  return {
    revision,
    apis: yield* compileApis(apis, problems),
    ...(yield* compileConsumers(entities, applications)),
    applications,
    keyManagers: compileKeyManagers(entities, problems),
    intermediates: intermediatesOf(apis),
    signingKeys: compileSigningKeys(entities, problems),
    healthChecked: healthCheckedOf(apis),
    limits: compileLimits(entities, problems),
    denials: compileDenials(entities, problems),
    problems,
  };
}

function healthCheckedOf(apis: readonly CompiledApi[]): CompiledEndpoint[] {
  const found: CompiledEndpoint[] = [];
  for (const { production, sandbox } of apis) {
    if (production?.protection?.health !== undefined) found.push(production);
    if (sandbox?.protection?.health !== undefined) found.push(sandbox);
  }
  return found;
}

/** Versions claim their contexts before default versions do, so that a default cannot hide another version. */
function* compileApis(compiled: readonly CompiledApi[], problems: string[]): Generator<void, ContextTrie> {
  const trie = new ContextTrie();
  yield* paced(compiled, (api) => {
    problems.push(...api.problems);
    if (!trie.add(api.context, api)) problems.push(`API ${api.id}: context ${api.context} is taken`);
  });
  yield* paced(compiled, (api) => {
    if (api.defaultContext === undefined || trie.add(api.defaultContext, api)) return;
    problems.push(`API ${api.id}: context ${api.defaultContext} is taken`);
  });
  return trie;
}

function* compileApplications(entities: CatalogEntities): Generator<void, ReadonlyMap<string, CompiledApplication>> {
  const applications = new Map<string, CompiledApplication>();
  yield* paced(entities.applications.values(), (application) => {
    applications.set(application.id, compiledApplication(application, entities.subscriptionsOf(application.id)));
  });
  return applications;
}

type Consumers = Pick<CompiledCatalog, 'consumers' | 'foreignConsumers'>;

function* compileConsumers(
  entities: CatalogEntities,
  applications: ReadonlyMap<string, CompiledApplication>,
): Generator<void, Consumers> {
  const consumers = new Map<string, CompiledConsumer>();
  const foreignConsumers = new Map<string, CompiledConsumer>();
  yield* paced(entities.consumerKeys.values(), ({ consumerKey, applicationId, keyType, keyManager }) => {
    const application = applications.get(applicationId);
    if (application === undefined) return;
    const consumer: CompiledConsumer = {
      keyType: keyType === ProtoKeyType.KEY_TYPE_SANDBOX ? 'SANDBOX' : 'PRODUCTION',
      application,
    };
    // The same key of two key managers is two keys: whose it is says the tenant of its application.
    if (keyManager === undefined || keyManager === residentKeyManager) consumers.set(consumerKey, consumer);
    else foreignConsumers.set(foreignConsumer(application.tenantDomain, keyManager, consumerKey), consumer);
  });
  return { consumers, foreignConsumers };
}

/** Only what calls itself an authority can vouch for others. */
function intermediatesOf(apis: readonly CompiledApi[]): readonly ClientCertificate[] {
  const byThumbprint = new Map<string, ClientCertificate>();
  for (const { security } of apis) {
    for (const uploaded of security.certificates.values()) {
      if (uploaded.certificate.ca) byThumbprint.set(uploaded.thumbprint, uploaded);
    }
  }
  return [...byThumbprint.values()];
}

const compiledApis = new WeakMap<Api, { readonly settings: CompileSettings; readonly api: CompiledApi }>();

function* compiledApisOf(
  entities: CatalogEntities,
  settings: CompileSettings,
): Generator<void, readonly CompiledApi[]> {
  const compiled: CompiledApi[] = [];
  yield* paced(entities.apis.values(), (source) => {
    const known = compiledApis.get(source);
    const api = known?.settings === settings ? known.api : compileApi(source, settings);
    if (api !== known?.api) compiledApis.set(source, { settings, api });
    compiled.push(api);
  });
  return compiled;
}

const compiledApplications = new WeakMap<
  Application,
  { readonly from: ReadonlyMap<string, Subscription>; readonly application: CompiledApplication }
>();

function compiledApplication(
  source: Application,
  subscriptions: ReadonlyMap<string, Subscription>,
): CompiledApplication {
  const known = compiledApplications.get(source);
  if (known?.from === subscriptions) return known.application;
  const byApi = new Map<string, CompiledSubscription>();
  for (const { id, apiId, throttlingTier, status } of subscriptions.values()) {
    byApi.set(apiId, { id, apiId, throttlingTier, status, meters: undefined });
  }
  const { id, name, owner, tenantDomain, throttlingTier, status, attributes } = source;
  const application = { id, name, owner, tenantDomain, throttlingTier, status, attributes, subscriptions: byApi };
  compiledApplications.set(source, { from: subscriptions, application });
  return application;
}
