import { AuthType, type Endpoint } from '@keygate/proto/keymanager/v1/catalog';
import { anApi, aResource, catalogOf } from '../../apis/test/catalog.js';
import { quickTimeouts, startTestGateway, type TestGateway } from './gateway.js';
import { ok, RecordingBackend } from './recording-backend.js';

const verbs = ['GET', 'POST', 'PUT', 'HEAD', 'DELETE', 'OPTIONS'];

/** What the tests of endpoints start; `stop` ends all of it. */
export class EndpointBed {
  readonly #running: { stop(): Promise<void> }[] = [];

  /** Answers its own name, or what is given. */
  async backend(answer: Parameters<typeof RecordingBackend.start>[0]): Promise<RecordingBackend> {
    const backend = await RecordingBackend.start(typeof answer === 'string' ? ok(answer) : answer);
    this.#running.push(backend);
    return backend;
  }

  /** One open API at `/open`, and others at `/api-1`, ... when there are more endpoints. */
  async gateway(endpoints: Partial<Endpoint> | readonly Partial<Endpoint>[], proxy = {}): Promise<TestGateway> {
    const apis = [endpoints].flat().map((endpoint, index) =>
      anApi({
        id: `api-${index}`,
        effectiveContext: index === 0 ? '/open' : `/api-${index}`,
        productionEndpoint: { urls: [], timeoutMillis: 0, trustedCertificates: [], ...endpoint },
        cors: { enabled: false, allowOrigins: [], allowCredentials: false, allowHeaders: [], allowMethods: [] },
        resources: verbs.flatMap((verb) =>
          ['/*', '/pets/{id}'].map((path) => aResource(`${verb} ${path}`, { authType: AuthType.AUTH_TYPE_NONE })),
        ),
      }),
    );
    const gateway = await startTestGateway(catalogOf({ apis }), { proxy: { ...quickTimeouts, ...proxy } });
    this.#running.push(gateway);
    return gateway;
  }

  async stop(): Promise<void> {
    for (const started of this.#running.splice(0).reverse()) await started.stop();
  }
}

export const noProtection = {
  ...{
    connectTimeoutMillis: 0,
    idleTimeoutMillis: 0,
    totalTimeoutMillis: 0,
    retries: 0,
    failuresToOpen: 0,
    openMillis: 0,
  },
  ...{
    openOn: [],
    openFactor: 0,
    maxOpenMillis: 0,
    maxConcurrent: 0,
    maxWaiting: 0,
    healthPath: '',
    healthIntervalMillis: 0,
  },
};

export const code = (body: string) => (JSON.parse(body) as { code: string }).code;
