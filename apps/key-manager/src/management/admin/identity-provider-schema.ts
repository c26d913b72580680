import { z } from 'zod';
import { checkProvider, pemOf } from '../../identity-providers/check-provider.js';
import type { IdentityProvider } from '../../identity-providers/identity-provider.js';

const text = (maxLength: number) => z.string().min(1).max(maxLength);
const pem = text(65_536);

/** A provider as administrators send it; the words are WSO2's where it has some. */
export const providerBody = z.object({
  name: text(100).describe('Part of the names of its users: FEDERATED/<name>/<subject>.'),
  description: z.string().max(1_024).default(''),
  enabled: z.boolean().default(true),
  idpIssuerName: text(1_024).describe('`iss` of its JWTs.'),
  alias: z
    .union([text(1_024).transform((one) => [one]), z.array(text(1_024)).max(20)])
    .default([])
    .describe('Audiences that stand for this server, beside the address of its token endpoint.'),
  certificates: z
    .object({ type: z.enum(['PEM', 'JWKS']), value: pem })
    .nullish()
    .describe('PEM: certificates, or Base64 around them. JWKS: the URL of its key set.'),
  saml: z
    .object({ entityId: text(1_024), certificate: pem })
    .nullish()
    .describe('For SAML 2.0 bearer assertions.'),
  roleClaim: text(255).nullish().describe('Claim or attribute that holds its roles.'),
  roleMapping: z
    .array(z.object({ remoteRole: text(255), localRole: text(255) }))
    .max(500)
    .default([]),
  claimMapping: z
    .array(z.object({ remoteClaim: text(255), localClaim: text(255) }))
    .max(50)
    .default([]),
  useLocalUser: z.boolean().default(false).describe('Its subject bob is the user bob of this tenant.'),
});

export const providerAnswer = z.object({
  id: z.string(),
  name: z.string(),
  description: z.string(),
  enabled: z.boolean(),
  idpIssuerName: z.string(),
  alias: z.array(z.string()),
  certificates: z.object({ type: z.enum(['PEM', 'JWKS']), value: z.string() }).nullable(),
  saml: z.object({ entityId: z.string(), certificate: z.string() }).nullable(),
  roleClaim: z.string().nullable(),
  roleMapping: z.array(z.object({ remoteRole: z.string(), localRole: z.string() })),
  claimMapping: z.array(z.object({ remoteClaim: z.string(), localClaim: z.string() })),
  useLocalUser: z.boolean(),
});

/** Throws `Refusal` for one that could not work. */
export function toProvider(
  body: z.output<typeof providerBody>,
  { id, tenantDomain, createdAt }: Pick<IdentityProvider, 'id' | 'tenantDomain' | 'createdAt'>,
): IdentityProvider {
  const { idpIssuerName: issuer, alias: audiences, certificates, saml, roleClaim, ...rest } = body;
  const provider: IdentityProvider = {
    id,
    tenantDomain,
    createdAt,
    ...rest,
    issuer,
    audiences,
    ...(certificates?.type === 'JWKS' && { jwksUri: certificates.value }),
    ...(certificates?.type === 'PEM' && { certificates: pemOf(certificates.value) }),
    ...(saml && { saml: { entityId: saml.entityId, certificates: pemOf(saml.certificate) } }),
    ...(roleClaim != null && { roleClaim }),
  };
  checkProvider(provider);
  return provider;
}

export function providerView(provider: IdentityProvider): z.output<typeof providerAnswer> {
  const { id, name, description, enabled, issuer, audiences, jwksUri, certificates, saml, roleClaim } = provider;
  return {
    id,
    name,
    description,
    enabled,
    idpIssuerName: issuer,
    alias: [...audiences],
    certificates: keysView(jwksUri, certificates),
    saml: saml ? { entityId: saml.entityId, certificate: saml.certificates } : null,
    roleClaim: roleClaim ?? null,
    roleMapping: [...provider.roleMapping],
    claimMapping: [...provider.claimMapping],
    useLocalUser: provider.useLocalUser,
  };
}

function keysView(jwksUri: string | undefined, certificates: string | undefined) {
  if (jwksUri !== undefined) return { type: 'JWKS', value: jwksUri } as const;
  return certificates === undefined ? null : ({ type: 'PEM', value: certificates } as const);
}
