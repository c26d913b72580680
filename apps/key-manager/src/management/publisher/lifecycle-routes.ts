import { z } from 'zod';
import { accessibleApi } from '../../apis/api-rules.js';
import type { ApiStore } from '../../apis/api-store.js';
import { changeLifecycle, checkedItems, lifecycleState, stateName } from '../../apis/lifecycle.js';
import { displayUserName } from '../../users/user-name.js';
import { audited } from '../rest/audited.js';
import { token } from '../rest/caller.js';
import { type Route, route } from '../rest/route.js';

const state = z.object({
  state: z.string(),
  checkItems: z.array(z.object({ name: z.string(), value: z.boolean(), requiredStates: z.array(z.string()) })),
  availableTransitions: z.array(z.object({ event: z.string(), targetState: z.string() })),
});

const reading = token('api_view', 'api_create', 'api_publish', 'api_manage');

export function lifecycleRoutes({ apis }: { readonly apis: ApiStore }): Route[] {
  return [
    route({
      method: 'POST',
      path: '/apis/change-lifecycle',
      summary: 'Moves an API to another state.',
      access: token('api_publish', 'api_manage'),
      query: z.object({
        apiId: z.string().max(64),
        action: z.string().max(100),
        lifecycleChecklist: z.string().max(1_024).optional().describe('name:true,name:false'),
      }),
      answer: z.object({ workflowStatus: z.string(), lifecycleState: state }),
      audit: audited('api.lifecycle_changed', 'query.apiId', { action: 'query.action' }),
      async handle(caller, { query: { apiId, action, lifecycleChecklist } }) {
        const api = await accessibleApi(apis, caller, apiId);
        const now = await changeLifecycle(apis, api, action, checkedItems(lifecycleChecklist), caller.subject);
        return { workflowStatus: 'APPROVED', lifecycleState: lifecycleState(now) };
      },
    }),
    route({
      method: 'GET',
      path: '/apis/{apiId}/lifecycle-state',
      summary: 'The state of an API and what it can become.',
      access: reading,
      answer: state,
      handle: async (caller, { parameters }) =>
        lifecycleState((await accessibleApi(apis, caller, parameters.apiId)).lifeCycleStatus),
    }),
    route({
      method: 'GET',
      path: '/apis/{apiId}/lifecycle-history',
      summary: 'Every state the API was in.',
      access: reading,
      answer: z.object({
        count: z.int(),
        list: z.array(
          z.object({
            previousState: z.string().nullable(),
            postState: z.string(),
            user: z.string(),
            updatedTime: z.string(),
          }),
        ),
      }),
      async handle(caller, { parameters }) {
        const { id } = await accessibleApi(apis, caller, parameters.apiId);
        const list = (await apis.lifecycleHistory(id)).map(({ previousState, postState, user, at }) => ({
          previousState: previousState && stateName(previousState),
          postState: stateName(postState),
          user: displayUserName(user),
          updatedTime: new Date(at).toISOString(),
        }));
        return { count: list.length, list };
      },
    }),
  ];
}
