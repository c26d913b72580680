// A key manager that makes up its answers, over the real protocol with mutual TLS. With it a gateway has 10^5 APIs and
// 10^6 tokens in a minute. Started by our-gateway.mjs; settings come as JSON.
import { Metadata, Server, ServerCredentials } from '@grpc/grpc-js';
import { ensureCertificate } from '@keygate/common/tls';
import { CatalogServiceService, CatalogSnapshot } from '@keygate/proto/keymanager/v1/catalog';
import { HotPathServiceService } from '@keygate/proto/keymanager/v1/hot_path';
import { ValidateTokenResponse } from '@keygate/proto/keymanager/v1/key_validation';
import { RevocationServiceService } from '@keygate/proto/keymanager/v1/revocation';
import { UsageServiceService } from '@keygate/proto/keymanager/v1/usage';
import { catalogOf, verdictOf } from './catalog.mjs';

const { dataDir, world, backendUrl } = JSON.parse(process.env.BENCH_SETTINGS);
// Filled up with what the contract has beside it.
const snapshot = CatalogSnapshot.fromPartial(catalogOf(world, backendUrl));
const streams = new Set();

const beat = (call) => call.write({ content: { $case: 'heartbeat', heartbeat: 1 } });
const follow = (call) => {
  streams.add(call);
  for (const event of ['cancelled', 'error', 'close']) call.on(event, () => streams.delete(call));
};
setInterval(() => streams.forEach(beat), 1_000);

const server = new Server();
server.addService(CatalogServiceService, {
  watch(call) {
    follow(call);
    call.write({ content: { $case: 'snapshot', snapshot } });
  },
});
server.addService(RevocationServiceService, {
  watch(call) {
    follow(call);
    beat(call);
  },
});
server.addService(UsageServiceService, {
  report(call, answer) {
    call.on('data', () => undefined);
    call.on('end', () => answer(null, { batches: 0 }));
  },
});
server.addService(HotPathServiceService, {
  exchange(call) {
    call.sendMetadata(new Metadata());
    call.on('data', ({ requests }) => {
      const responses = requests.map(({ id, request }) => ({
        id,
        response: {
          $case: 'validateToken',
          validateToken: ValidateTokenResponse.fromPartial(
            verdictOf(Buffer.from(request.validateToken.tokenHash), world),
          ),
        },
      }));
      call.write({ responses, draining: false });
    });
    call.on('end', () => call.end());
    call.on('error', () => undefined);
  },
});

const pair = await ensureCertificate(dataDir, { name: 'km-grpc', commonName: 'key-manager', kind: 'server' });
const credentials = ServerCredentials.createSsl(
  Buffer.from(pair.ca),
  [{ cert_chain: Buffer.from(pair.cert), private_key: Buffer.from(pair.key) }],
  true,
);
server.bindAsync('127.0.0.1:0', credentials, (error, port) => {
  if (error) throw error;
  process.send({ port });
});
process.on('SIGTERM', () => process.exit());
process.on('disconnect', () => process.exit());
