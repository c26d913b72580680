/** Why a rule of the management side said no; the edge has one status and one code for each (`management/rest`). */
export type RefusalReason =
  | 'invalid'
  | 'forbidden'
  | 'not_found'
  | 'conflict'
  | 'application_exists'
  | 'application_not_found'
  | 'tier_invalid'
  | 'tier_denied'
  | 'policy_exists'
  | 'policy_not_found'
  | 'policy_in_use'
  | 'policy_is_default'
  | 'deny_rule_exists'
  | 'deny_rule_not_found'
  | 'deny_rule_invalid'
  | 'api_not_found'
  | 'api_access_restricted'
  | 'api_exists'
  | 'api_context_exists'
  | 'api_version_exists'
  | 'api_context_differs'
  | 'api_subscribed'
  | 'no_tiers'
  | 'lifecycle_action_invalid'
  | 'revision_not_found'
  | 'revision_deployed'
  | 'revision_limit'
  | 'revision_api_unknown'
  | 'environment_unknown'
  | 'key_mapping_exists'
  | 'key_mapping_not_found'
  | 'secret_not_found'
  | 'secret_limit'
  | 'certificate_expired'
  | 'key_manager_unknown'
  | 'key_manager_without_clients'
  | 'subscription_exists'
  | 'subscription_not_found'
  | 'scope_exists'
  | 'scope_not_found'
  | 'token_refused'
  | 'definition_invalid'
  | 'operation_policy_not_found'
  | 'filter_invalid';

/** A rule said no. `description` is for the caller; it names what they sent, never a secret. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  constructor(
    readonly reason: RefusalReason,
    readonly description: string,
  ) {
    super(description);
  }
}
