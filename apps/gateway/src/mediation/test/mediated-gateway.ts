import type { Server } from 'node:http';
import { type Api, AuthType, type Mediation } from '@keygate/proto/keymanager/v1/catalog';
import { anApi, aResource, catalogOf } from '../../apis/test/catalog.js';
import { ByteBudget } from '../../pipeline/mediation/byte-budget.js';
import { ResponseCache } from '../../pipeline/mediation/response-cache.js';
import type { Ports } from '../../pipeline/ports.js';
import { type Answer, call, startTestGateway, type TestGateway } from '../../proxy/test/gateway.js';
import { RecordingBackend } from '../../proxy/test/recording-backend.js';

export function aMediation(given: Partial<Mediation> = {}): Mediation {
  return { request: [], response: [], fault: [], cacheSeconds: 0, validatedBy: '', ...given };
}

export function aPolicy(name: string, parameters: Readonly<Record<string, unknown>> = {}) {
  return { name, version: 'v1', parameters: JSON.stringify(parameters) };
}

export const sets = (headerName: string, headerValue: string) => aPolicy('addHeader', { headerName, headerValue });
export const removes = (headerName: string) => aPolicy('removeHeader', { headerName });

/** PetStore with every verb on an open and on a guarded resource. */
export function mediatedApi(backendUrl: string, mediation: Partial<Mediation>, more: Partial<Api> = {}): Api {
  const open = { authType: AuthType.AUTH_TYPE_NONE };
  return anApi({
    productionEndpoint: { urls: [backendUrl], timeoutMillis: 0, trustedCertificates: [] },
    resources: [
      ...['GET', 'POST', 'PUT', 'DELETE'].map((verb) => aResource(`${verb} /pets`)),
      ...['GET', 'POST'].map((verb) => aResource(`${verb} /pets/{petId}`)),
      ...['GET', 'POST'].map((verb) => aResource(`${verb} /open`, open)),
    ],
    mediation: aMediation(mediation),
    ...more,
  });
}

export interface MediatedGateway {
  readonly gateway: TestGateway;
  readonly backend: RecordingBackend;
  readonly budget: ByteBudget;
  /** Milliseconds since the epoch, for the cache. */
  now: number;
  /** On the guarded resource, with the token `good`. */
  call(line: string, headers?: readonly string[], body?: string): Promise<Answer>;
  stop(): Promise<void>;
}

export interface MediatedOptions {
  readonly answer?: Parameters<typeof RecordingBackend.start>[0];
  readonly maxBodyBytes?: number;
  readonly deadlineMillis?: number;
  readonly ports?: Partial<Ports>;
  readonly api?: Partial<Api>;
  readonly server?: () => Server;
}

/** The request path with policies, a cache and contracts, before a backend that records. */
export async function startMediated(
  mediation: Partial<Mediation>,
  { answer, maxBodyBytes = 10_000, deadlineMillis = 10_000, ports, api, server }: MediatedOptions = {},
): Promise<MediatedGateway> {
  const backend = await RecordingBackend.start(answer);
  const budget = new ByteBudget(100_000);
  const started = { now: 1_800_000_000_000 };
  const gateway = await startTestGateway(catalogOf({ apis: [mediatedApi(backend.url, mediation, api)] }), {
    ...(server && { server }),
    ports: {
      mediation: { maxBodyBytes, budget, deadlineMillis },
      responses: new ResponseCache({ maxBytes: 100_000, maxEntryBytes: 20_000, now: () => started.now }),
      ...ports,
    },
  });
  return Object.assign(started, {
    gateway,
    backend,
    budget,
    call: (line: string, headers: readonly string[] = [], body = '') => {
      const [method, path] = line.split(' ');
      const length = body === '' ? [] : [`Content-Length: ${Buffer.byteLength(body, 'latin1')}`];
      const credentials = headers.some((each) => /^authorization:/i.test(each)) ? [] : ['Authorization: Bearer good'];
      return call(gateway.port, `${method} /petstore/1.0.0${path}`, [...credentials, ...length, ...headers], body);
    },
    stop: async () => {
      await gateway.stop();
      await backend.stop();
    },
  });
}
