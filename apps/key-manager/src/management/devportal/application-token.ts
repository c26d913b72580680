import { z } from 'zod';
import type { ConsumerKey } from '../../applications/keys.js';
import { OAuthError } from '../../oauth2/errors.js';
import type { TokenEndpoint } from '../../oauth2/token-endpoint.js';
import { Refusal } from '../../refusal.js';

/** POST generate-token. */
export const tokenBody = z.object({
  consumerSecret: z
    .string()
    .max(512)
    // Of half a surrogate pair no Basic credentials can be made.
    .regex(/^[\x20-\x7e]*$/)
    .nullish()
    .describe('Needed only when the server cannot show it.'),
  validityPeriod: z.number().nullish().describe('Seconds; shortens the lifetime of the consumer key.'),
  scopes: z.array(z.string().max(255)).max(100).nullish(),
});

export const applicationToken = z.object({
  accessToken: z.string(),
  tokenScopes: z.array(z.string()),
  validityTime: z.int().describe('Seconds.'),
});

/** Asks the token endpoint, so that a token made here is like any other one. */
export async function generateToken(
  tokenEndpoint: TokenEndpoint,
  key: ConsumerKey,
  { consumerSecret, scopes, validityPeriod }: z.output<typeof tokenBody>,
): Promise<z.output<typeof applicationToken>> {
  const secret = consumerSecret || key.secret || '';
  const credentials = Buffer.from(`${encodeURIComponent(key.registration.clientId)}:${encodeURIComponent(secret)}`);
  const parameters = [{ name: 'grant_type', value: 'client_credentials' }];
  if (scopes && scopes.length > 0) parameters.push({ name: 'scope', value: scopes.join(' ') });
  if (validityPeriod && Number.isSafeInteger(validityPeriod) && validityPeriod > 0) {
    parameters.push({ name: 'validity_period', value: String(validityPeriod) });
  }
  try {
    const granted = await tokenEndpoint({
      parameters,
      authorization: `Basic ${credentials.toString('base64')}`,
      clientAddress: '',
    });
    return {
      accessToken: granted.accessToken,
      tokenScopes: granted.scope.split(' '),
      validityTime: granted.expiresIn,
    };
  } catch (error) {
    if (!(error instanceof OAuthError) || error.status >= 500) throw error;
    throw new Refusal('token_refused', `${error.error}: ${error.description}`);
  }
}
