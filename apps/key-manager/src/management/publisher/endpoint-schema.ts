import { z } from 'zod';

const proxied = ['http', 'https', 'load_balance', 'failover'];

const endpoint = z.looseObject({ url: z.string().max(2_048).nullish() });
const endpoints = z.union([endpoint, z.array(endpoint).max(50)]).nullish();

/** Where calls go. Unknown members round-trip. */
export const endpointConfig = z
  .looseObject({
    endpoint_type: z.string().max(64).nullish(),
    production_endpoints: endpoints,
    sandbox_endpoints: endpoints,
    endpoint_security: z.looseObject({}).nullish(),
  })
  .superRefine((config, context) => {
    if (!proxied.includes(config.endpoint_type ?? 'http')) return;
    for (const member of ['production_endpoints', 'sandbox_endpoints'] as const) {
      for (const { url } of [config[member] ?? []].flat()) {
        if (url && !isEndpointUrl(url)) {
          context.addIssue({ code: 'custom', path: [member, 'url'], message: 'is not an endpoint URL' });
        }
      }
    }
  });

/** An absolute URL without credentials, in which `{uri.var.name}` may stand for any part (WSO2). */
function isEndpointUrl(url: string): boolean {
  const filled = url.replaceAll(/\{\+?uri\.var\.[\w.-]+\}/g, '0');
  if (!URL.canParse(filled)) return false;
  const { protocol, username, password } = new URL(filled);
  return ['http:', 'https:', 'ws:', 'wss:'].includes(protocol) && username === '' && password === '';
}
