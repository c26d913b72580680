import { z } from 'zod';
import type { Application } from '../../applications/application.js';
import {
  type ApplicationPorts,
  createApplication,
  ensureDefaultApplication,
  ownApplication,
  updateApplication,
} from '../../applications/applications.js';
import type { ForeignKeyPorts } from '../../applications/foreign-keys.js';
import type { KeyPorts } from '../../applications/keys.js';
import { knownUser } from '../../policies/full-names.js';
import type { PolicyStore } from '../../policies/policy-store.js';
import type { SubscriptionStore } from '../../subscriptions/subscription-store.js';
import type { UserStore } from '../../users/user-store.js';
import { prefixes } from '../prefixes.js';
import { audited } from '../rest/audited.js';
import { token } from '../rest/caller.js';
import { inTurn, listAnswer, listOf, pageQuery } from '../rest/page.js';
import { Answer, type Route, route } from '../rest/route.js';
import {
  application,
  applicationBody,
  applicationEntry,
  toApplication,
  toApplicationEntry,
  toFacts,
} from './application-schema.js';
import { allKeys } from './own-key.js';

export interface ApplicationRoutePorts extends ApplicationPorts, KeyPorts, Pick<ForeignKeyPorts, 'foreignKeys'> {
  readonly subscriptions: SubscriptionStore;
  readonly policies: PolicyStore;
  readonly users: Pick<UserStore, 'findUser'>;
}

const access = token('subscribe', 'app_manage');

export function applicationRoutes(ports: ApplicationRoutePorts): Route[] {
  const { applications, subscriptions } = ports;
  const whole = async (found: Application) =>
    toApplication(found, await subscriptions.countSubscriptions(found.id), await allKeys(ports, found));
  return [
    route({
      method: 'GET',
      path: '/applications',
      summary: 'Own applications; the first call makes DefaultApplication.',
      access,
      query: z.object({ query: z.string().max(255).optional().describe('Part of the name.'), ...pageQuery }),
      answer: listAnswer(applicationEntry),
      async handle(caller, { query: { query, ...page } }) {
        await ensureDefaultApplication(ports, caller);
        const found = await applications.listApplications({
          tenantDomain: caller.tenantDomain,
          owner: caller.subject,
          ...(query ? { query } : {}),
          ...page,
        });
        const entries = await inTurn(found.applications, async (each) =>
          toApplicationEntry(each, await subscriptions.countSubscriptions(each.id)),
        );
        return listOf(entries, found.total, page);
      },
    }),
    route({
      method: 'POST',
      path: '/applications',
      summary: 'Makes an application.',
      access,
      body: applicationBody,
      status: 201,
      answer: application,
      audit: audited('application.created', 'answer.applicationId', { name: 'body.name' }),
      async handle(caller, { body }) {
        const made = await createApplication(ports, caller, toFacts(body));
        return new Answer(await whole(made), {
          headers: { Location: `${prefixes.devportal}/applications/${made.id}` },
        });
      },
    }),
    ...oneRoutes(ports, whole),
    resetRoute(ports),
  ];
}

/** WSO2: a user's calls at the application's tier are counted anew, at once. */
function resetRoute({ applications, policies, users }: ApplicationRoutePorts): Route {
  return route({
    method: 'POST',
    path: '/applications/{applicationId}/reset-throttle-policy',
    summary: "Counts a user's calls by the application anew.",
    access,
    body: z.object({ userName: z.string().trim().min(1).max(255) }),
    audit: audited('application.throttle_reset', 'path.applicationId', { user: 'body.userName' }),
    async handle(caller, { parameters, body }) {
      const { id } = await ownApplication(applications, caller, parameters.applicationId);
      await policies.resetCounters(id, await knownUser(users, body.userName, caller.tenantDomain));
    },
  });
}

type Whole = (found: Application) => Promise<unknown>;

function oneRoutes(ports: ApplicationRoutePorts, whole: Whole): Route[] {
  const { applications } = ports;
  return [
    route({
      method: 'GET',
      path: '/applications/{applicationId}',
      summary: 'One application with its keys.',
      access,
      answer: application,
      handle: async (caller, { parameters }) =>
        whole(await ownApplication(applications, caller, parameters.applicationId)),
    }),
    route({
      method: 'PUT',
      path: '/applications/{applicationId}',
      summary: 'Changes an application.',
      access,
      body: applicationBody,
      answer: application,
      audit: audited('application.changed', 'path.applicationId', { name: 'body.name' }),
      handle: async (caller, { parameters, body }) =>
        whole(await updateApplication(ports, caller, parameters.applicationId, toFacts(body))),
    }),
    route({
      method: 'DELETE',
      path: '/applications/{applicationId}',
      summary: 'Deletes an application with its keys, tokens and subscriptions.',
      access,
      audit: audited('application.deleted', 'path.applicationId'),
      async handle(caller, { parameters }) {
        const { id } = await ownApplication(applications, caller, parameters.applicationId);
        await applications.deleteApplication(id);
      },
    }),
  ];
}
