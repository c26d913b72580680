import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { SharedScope } from '../../apis/api.js';
import { requireScopeName, requireUnused } from '../../apis/api-scopes.js';
import type { ApiStore, SharedScopeStore } from '../../apis/api-store.js';
import { Refusal } from '../../refusal.js';
import { AlreadyExists } from '../../storage/errors.js';
import type { UserStore } from '../../users/user-store.js';
import { isUuid } from '../../uuid.js';
import { audited } from '../rest/audited.js';
import { type Caller, token } from '../rest/caller.js';
import { listAnswer, pageOf, pageQuery } from '../rest/page.js';
import { Answer, type Route, route } from '../rest/route.js';
import { scopeFacts } from './api-schema.js';

export interface ScopeRoutePorts {
  readonly sharedScopes: SharedScopeStore;
  readonly apis: Pick<ApiStore, 'listApis' | 'findDeployedScopes'>;
  readonly users: Pick<UserStore, 'listRoles'>;
}

const managing = token('shared_scope_manage');
const reading = token('api_view', 'api_create', 'api_publish', 'api_manage', 'shared_scope_manage');
const scopeBody = z.object(scopeFacts);
const scopeAnswer = z.object({
  id: z.string(),
  name: z.string(),
  displayName: z.string(),
  description: z.string(),
  bindings: z.array(z.string()),
});
const one = '/scopes/{scopeId}';

export function scopeRoutes(ports: ScopeRoutePorts): Route[] {
  const { sharedScopes } = ports;
  return [
    route({
      method: 'GET',
      path: '/scopes',
      summary: 'Scopes that several APIs share.',
      access: reading,
      query: z.object(pageQuery),
      answer: listAnswer(scopeAnswer),
      handle: async ({ tenantDomain }, { query }) =>
        pageOf((await sharedScopes.listScopes(tenantDomain)).map(view), query),
    }),
    route({
      method: 'POST',
      path: '/scopes',
      summary: 'Makes a shared scope.',
      access: managing,
      body: scopeBody,
      status: 201,
      answer: scopeAnswer,
      audit: audited('scope.created', 'answer.id', { name: 'answer.name', bindings: 'answer.bindings' }),
      handle: ({ tenantDomain }, { body }) => create(sharedScopes, tenantDomain, body),
    }),
    route({
      method: 'GET',
      path: one,
      summary: 'One shared scope.',
      access: reading,
      answer: scopeAnswer,
      handle: async (caller, { parameters }) => view(await find(sharedScopes, caller, parameters.scopeId)),
    }),
    route({
      method: 'PUT',
      path: one,
      summary: 'Changes a shared scope; its name stays.',
      access: managing,
      body: scopeBody,
      answer: scopeAnswer,
      audit: audited('scope.changed', 'path.scopeId', { name: 'answer.name', bindings: 'answer.bindings' }),
      async handle(caller, { parameters, body }) {
        const scope = await find(sharedScopes, caller, parameters.scopeId);
        const changed = { ...scope, ...facts(body), name: scope.name };
        await sharedScopes.updateScope(changed);
        return view(changed);
      },
    }),
    ...otherRoutes(ports),
  ];
}

function otherRoutes({ sharedScopes, apis, users }: ScopeRoutePorts): Route[] {
  return [
    route({
      method: 'DELETE',
      path: one,
      summary: 'Deletes a shared scope that no API uses.',
      access: managing,
      audit: audited('scope.deleted', 'path.scopeId'),
      async handle(caller, { parameters }) {
        const { id, name } = await find(sharedScopes, caller, parameters.scopeId);
        await requireUnused(apis, caller.tenantDomain, name);
        await sharedScopes.deleteScope(caller.tenantDomain, id);
      },
    }),
    route({
      method: 'HEAD',
      path: '/roles/{roleId}',
      summary: 'Whether there is a role; its name in base64url.',
      access: token('api_view', 'api_create', 'api_publish', 'api_manage', 'shared_scope_manage'),
      async handle({ tenantDomain }, { parameters }) {
        const name = Buffer.from(parameters.roleId, 'base64url').toString('utf8');
        const roles = await users.listRoles(tenantDomain);
        return new Answer(undefined, { status: roles.some((role) => role.name === name) ? 200 : 404 });
      },
    }),
  ];
}

async function create(sharedScopes: SharedScopeStore, tenantDomain: string, body: z.output<typeof scopeBody>) {
  requireScopeName(body.name);
  const scope: SharedScope = { id: randomUUID(), tenantDomain, name: body.name, ...facts(body) };
  try {
    await sharedScopes.createScope(scope);
  } catch (error) {
    if (!(error instanceof AlreadyExists)) throw error;
    throw new Refusal('scope_exists', `Scope ${body.name} exists already`);
  }
  return view(scope);
}

async function find(sharedScopes: SharedScopeStore, { tenantDomain }: Caller, id: string): Promise<SharedScope> {
  const scope = isUuid(id) ? await sharedScopes.findScope(tenantDomain, id) : undefined;
  if (!scope) throw new Refusal('scope_not_found', `Scope with id ${id} not found`);
  return scope;
}

function facts(body: z.output<typeof scopeBody>) {
  return {
    displayName: body.displayName ?? body.name,
    description: body.description ?? '',
    bindings: body.bindings,
  };
}

function view({ id, name, displayName, description, bindings }: SharedScope) {
  return { id, name, displayName, description, bindings };
}
