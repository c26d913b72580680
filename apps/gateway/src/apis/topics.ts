import type { Resource } from '@keygate/proto/keymanager/v1/catalog';

/**
 * The topics of WebSocket and event-stream APIs as methods of requests: what is declared as SUBSCRIBE is the GET that
 * opens the connection. What a caller sends is PUBLISH, over WebSocket on the same connection. An API that declares
 * only one of them has one rule for both directions.
 */
export function asRequests(type: string | undefined, resources: readonly Resource[]): readonly Resource[] {
  if (type !== 'WS' && type !== 'SSE') return resources;
  const published = type === 'WS' ? 'PUBLISH' : 'POST';
  const verbs = new Set(resources.map(({ verb }) => verb));
  return resources.flatMap((resource) => {
    const { verb } = resource;
    if (verb !== 'SUBSCRIBE' && verb !== 'PUBLISH') return [resource];
    const isShared = type === 'WS' && !(verbs.has('SUBSCRIBE') && verbs.has('PUBLISH'));
    if (isShared)
      return [
        { ...resource, verb: 'GET' },
        { ...resource, verb: published },
      ];
    return [{ ...resource, verb: verb === 'SUBSCRIBE' ? 'GET' : published }];
  });
}
