import type { QueryRunner } from 'typeorm';
import type { WrittenMigration } from './written-migration.js';

const policies = [
  `alter table throttling_policies add column body jsonb`,
  `update throttling_policies set body = jsonb_build_object(
     'defaultLimit', jsonb_build_object(
       'type', 'REQUESTCOUNTLIMIT',
       'requestCount', coalesce(quota, '{"timeUnit": "min", "unitTime": 1, "requestCount": 2147483647}')
     )
   ) || case level
     when 'advanced' then '{"conditionalGroups": []}'
     when 'subscription' then jsonb_build_object(
       'rateLimitCount', 0, 'rateLimitTimeUnit', null, 'stopOnQuotaReach', stop_on_quota_reach,
       'billingPlan', billing_plan, 'graphQLMaxComplexity', 0, 'graphQLMaxDepth', 0, 'subscriberCount', 0,
       'customAttributes', '[]'::jsonb, 'monetization', null, 'permissions', null
     )
     else '{}'
   end`,
  `update throttling_policies set body = body || jsonb_build_object('defaultLimit', jsonb_build_object(
     'type', 'AIAPIQUOTALIMIT', 'aiApiQuota', body -> 'defaultLimit' -> 'requestCount'
   )) where level = 'subscription' and name in ('AIBronze', 'AISilver', 'AIGold')`,
  `alter table throttling_policies
     alter column body set not null,
     drop column quota, drop column stop_on_quota_reach, drop column billing_plan`,
];

/** Tenants that are there already get the tiers of APIs that stream; the ids are those that new tenants get. */
const streamingTiers = `
with tier (name, description, time_unit, events, subscribers) as (values
  ('AsyncBronze', 'Allows 5000 events per day', 'days', 5000, 0),
  ('AsyncSilver', 'Allows 25000 events per day', 'days', 25000, 0),
  ('AsyncGold', 'Allows 50000 events per day', 'days', 50000, 0),
  ('AsyncUnlimited', 'Allows unlimited events', 'days', 2147483647, 0),
  ('AsyncDefaultSubscriptionless', 'Allows 10000 events per day when subscription validation is disabled',
   'days', 10000, 0),
  ('AsyncWHBronze', 'Allows 1000 events per month and 500 active subscriptions', 'months', 1000, 100),
  ('AsyncWHSilver', 'Allows 5000 events per month and 500 active subscriptions', 'months', 5000, 500),
  ('AsyncWHGold', 'Allows 10000 events per month and 1000 active subscriptions', 'months', 10000, 1000),
  ('AsyncWHUnlimited', 'Allows unlimited events and unlimited active subscriptions', 'months', 2147483647, 0)
), named as (
  select tier.*, domain,
    encode(sha256(convert_to(domain || E'\\nsubscription\\n' || name, 'UTF8')), 'hex') as digits
  from tenants cross join tier
)
insert into throttling_policies (id, tenant_domain, level, name, display_name, description, body)
select
  substr(digits, 1, 8) || '-' || substr(digits, 9, 4) || '-8' || substr(digits, 14, 3) || '-8' || substr(digits, 18, 3)
    || '-' || substr(digits, 21, 12),
  domain, 'subscription', name, name, description,
  jsonb_build_object(
    'defaultLimit', jsonb_build_object(
      'type', 'EVENTCOUNTLIMIT',
      'eventCount', jsonb_build_object('timeUnit', time_unit, 'unitTime', 1, 'eventCount', events)
    ),
    'rateLimitCount', 0, 'rateLimitTimeUnit', null, 'stopOnQuotaReach', true, 'billingPlan', 'FREE',
    'graphQLMaxComplexity', 0, 'graphQLMaxDepth', 0, 'subscriberCount', subscribers,
    'customAttributes', '[]'::jsonb, 'monetization', null, 'permissions', null
  )
from named
on conflict do nothing`;

const denyRules = `
-- condition_key is what two rules for the same have in common.
create table deny_rules (
  id               text collate "C" primary key,
  tenant_domain    text collate "C" not null,
  condition_type   text not null check (condition_type in ('API', 'APPLICATION', 'IP', 'IPRANGE', 'USER')),
  condition_key    text collate "C" not null,
  condition_value  jsonb not null,
  enabled          boolean not null,
  created_at       bigint not null,
  unique (tenant_domain, condition_key)
)`;

const tenantConfigs = `
-- As text: administrators get back what they wrote, to the letter.
create table tenant_configs (
  tenant_domain  text collate "C" primary key,
  document       text not null
)`;

/** Every kind of throttling policy in one table, rules that deny, and what tenants configure. */
export class ThrottlingPolicies1764000030000 implements WrittenMigration {
  readonly name = 'ThrottlingPolicies1764000030000';
  readonly statements = [...policies, streamingTiers, denyRules, tenantConfigs];

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of this.statements) await runner.query(statement);
  }

  async down(): Promise<void> {
    throw new Error('A migration is not undone: restore a backup instead');
  }
}
