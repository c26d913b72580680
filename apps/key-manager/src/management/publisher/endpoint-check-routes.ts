import { z } from 'zod';
import type { EndpointCheck } from '../../apis/endpoint-check.js';
import { token } from '../rest/caller.js';
import { type Route, route } from '../rest/route.js';

const answer = z.object({
  statusCode: z.int().describe('0 when there was no answer.'),
  statusMessage: z.string(),
  error: z.string().nullable(),
});

function isProbeable(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password } = new URL(text);
  return ['http:', 'https:'].includes(protocol) && username === '' && password === '';
}

export function endpointCheckRoutes({ checkEndpoint }: { readonly checkEndpoint: EndpointCheck }): Route[] {
  return [
    route({
      method: 'POST',
      path: '/apis/validate-endpoint',
      summary: 'Whether somebody answers at an endpoint.',
      access: token('api_create', 'api_publish', 'api_manage'),
      query: z.object({
        endpointUrl: z.string().max(2_048).refine(isProbeable, 'is not an http or https URL without credentials'),
        apiId: z.string().max(64).optional(),
      }),
      answer,
      handle: ({ tenantDomain }, { query }) => checkEndpoint(tenantDomain, query.endpointUrl),
    }),
  ];
}
