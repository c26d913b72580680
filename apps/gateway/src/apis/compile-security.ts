import { X509Certificate } from 'node:crypto';
import type { Api, ApiSecurity, ClientCertificate as WireCertificate } from '@keygate/proto/keymanager/v1/catalog';
import { KeyType as WireKeyType } from '@keygate/proto/keymanager/v1/key_validation';
import type { CertificateRule, ClientCertificate, CompiledSecurity } from './compiled-security.js';
import { thumbprintOf } from './thumbprint.js';

/** Names in `schemes` (WSO2: securityScheme). An API that names none takes access tokens. */
const usualSchemes = ['oauth2'];

export function compileSecurity({ security }: Pick<Api, 'security'>, problems: string[]): CompiledSecurity {
  const schemes = new Set(security?.schemes.length ? security.schemes : usualSchemes);
  const takesTokens = schemes.has('oauth2');
  const takesApiKeys = schemes.has('api_key');
  const takesPasswords = schemes.has('basic_auth');
  const certificate = ruleOf(schemes, takesTokens || takesApiKeys || takesPasswords);
  const keyManagers = keyManagersOf(security);
  const isTokensOnly = takesTokens && !takesApiKeys && !takesPasswords && certificate === 'ignored';
  return {
    isUsual: isTokensOnly && keyManagers === undefined,
    takesTokens,
    takesApiKeys,
    takesPasswords,
    certificate,
    needsApplication: certificate === 'ignored' || isMandatory(schemes),
    apiKeyHeader: security?.apiKeyHeader.toLowerCase() || 'apikey',
    audiences: audiencesOf(security),
    keyManagers,
    certificates: certificatesOf(security?.clientCertificates ?? [], problems),
    otherChallenges: otherChallengesOf({ takesTokens, takesApiKeys, takesPasswords }),
  };
}

function ruleOf(schemes: ReadonlySet<string>, hasApplicationSchemes: boolean): CertificateRule {
  // A word this gateway does not know opens nothing; without any that it knows, nobody gets in.
  if (!schemes.has('mutualssl')) return 'ignored';
  if (!hasApplicationSchemes || schemes.has('mutualssl_mandatory')) return 'required';
  return isMandatory(schemes) ? 'ignored' : 'enough';
}

/** Both words mean the application's credentials, whichever they are. */
function isMandatory(schemes: ReadonlySet<string>): boolean {
  const hasApplicationSchemes = ['oauth2', 'api_key', 'basic_auth'].some((scheme) => schemes.has(scheme));
  const isSaid = schemes.has('oauth_basic_auth_api_key_mandatory') || schemes.has('oauth_basic_auth_mandatory');
  return hasApplicationSchemes && isSaid;
}

function keyManagersOf(security: ApiSecurity | undefined): ReadonlySet<string> | undefined {
  const names = security?.keyManagers ?? [];
  return names.length === 0 || names.includes('all') ? undefined : new Set(names);
}

function audiencesOf(security: ApiSecurity | undefined): readonly string[] {
  const audiences = security?.audiences ?? [];
  return audiences.includes('all') ? [] : audiences;
}

/** Clients of WSO2 look for the realm of API keys as it is written here. */
const challenges = {
  takesPasswords: 'Basic realm="Keygate", charset="UTF-8"',
  takesApiKeys: 'API Key realm="WSO2 API Manager"',
} as const;

function otherChallengesOf(
  taken: Readonly<Record<'takesTokens' | 'takesApiKeys' | 'takesPasswords', boolean>>,
): string {
  const others = (['takesPasswords', 'takesApiKeys'] as const).filter((scheme) => taken[scheme]);
  if (others.length > 0) return others.map((scheme) => challenges[scheme]).join(', ');
  // RFC 9110 section 15.5.2 wants a challenge with every 401, and TLS has no scheme of its own.
  return taken.takesTokens ? '' : 'Certificate realm="Keygate"';
}

function certificatesOf(wire: readonly WireCertificate[], problems: string[]): ReadonlyMap<string, ClientCertificate> {
  const compiled = new Map<string, ClientCertificate>();
  for (const uploaded of wire) {
    const certificate = compileCertificate(uploaded);
    if (certificate === undefined) problems.push(`client certificate ${uploaded.alias} cannot be read`);
    else compiled.set(certificate.thumbprint, certificate);
  }
  return compiled;
}

const keyTypes = {
  [WireKeyType.KEY_TYPE_PRODUCTION]: ['PRODUCTION'],
  [WireKeyType.KEY_TYPE_SANDBOX]: ['SANDBOX'],
} as Readonly<Partial<Record<WireKeyType, readonly ['PRODUCTION' | 'SANDBOX']>>>;

function compileCertificate(uploaded: WireCertificate): ClientCertificate | undefined {
  try {
    const certificate = new X509Certificate(uploaded.pem);
    return {
      alias: uploaded.alias,
      throttlingTier: uploaded.throttlingTier,
      keyTypes: uploaded.keyTypes.flatMap((keyType) => keyTypes[keyType] ?? []),
      thumbprint: thumbprintOf(certificate.raw),
      certificate,
      validFrom: Date.parse(certificate.validFrom),
      validTo: Date.parse(certificate.validTo),
    };
  } catch {
    return undefined;
  }
}
