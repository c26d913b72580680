import { Refusal } from '../refusal.js';
import type { Api, LifeCycleStatus } from './api.js';
import type { ApiStore } from './api-store.js';

interface Transition {
  readonly event: string;
  readonly target: LifeCycleStatus;
  /** Possible, but not offered in lists. */
  readonly unlisted?: boolean;
}

/** WSO2's state machine of an API. */
const transitions: Readonly<Record<LifeCycleStatus, readonly Transition[]>> = {
  CREATED: [
    { event: 'Publish', target: 'PUBLISHED' },
    { event: 'Deploy as a Prototype', target: 'PROTOTYPED' },
  ],
  PROTOTYPED: [
    { event: 'Publish', target: 'PUBLISHED' },
    { event: 'Demote to Created', target: 'CREATED' },
    { event: 'Deploy as a Prototype', target: 'PROTOTYPED' },
  ],
  PUBLISHED: [
    { event: 'Deploy as a Prototype', target: 'PROTOTYPED' },
    { event: 'Block', target: 'BLOCKED' },
    { event: 'Demote to Created', target: 'CREATED' },
    { event: 'Deprecate', target: 'DEPRECATED' },
    { event: 'Publish', target: 'PUBLISHED', unlisted: true },
  ],
  BLOCKED: [
    { event: 'Re-Publish', target: 'PUBLISHED' },
    { event: 'Deprecate', target: 'DEPRECATED' },
  ],
  DEPRECATED: [{ event: 'Retire', target: 'RETIRED' }],
  RETIRED: [],
};

export const deprecateOldVersions = 'Deprecate old versions after publishing the API';
export const requireResubscription = 'Requires re-subscription when publishing the API';

/** `Published`: the state as people read it. */
export function stateName(status: LifeCycleStatus): string {
  return status.charAt(0) + status.slice(1).toLowerCase();
}

/** What the API is now, and what it can become. */
export function lifecycleState(status: LifeCycleStatus) {
  const checks = transitions[status].some(({ target }) => target === 'PUBLISHED')
    ? [deprecateOldVersions, requireResubscription]
    : [];
  return {
    state: stateName(status),
    checkItems: checks.map((name) => ({ name, value: false, requiredStates: ['Published'] })),
    availableTransitions: transitions[status]
      .filter(({ unlisted }) => !unlisted)
      .map(({ event, target }) => ({ event, targetState: stateName(target) })),
  };
}

/** `name:true,name:false` → the names that are true. Item names hold no comma. */
export function checkedItems(lifecycleChecklist: string | undefined): ReadonlySet<string> {
  const items = (lifecycleChecklist ?? '').split(',').map((item) => item.trim());
  return new Set(items.filter((item) => item.endsWith(':true')).map((item) => item.slice(0, -':true'.length)));
}

/** Moves the API by `action` and answers the state it is in then. */
export async function changeLifecycle(
  apis: ApiStore,
  api: Api,
  action: string,
  checked: ReadonlySet<string>,
  user: string,
): Promise<LifeCycleStatus> {
  const transition = transitions[api.lifeCycleStatus].find(({ event }) => event === action);
  if (!transition) {
    const state = stateName(api.lifeCycleStatus);
    throw new Refusal('lifecycle_action_invalid', `Action '${action}' is not allowed. Current state is ${state}`);
  }
  if (transition.target === 'PUBLISHED' && api.body.policies.length === 0) {
    throw new Refusal(
      'no_tiers',
      `Failed to publish service to API store. No Tiers selected for API with UUID ${api.id}`,
    );
  }
  if (!(await apis.changeLifecycle(api.id, api.lifeCycleStatus, transition.target, user))) {
    throw new Refusal('conflict', 'The state of the API was changed by somebody else meanwhile');
  }
  if (transition.target === 'PUBLISHED' && checked.has(deprecateOldVersions)) await deprecateOlder(apis, api, user);
  return transition.target;
}

async function deprecateOlder(apis: ApiStore, api: Api, user: string): Promise<void> {
  const versions = await apis.findNamesakes(api.tenantDomain, { name: api.name, context: api.context });
  const older = versions.filter((other) => other.id !== api.id && other.createdAt <= api.createdAt);
  for (const { id, lifeCycleStatus } of older) {
    if (lifeCycleStatus === 'PUBLISHED') await apis.changeLifecycle(id, 'PUBLISHED', 'DEPRECATED', user);
  }
}
