/** Role names as every tenant starts with them (`users/user.ts`). */
const admin = ['admin'];
const creators = ['admin', 'Internal/creator'];
const publishers = ['admin', 'Internal/publisher'];
const apiTeam = ['admin', 'Internal/creator', 'Internal/publisher'];
const consumers = ['admin', 'Internal/subscriber'];

const table: ReadonlyArray<readonly [roles: readonly string[], names: string]> = [
  [
    creators,
    'api_create api_delete client_certificates_add client_certificates_update client_certificates_manage ' +
      'ep_certificates_add ep_certificates_update ep_certificates_view ep_certificates_manage',
  ],
  [publishers, 'api_publish'],
  [apiTeam, 'subscription_block'],
  [
    apiTeam,
    'api_view api_generate_key tier_view subscription_view comment_view comment_write comment_manage ' +
      'common_operation_policy_view',
  ],
  [consumers, 'subscribe app_manage sub_manage api_key'],
  [
    admin,
    'api_manage api_import_export subscription_manage shared_scope_manage common_operation_policy_manage ' +
      'policies_import_export gateway_policy_manage admin tier_manage bl_view bl_manage api_provider_change ' +
      'app_owner_change llm_provider_manage llm_provider_read scope_manage environment_manage environment_read ' +
      'api_workflow_view api_workflow_approve',
  ],
];

/**
 * Scopes of the REST APIs → roles, any one of which may have them; a user token asks for them like for any other
 * scope (WSO2: RESTAPIScopes of the tenant configuration).
 */
export const restScopes: ReadonlyMap<string, readonly string[]> = new Map(
  table.flatMap(([roles, names]) => names.split(' ').map((name) => [`apim:${name}`, roles] as const)),
);
