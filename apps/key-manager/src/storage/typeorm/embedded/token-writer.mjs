// A process of its own that saves tokens in the embedded database as fast as it can and prints each hash once it is
// acknowledged, until it is killed. Run by embedded-database.test.ts.
import { writeSync } from 'node:fs';
import { runnerImport } from 'vite';

const [sources, dataDir] = process.argv.slice(2);
const conditions = ['@keygate/source', 'node', 'import', 'default'];
const load = async (file) => {
  const { module } = await runnerImport(`${sources}/${file}`, {
    configFile: false,
    logLevel: 'error',
    resolve: { conditions },
    ssr: { resolve: { conditions, externalConditions: ['node', 'import', 'default'] } },
  });
  return module;
};
const { openStorage } = await load('open-storage.ts');
const { grant, registerClient, tokenPair } = await load('fixtures.contract.ts');

const logger = { info() {}, warn() {}, error() {}, debug() {} };
const storage = await openStorage({ dataDir, poolSize: 1, logger, caseSensitiveUserNames: false });
const clientId = await registerClient(storage);

async function write() {
  for (;;) {
    const now = Date.now();
    const pair = tokenPair(grant(clientId, now), now);
    await storage.tokens.saveTokens(pair);
    writeSync(1, `${pair.accessToken.hash.toString('hex')}\n`);
  }
}
await Promise.all(Array.from({ length: 8 }, write));
