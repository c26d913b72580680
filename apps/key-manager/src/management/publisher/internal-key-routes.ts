import { z } from 'zod';
import { accessibleApi } from '../../apis/api-rules.js';
import type { ApiStore } from '../../apis/api-store.js';
import { createInternalKey, type InternalKeyPorts } from '../../apis/internal-key.js';
import { audited } from '../rest/audited.js';
import { token } from '../rest/caller.js';
import { type Route, route } from '../rest/route.js';

export interface InternalKeyRoutePorts {
  readonly apis: ApiStore;
  readonly internalKeys: InternalKeyPorts;
}

export function internalKeyRoutes({ apis, internalKeys }: InternalKeyRoutePorts): Route[] {
  return [
    route({
      method: 'POST',
      path: '/apis/{apiId}/generate-key',
      summary: 'A short-lived key for the header Internal-Key, good for this API alone and in any state of it.',
      access: token('api_generate_key', 'api_manage'),
      answer: z.object({ apikey: z.string(), validityTime: z.int().describe('Seconds.') }),
      audit: audited('internal_key.generated', 'path.apiId', { validityTime: 'answer.validityTime' }),
      async handle(caller, { parameters }) {
        const api = await accessibleApi(apis, caller, parameters.apiId);
        return createInternalKey(internalKeys, api, caller.subject);
      },
    }),
  ];
}
