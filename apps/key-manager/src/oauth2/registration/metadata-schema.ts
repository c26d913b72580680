import { z } from 'zod';

const text = (most: number) =>
  z
    .string()
    .min(1)
    .max(most)
    // Control characters forge lines of logs and pages; PostgreSQL keeps no U+0000 and no half of a surrogate pair.
    .regex(/^[^\p{Cc}\p{Cs}]*$/u);
/** Shown as links on the consent page: `javascript:` would run there. */
const webPage = text(2_048).refine((url) => /^https?:\/\//i.test(url) && URL.canParse(url), 'is no http(s) URL');
const keyAddress = text(2_048).refine((url) => /^https:\/\//i.test(url) && URL.canParse(url), 'is no https URL');
const redirects = z.array(text(2_048)).max(20);
const names = (most: number) => z.array(text(255)).max(most);
const jwks = z.object({ keys: z.array(z.record(z.string(), z.unknown())).min(1).max(16) });

/** RFC 7592 §2.2: null says that a member is to be left out. */
const optional = <T extends z.ZodType>(schema: T) =>
  z.preprocess((value) => (value === null ? undefined : value), schema.optional());

/** RFC 7591 §2 and those of RFC 8705, RFC 9126, RFC 9449 and OpenID Connect that mean something here; others are ignored. */
export const metadataSchema = z.object({
  redirect_uris: optional(redirects),
  post_logout_redirect_uris: optional(redirects),
  application_type: optional(z.enum(['web', 'native'])),
  token_endpoint_auth_method: optional(
    z.enum([
      'client_secret_basic',
      'client_secret_post',
      'private_key_jwt',
      'tls_client_auth',
      'self_signed_tls_client_auth',
      'none',
    ]),
  ),
  grant_types: optional(names(20)),
  response_types: optional(names(8)),
  client_name: optional(text(255)),
  client_uri: optional(webPage),
  logo_uri: optional(webPage),
  policy_uri: optional(webPage),
  tos_uri: optional(webPage),
  contacts: optional(names(10)),
  scope: optional(
    z
      .string()
      .max(4_096)
      .regex(/^[\x21\x23-\x5b\x5d-\x7e]*( [\x21\x23-\x5b\x5d-\x7e]+)*$/),
  ),
  jwks: optional(jwks),
  jwks_uri: optional(keyAddress),
  software_id: optional(text(255)),
  software_version: optional(text(255)),
  tls_client_auth_subject_dn: optional(text(1_024)),
  tls_client_auth_san_dns: optional(text(255)),
  tls_client_auth_san_uri: optional(text(2_048)),
  tls_client_auth_san_ip: optional(text(64)),
  tls_client_auth_san_email: optional(text(320)),
  tls_client_certificate_bound_access_tokens: optional(z.boolean()),
  dpop_bound_access_tokens: optional(z.boolean()),
  require_pushed_authorization_requests: optional(z.boolean()),
  id_token_signed_response_alg: optional(z.enum(['RS256', 'ES256'])),
});

export type SentMetadata = z.output<typeof metadataSchema>;
