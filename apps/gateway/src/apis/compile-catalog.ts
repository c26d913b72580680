import type { Api, Application, Subscription } from '@keygate/proto/keymanager/v1/catalog';
import { KeyType as ProtoKeyType } from '@keygate/proto/keymanager/v1/key_validation';
import type { CatalogEntities } from './catalog-entities.js';
import { compileApi } from './compile-api.js';
import type {
  CompiledApi,
  CompiledApplication,
  CompiledCatalog,
  CompiledConsumer,
  CompiledSubscription,
} from './compiled-catalog.js';
import { ContextTrie } from './context-trie.js';
import { compileSigningKeys } from './verification-key.js';

/**
 * Builds the snapshot requests are decided on. Whatever has not changed since it was last compiled is taken over as
 * it is; what is left to do for one change is filling the two look-up tables. Never throws: what makes no sense is
 * left out and named in `problems`.
 */
export function compileCatalog(entities: CatalogEntities): CompiledCatalog {
  const problems: string[] = [];
  return {
    revision: entities.revision,
    apis: compileApis(entities, problems),
    consumers: compileConsumers(entities),
    signingKeys: compileSigningKeys(entities, problems),
    problems,
  };
}

/** Versions claim their contexts before default versions do, so that a default cannot hide another version. */
function compileApis(entities: CatalogEntities, problems: string[]): ContextTrie {
  const trie = new ContextTrie();
  const compiled = [...entities.apis.values()].map(compiledOnce);
  for (const api of compiled) {
    problems.push(...api.problems);
    if (!trie.add(api.context, api)) problems.push(`API ${api.id}: context ${api.context} is taken`);
  }
  for (const api of compiled) {
    if (api.defaultContext === undefined) continue;
    if (!trie.add(api.defaultContext, api)) problems.push(`API ${api.id}: context ${api.defaultContext} is taken`);
  }
  return trie;
}

function compileConsumers(entities: CatalogEntities): ReadonlyMap<string, CompiledConsumer> {
  const consumers = new Map<string, CompiledConsumer>();
  for (const { consumerKey, applicationId, keyType } of entities.consumerKeys.values()) {
    const application = entities.applications.get(applicationId);
    if (application === undefined) continue;
    consumers.set(consumerKey, {
      keyType: keyType === ProtoKeyType.KEY_TYPE_SANDBOX ? 'SANDBOX' : 'PRODUCTION',
      application: compiledApplication(application, entities.subscriptionsOf(applicationId)),
    });
  }
  return consumers;
}

const compiledApis = new WeakMap<Api, CompiledApi>();

function compiledOnce(api: Api): CompiledApi {
  let compiled = compiledApis.get(api);
  if (compiled === undefined) {
    compiled = compileApi(api);
    compiledApis.set(api, compiled);
  }
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
    byApi.set(apiId, { id, apiId, throttlingTier, status });
  }
  const { id, name, owner, throttlingTier, status } = source;
  const application = { id, name, owner, throttlingTier, status, subscriptions: byApi };
  compiledApplications.set(source, { from: subscriptions, application });
  return application;
}
