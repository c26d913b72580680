import { cpSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { backendUrl, port } from './settings.mjs';

// It reads its settings from a folder, which is the one it was started in, and some of them when it is loaded.
const folder = process.cwd();
const { resolve } = createRequire(import.meta.url);
const models = join(dirname(resolve('express-gateway/package.json')), 'lib/config/models');
cpSync(models, join(folder, 'models'), { recursive: true });
const text = (name, value) => writeFileSync(join(folder, name), JSON.stringify(value));
text('gateway.config.yml', {
  http: { port, hostname: '127.0.0.1' },
  apiEndpoints: { api: { host: '*', paths: '/*' } },
  serviceEndpoints: { backend: { url: backendUrl } },
  policies: ['proxy'],
  pipelines: {
    all: {
      apiEndpoints: ['api'],
      policies: [{ proxy: [{ action: { serviceEndpoint: 'backend', changeOrigin: true } }] }],
    },
  },
});
text('system.config.yml', {
  db: { redis: { emulate: true, namespace: 'EG' } },
  crypto: { cipherKey: 'bench', algorithm: 'aes256', saltRounds: 10 },
  session: { secret: 'bench', resave: false, saveUninitialized: false },
  accessTokens: { timeToExpiry: 7_200_000 },
  refreshTokens: { timeToExpiry: 7_200_000 },
  authorizationCodes: { timeToExpiry: 300_000 },
});
const { default: gateway } = await import('express-gateway');
gateway().load(folder).run();
