import type { QueryRunner } from 'typeorm';
import type { WrittenMigration } from './written-migration.js';

const tenantsAndUsers = `
create table tenants (
  domain      text collate "C" primary key,
  active      boolean not null,
  created_at  bigint not null
);

create table roles (
  id             text collate "C" primary key,
  tenant_domain  text collate "C" not null,
  name           text collate "C" not null,
  unique (tenant_domain, name)
);

-- username_key is the name as it is compared: without case unless the setting says otherwise.
create table users (
  id             text collate "C" primary key,
  tenant_domain  text collate "C" not null,
  domain         text collate "C" not null,
  username       text collate "C" not null,
  username_key   text collate "C" not null,
  password_hash  text not null,
  locked         boolean not null,
  claims         jsonb not null,
  created_at     bigint not null,
  updated_at     bigint not null,
  unique (tenant_domain, domain, username_key)
);
create index users_in_order on users (tenant_domain, username_key, domain);

create table user_roles (
  user_id        text collate "C" not null references users (id),
  role_id        text collate "C" not null references roles (id),
  tenant_domain  text collate "C" not null,
  primary key (user_id, role_id)
);
create index user_roles_by_role on user_roles (role_id);
`;

const applications = `
create table applications (
  id                 text collate "C" primary key,
  tenant_domain      text collate "C" not null,
  owner              text collate "C" not null,
  name               text collate "C" not null,
  name_key           text collate "C" not null,
  throttling_policy  text not null,
  description        text not null,
  token_type         text not null,
  groups             jsonb not null,
  attributes         jsonb not null,
  visibility         text not null,
  status             text not null,
  created_at         bigint not null,
  updated_at         bigint not null,
  unique (owner, name)
);
create index applications_in_order on applications (tenant_domain, name_key, id);

-- token_epoch moves on when all tokens of the client are revoked at once; it starts at random, so that a client id
-- that is registered again does not wake the tokens of the one before.
create table oauth_clients (
  client_id              text collate "C" primary key,
  tenant_domain          text collate "C" not null,
  owner                  text collate "C" not null,
  name                   text collate "C" not null,
  application_id         text collate "C" references applications (id),
  key_mapping_id         text collate "C" not null unique,
  key_type               text not null,
  mode                   text not null,
  grant_types            jsonb not null,
  callback_url           text not null,
  confidential           boolean not null,
  active                 boolean not null,
  all_tenants            boolean not null,
  lifetimes              jsonb not null,
  additional_properties  jsonb not null,
  token_epoch            bigint not null,
  created_at             bigint not null
);
create unique index oauth_clients_by_application on oauth_clients (application_id, key_type)
  where application_id is not null;
create unique index oauth_clients_by_name on oauth_clients (owner, name) where application_id is null;

create table client_secrets (
  id             text collate "C" primary key,
  client_id      text collate "C" not null references oauth_clients (client_id),
  tenant_domain  text collate "C" not null,
  hash           bytea not null check (length(hash) = 32),
  derived        boolean not null,
  created_at     bigint not null
);
create index client_secrets_by_client on client_secrets (client_id);
`;

const apis = `
-- context and version are unique in all tenants: gateways route by them before they know the tenant.
create table apis (
  id                  text collate "C" primary key,
  tenant_domain       text collate "C" not null,
  provider            text collate "C" not null,
  name                text collate "C" not null,
  name_key            text collate "C" not null,
  version             text collate "C" not null,
  context             text collate "C" not null,
  life_cycle_status   text not null,
  is_default_version  boolean not null,
  body                jsonb not null,
  last_revision       integer not null,
  created_at          bigint not null,
  updated_at          bigint not null,
  unique (tenant_domain, name_key, version),
  unique (context, version)
);

-- The scopes an API declares for itself, kept in step with its body.
create table api_scopes (
  api_id         text collate "C" not null references apis (id),
  name           text collate "C" not null,
  tenant_domain  text collate "C" not null,
  api_name_key   text collate "C" not null,
  bindings       jsonb not null,
  registered_at  bigint not null,
  changed_at     bigint not null,
  primary key (api_id, name)
);
create index api_scopes_by_name on api_scopes (tenant_domain, name);

create table api_lifecycle_events (
  id              bigint generated always as identity primary key,
  api_id          text collate "C" not null references apis (id),
  tenant_domain   text collate "C" not null,
  previous_state  text,
  post_state      text not null,
  user_name       text not null,
  at              bigint not null
);
create index api_lifecycle_events_by_api on api_lifecycle_events (api_id, id);

create table api_revisions (
  id             text collate "C" primary key,
  api_id         text collate "C" not null references apis (id),
  tenant_domain  text collate "C" not null,
  number         integer not null,
  description    text not null,
  body           jsonb not null,
  created_at     bigint not null,
  unique (api_id, number)
);

create table api_deployments (
  api_id                text collate "C" not null references apis (id),
  environment           text collate "C" not null,
  tenant_domain         text collate "C" not null,
  vhost                 text not null,
  revision_id           text collate "C" not null references api_revisions (id),
  display_on_devportal  boolean not null,
  deployed_at           bigint not null,
  primary key (api_id, environment)
);
create index api_deployments_by_environment on api_deployments (environment);
create index api_deployments_by_revision on api_deployments (revision_id);

create table shared_scopes (
  id             text collate "C" primary key,
  tenant_domain  text collate "C" not null,
  name           text collate "C" not null,
  display_name   text not null,
  description    text not null,
  bindings       jsonb not null,
  unique (tenant_domain, name)
);
`;

const subscriptionsAndPolicies = `
create table subscriptions (
  id                           text collate "C" primary key,
  tenant_domain                text collate "C" not null,
  application_id               text collate "C" not null references applications (id),
  api_id                       text collate "C" not null references apis (id),
  throttling_policy            text not null,
  requested_throttling_policy  text not null,
  status                       text not null,
  created_at                   bigint not null,
  unique (application_id, api_id)
);
create index subscriptions_by_api on subscriptions (api_id, created_at, id);

create table throttling_policies (
  id                   text collate "C" primary key,
  tenant_domain        text collate "C" not null,
  level                text collate "C" not null,
  name                 text collate "C" not null,
  display_name         text not null,
  description          text not null,
  quota                jsonb,
  stop_on_quota_reach  boolean not null,
  billing_plan         text not null,
  unique (tenant_domain, level, name)
);
`;

const tokens = `
-- Moves on when all tokens of a subject are revoked at once. A row stays, also when the user is deleted: a user made
-- again with that name must not wake old tokens.
create table subject_epochs (
  subject      text collate "C" primary key,
  token_epoch  bigint not null
);

-- One authorization by one client: the family of its tokens, which belong to the tenant of this row. It lives while
-- both epochs are still those it was made under. sweep_after is when its last token has expired; null means never.
create table grants (
  id             text collate "C" primary key,
  tenant_domain  text collate "C" not null,
  client_id      text collate "C" not null,
  subject        text collate "C",
  kind           text not null,
  client_epoch   bigint not null,
  subject_epoch  bigint not null,
  created_at     bigint not null,
  expires_at     bigint,
  revoked_at     bigint,
  sweep_after    bigint
);
create index grants_to_sweep on grants (sweep_after) where sweep_after is not null;
create index grants_without_end on grants (client_id) where sweep_after is null;

-- Scopes are one text with blanks between, as in RFC 6749. No foreign keys: the statements that write these tables
-- hold the row of the grant, and a check per insert would cost as much as the insert.
create table access_tokens (
  hash          bytea primary key check (length(hash) = 32),
  grant_id      text collate "C" not null,
  refresh_hash  bytea,
  scope         text not null,
  issued_at     bigint not null,
  expires_at    bigint,
  revoked       boolean not null
);
create index access_tokens_by_grant on access_tokens (grant_id);
create index access_tokens_to_sweep on access_tokens (expires_at) where expires_at is not null;

create table refresh_tokens (
  hash                  bytea primary key check (length(hash) = 32),
  grant_id              text collate "C" not null,
  parent_hash           bytea,
  generation            integer not null,
  scope                 text not null,
  issued_at             bigint not null,
  expires_at            bigint,
  state                 text not null check (state in ('ACTIVE', 'ROTATED', 'REVOKED')),
  rotated_at            bigint,
  salt                  bytea,
  replays               integer not null,
  successor_used        boolean not null,
  successor_scope       text,
  successor_expires_at  bigint
);
create index refresh_tokens_by_grant on refresh_tokens (grant_id);
`;

const feeds = `
-- The last number of each feed. Its row is locked until the commit, so numbers have no gaps and follow the commits.
create table counters (
  name   text collate "C" primary key,
  value  bigint not null
);
insert into counters (name, value) values ('catalog', 0), ('revocations', 0);

create table catalog_events (
  revision    bigint primary key,
  entity      text not null,
  entity_id   text not null,
  created_at  bigint not null
);

create table revocations (
  seq         bigint primary key,
  kind        text not null,
  token_hash  bytea,
  target_id   text,
  revoked_at  bigint not null,
  expires_at  bigint,
  created_at  bigint not null
);
`;

const operations = `
create table signing_keys (
  kid                    text collate "C" primary key,
  tenant_domain          text collate "C" not null,
  alg                    text not null,
  state                  text not null check (state in ('pending', 'active', 'retiring', 'removed')),
  public_jwk             jsonb not null,
  encrypted_private_key  bytea not null,
  created_at             bigint not null,
  activated_at           bigint,
  retired_at             bigint
);
create unique index signing_keys_one_active on signing_keys (tenant_domain, alg) where state = 'active';

create table usage_counts (
  minute          bigint not null,
  api_id          text collate "C" not null,
  application_id  text collate "C" not null,
  status_class    integer not null,
  requests        bigint not null,
  primary key (minute, api_id, application_id, status_class)
);

create table audit_events (
  id              bigint generated always as identity primary key,
  tenant_domain   text collate "C" not null,
  at              bigint not null,
  actor           text not null,
  action          text not null,
  target          text not null,
  client_address  text,
  detail          jsonb
);
create index audit_events_by_time on audit_events (tenant_domain, at);

-- What the database was set up with.
create table settings (
  name   text collate "C" primary key,
  value  text not null
);
`;

/**
 * The first schema. Times are bigint milliseconds, so that no time zone or rounding comes between the core and its
 * rows. Text is compared by code point (collation "C"), so that every server sorts and pages alike.
 */
export class InitialSchema1763800000000 implements WrittenMigration {
  readonly name = 'InitialSchema1763800000000';
  readonly statements = [tenantsAndUsers, applications, apis, subscriptionsAndPolicies, tokens, feeds, operations];

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of this.statements) await runner.query(statement);
  }

  async down(): Promise<void> {
    throw new Error('The first migration is not undone: restore a backup instead');
  }
}
