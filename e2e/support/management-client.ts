import type { Answer, Client } from './https-client.js';
import { secret } from './secrets.js';
import { basic, bearer, type Consumer, tokenClient } from './token-client.js';

const publisherScopes = 'apim:api_view apim:api_create apim:api_publish apim:api_delete apim:api_manage';
/** Everything the REST APIs ask for; who may not have a scope does not get it. */
export const allScopes =
  `${publisherScopes} apim:subscription_view apim:subscription_block apim:subscription_manage apim:tier_view ` +
  'apim:app_manage apim:sub_manage apim:subscribe apim:admin';
const portalScopes = 'apim:app_manage apim:sub_manage apim:subscribe';

export interface ApiObject {
  readonly id: string;
  readonly name: string;
  readonly context: string;
  readonly version: string;
  readonly lifeCycleStatus: string;
}

export interface ApplicationKey extends Consumer {
  readonly keyMappingId: string;
  readonly keyType: string;
}

/** The REST APIs as a script uses them: registered by DCR, a user's token, JSON in and out. */
export interface Management {
  /** Any call; the path begins with `/api/am/…`. */
  call(method: string, path: string, body?: unknown): Promise<Answer>;
  /** A form with texts as files, as uploads are, and with others as plain fields. */
  upload(
    method: string,
    path: string,
    files: Readonly<Record<string, string>>,
    fields?: Readonly<Record<string, string>>,
  ): Promise<Answer>;
  /** A call that must answer 2xx; its JSON body. */
  ok<T>(method: string, path: string, body?: unknown): Promise<T>;
}

export const publisher = '/api/am/publisher/v4';
export const devportal = '/api/am/devportal/v3';

/** Registers a client by DCR and takes a token of the user with those scopes that the user may have. */
export async function management(
  client: Client,
  url: string,
  username: string,
  password: string,
  scopes = `${publisherScopes} ${portalScopes}`,
): Promise<Management> {
  const registered = await client.call(`${url}/client-registration/v0.17/register`, {
    method: 'POST',
    headers: { Authorization: basic(username, password), 'Content-Type': 'application/json' },
    body: JSON.stringify({
      callbackUrl: 'test.com',
      clientName: `e2e_${username}`,
      grantType: 'client_credentials password refresh_token',
      saasApp: true,
      owner: username,
    }),
  });
  if (registered.status !== 200) {
    throw new Error(`dynamic registration answered ${registered.status}: ${registered.text}`);
  }
  const { clientId, clientSecret } = registered.json<{ clientId: string; clientSecret: string }>();
  secret(clientSecret, 'the secret of a registered client');
  const tokens = tokenClient(
    client,
    { tokenUrl: `${url}/oauth2/token`, revokeUrl: `${url}/oauth2/revoke` },
    { consumerKey: clientId, consumerSecret: clientSecret },
  );
  const { access_token } = await tokens.password(username, password, scopes);
  const call = (method: string, path: string, body?: unknown) =>
    client.call(`${url}${path}`, {
      method,
      headers: { ...bearer(access_token), ...(body === undefined ? {} : { 'Content-Type': 'application/json' }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  const upload: Management['upload'] = async (method, path, files, fields = {}) => {
    const form = new FormData();
    for (const [name, text] of Object.entries(fields)) form.set(name, text);
    for (const [name, text] of Object.entries(files)) form.set(name, new Blob([text]), name);
    const encoded = new Response(form);
    const headers = { ...bearer(access_token), 'Content-Type': encoded.headers.get('content-type') ?? '' };
    return client.call(`${url}${path}`, { method, headers, body: Buffer.from(await encoded.arrayBuffer()) });
  };
  return {
    call,
    upload,
    ok: async <T>(method: string, path: string, body?: unknown) => {
      const answer = await call(method, path, body);
      if (answer.status < 200 || answer.status > 299) {
        throw new Error(`${method} ${path} answered ${answer.status}: ${answer.text}`);
      }
      return answer.text === '' ? (undefined as T) : answer.json<T>();
    },
  };
}

export interface ApiWanted {
  readonly name: string;
  readonly context: string;
  readonly backendUrl: string;
  readonly sandboxUrl?: string;
  /** `HTTP` when left out. */
  readonly type?: string;
  readonly operations: readonly {
    readonly target: string;
    readonly verb: string;
    readonly authType?: string;
    readonly scopes?: readonly string[];
  }[];
  /** Scope name to the roles that may have it. */
  readonly scopes?: Readonly<Record<string, readonly string[]>>;
}

export async function createApi(rest: Management, wanted: ApiWanted): Promise<ApiObject> {
  const endpoint = (url: string) => ({ url });
  return rest.ok<ApiObject>('POST', `${publisher}/apis`, {
    name: wanted.name,
    context: wanted.context,
    version: '1.0.0',
    ...(wanted.type === undefined ? {} : { type: wanted.type }),
    policies: ['Unlimited'],
    scopes: Object.entries(wanted.scopes ?? {}).map(([name, bindings]) => ({
      scope: { name, displayName: name, bindings },
      shared: false,
    })),
    operations: wanted.operations,
    endpointConfig: {
      endpoint_type: 'http',
      production_endpoints: endpoint(wanted.backendUrl),
      ...(wanted.sandboxUrl === undefined ? {} : { sandbox_endpoints: endpoint(wanted.sandboxUrl) }),
    },
  });
}

export async function deploy(rest: Management, api: ApiObject): Promise<string> {
  const revision = await rest.ok<{ id: string }>('POST', `${publisher}/apis/${api.id}/revisions`, {});
  await rest.ok('POST', `${publisher}/apis/${api.id}/deploy-revision?revisionId=${revision.id}`, [
    { name: 'Default', vhost: 'localhost', displayOnDevportal: true },
  ]);
  return revision.id;
}

export const publish = (rest: Management, api: ApiObject) =>
  rest.ok('POST', `${publisher}/apis/change-lifecycle?apiId=${api.id}&action=Publish`);

export async function createApplication(rest: Management, name: string, tokenType = 'OAUTH'): Promise<string> {
  const application = await rest.ok<{ applicationId: string }>('POST', `${devportal}/applications`, {
    name,
    throttlingPolicy: 'Unlimited',
    tokenType,
  });
  return application.applicationId;
}

export async function generateKeys(
  rest: Management,
  applicationId: string,
  keyType = 'PRODUCTION',
  wanted: Readonly<Record<string, unknown>> = {},
) {
  const key = await rest.ok<ApplicationKey>('POST', `${devportal}/applications/${applicationId}/generate-keys`, {
    keyType,
    grantTypesToBeSupported: ['password', 'refresh_token', 'client_credentials'],
    ...wanted,
  });
  secret(key.consumerSecret, 'a consumer secret');
  return key;
}

export async function subscribe(rest: Management, applicationId: string, apiId: string): Promise<string> {
  const subscription = await rest.ok<{ subscriptionId: string }>('POST', `${devportal}/subscriptions`, {
    applicationId,
    apiId,
    throttlingPolicy: 'Unlimited',
  });
  return subscription.subscriptionId;
}
