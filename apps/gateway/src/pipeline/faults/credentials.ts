import type { Fault } from './fault.js';

const checkCredentials = 'Make sure you have provided the correct security credentials';

/** Who may call: credentials, subscriptions, scopes. WSO2's 9009xx. */
export const credentialFaults = {
  missingCredentials: {
    code: '900902',
    status: 401,
    message: 'Missing Credentials',
    description:
      'Required OAuth credentials not provided. Make sure your API invocation call has a header: "Authorization: Bearer ACCESS_TOKEN"',
  },
  severalCredentials: {
    code: '900901',
    status: 400,
    message: 'Invalid Credentials',
    description: `More than one credential of the same kind was sent. ${checkCredentials}`,
  },
  invalidCredentials: {
    code: '900901',
    status: 401,
    message: 'Invalid Credentials',
    description: `Invalid Credentials. ${checkCredentials}`,
  },
  certificateRequired: {
    code: '900901',
    status: 401,
    message: 'Invalid Credentials',
    description: `A client certificate that this API knows is required. ${checkCredentials}`,
  },
  productionKeyRefused: {
    code: '900901',
    status: 401,
    message: 'Production Key Provided for Sandbox Gateway',
    description: `Production Key Provided for Sandbox Gateway. ${checkCredentials}`,
  },
  sandboxKeyRefused: {
    code: '900901',
    status: 401,
    message: 'Sandbox Key Provided for Production Gateway',
    description: `Sandbox Key Provided for Production Gateway. ${checkCredentials}`,
  },
  loginsSlowed: {
    code: '900901',
    status: 429,
    message: 'Invalid Credentials',
    description: 'There have been too many wrong passwords. Try again later.',
  },
  tokenExpired: {
    code: '900903',
    status: 401,
    message: 'Access Token Expired',
    description: `Access Token Expired. Renew the access token and try again. ${checkCredentials}`,
  },
  wrongTokenKind: {
    code: '900905',
    status: 401,
    message: 'Incorrect Access Token Type is provided',
    description: 'This resource does not accept access tokens of this kind (application or application user).',
  },
  subscriptionBlocked: {
    code: '900907',
    status: 401,
    message: 'The requested API is temporarily blocked',
    description: 'The subscription to the API is blocked.',
  },
  keyRestricted: {
    code: '900908',
    status: 403,
    message: 'Resource forbidden',
    description: 'The API key may not be used from here.',
  },
  otherApisKey: {
    code: '900908',
    status: 403,
    message: 'Resource forbidden',
    description: 'The internal key is for another API.',
  },
  otherTenantsUser: {
    code: '900908',
    status: 403,
    message: 'Resource forbidden',
    description: 'User is NOT authorized to access the Resource. API Subscription validation failed.',
  },
  notSubscribed: {
    code: '900908',
    status: 403,
    message: 'Resource forbidden',
    description: 'User is NOT authorized to access the Resource. API Subscription validation failed.',
  },
  subscriptionInactive: {
    code: '900909',
    status: 401,
    message: 'The subscription to the API is inactive',
    description: 'The subscription is waiting for approval or was rejected.',
  },
  scopeMissing: {
    code: '900910',
    status: 403,
    message: 'The access token does not allow you to access the requested resource',
    description: 'User is NOT authorized to access the Resource. Scope validation failed.',
  },
  audienceMissing: {
    code: '900914',
    status: 403,
    message: 'The access token does not allow you to access the requested resource',
    description: 'User is NOT authorized to access the Resource. Audience validation failed.',
  },
  undecidable: {
    code: '900900',
    status: 503,
    message: 'Unclassified Authentication Failure',
    description: 'The access token cannot be checked at the moment. Try again shortly.',
  },
  mustBeExchanged: {
    code: '900900',
    status: 500,
    message: 'Unclassified Authentication Failure',
    description: 'Tokens of this issuer have to be exchanged for tokens of this key manager first.',
  },
} as const satisfies Record<string, Fault>;
