import type { RefusalReason } from '../../refusal.js';

export interface ErrorEntry {
  readonly status: number;
  /** WSO2 code where there is one, else the status. */
  readonly code: number;
  readonly message: string;
}

/** Everything the REST APIs refuse with. Code 900967 is not in it: clients take it for transient and repeat the call. */
export const errorTable: Readonly<Record<RefusalReason, ErrorEntry>> = {
  invalid: { status: 400, code: 400, message: 'Bad Request' },
  forbidden: { status: 403, code: 403, message: 'Forbidden' },
  not_found: { status: 404, code: 404, message: 'Not Found' },
  conflict: { status: 409, code: 409, message: 'Conflict' },
  application_exists: { status: 409, code: 900300, message: 'The application already exists' },
  application_not_found: { status: 404, code: 900307, message: 'Application not found' },
  tier_invalid: { status: 400, code: 900305, message: 'The tier name is invalid.' },
  tier_denied: { status: 403, code: 403, message: 'Tier is not allowed for the user' },
  policy_exists: { status: 409, code: 409, message: 'Throttling Policy already exists' },
  policy_not_found: { status: 404, code: 404, message: 'Throttling Policy not found' },
  policy_in_use: { status: 403, code: 403, message: 'Throttling Policy is in use' },
  policy_is_default: { status: 500, code: 500, message: 'Internal server error' },
  deny_rule_exists: { status: 409, code: 409, message: 'Deny Policy already exists' },
  deny_rule_not_found: { status: 404, code: 404, message: 'Deny Policy not found' },
  deny_rule_invalid: { status: 500, code: 500, message: 'Internal server error' },
  api_not_found: { status: 404, code: 900308, message: 'API not found' },
  api_access_restricted: { status: 403, code: 403, message: 'User is not authorized to access the API' },
  api_exists: { status: 409, code: 900250, message: 'The API already exists.' },
  api_context_exists: { status: 409, code: 900251, message: 'The API context already exists.' },
  api_version_exists: { status: 409, code: 900252, message: 'The API version already exists.' },
  api_context_differs: { status: 400, code: 900253, message: 'The API name is taken by another context.' },
  api_subscribed: { status: 409, code: 409, message: 'The API has subscriptions' },
  no_tiers: { status: 400, code: 903224, message: 'Failed to publish service to API store. No Tiers selected' },
  lifecycle_action_invalid: { status: 400, code: 400, message: 'Lifecycle action is not allowed' },
  revision_not_found: { status: 404, code: 900347, message: 'API Revision Not Found' },
  revision_deployed: { status: 400, code: 900348, message: 'Can not delete API Revision' },
  revision_limit: { status: 400, code: 900351, message: 'Maximum number of revisions per API has reached' },
  revision_api_unknown: { status: 500, code: 500, message: 'Internal server error' },
  environment_unknown: { status: 400, code: 900504, message: 'Gateway Environment not found' },
  key_mapping_exists: { status: 409, code: 409, message: 'Key Mappings already exists' },
  key_mapping_not_found: { status: 404, code: 404, message: 'Key Mapping not found' },
  secret_not_found: { status: 404, code: 404, message: 'Consumer Secret not found' },
  secret_limit: { status: 400, code: 400, message: 'Consumer Secret limit reached' },
  certificate_expired: { status: 400, code: 400, message: 'Certificate Expired' },
  key_manager_without_clients: {
    status: 400,
    code: 901405,
    message: "Key Manager doesn't support generating OAuth applications",
  },
  key_manager_unknown: { status: 400, code: 901403, message: 'Key Manager not found' },
  subscription_exists: { status: 409, code: 409, message: 'Subscription already exists' },
  subscription_not_found: { status: 404, code: 404, message: 'Subscription not found' },
  scope_exists: { status: 409, code: 409, message: 'Scope already exists' },
  scope_not_found: { status: 404, code: 404, message: 'Scope not found' },
  token_refused: { status: 400, code: 400, message: 'The token could not be generated' },
  definition_invalid: { status: 400, code: 900754, message: 'OpenAPI content validation failed' },
  operation_policy_not_found: { status: 404, code: 902010, message: 'Operation Policy not found' },
  filter_invalid: { status: 400, code: 400, message: 'The filter is not supported' },
};
