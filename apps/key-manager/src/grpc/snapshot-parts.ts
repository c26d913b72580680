import type { Api, CatalogMessage, CatalogSnapshot } from '@keygate/proto/keymanager/v1/catalog';

/** About so large is one message, bytes. A gateway decodes it in one go, and serves nobody meanwhile. */
const partBytes = 256 * 1_024;

/** Roughly one entity of a small kind on the wire. */
const smallBytes = 150;

type Kind = Exclude<keyof CatalogSnapshot, 'revision' | 'more'>;

const sizes: Readonly<Record<Kind, (entity: never) => number>> = {
  apis: sizeOfApi,
  applications: () => smallBytes,
  consumerKeys: () => smallBytes,
  subscriptions: () => smallBytes,
  throttlingPolicies: () => smallBytes,
  denyRules: () => smallBytes,
  keyManagers: () => 3_000,
  signingKeys: () => 1_000,
};

/** A snapshot as messages of a bounded size, so that neither side holds it as one piece of wire format. */
export function* snapshotParts(snapshot: CatalogSnapshot): Generator<CatalogMessage> {
  const { revision } = snapshot;
  let part = emptyPart(revision);
  let bytes = 0;
  for (const kind of Object.keys(sizes) as Kind[]) {
    for (const entity of snapshot[kind]) {
      if (bytes >= partBytes) {
        yield { content: { $case: 'snapshot', snapshot: { ...part, more: true } } };
        part = emptyPart(revision);
        bytes = 0;
      }
      (part[kind] as unknown[]).push(entity);
      bytes += sizes[kind](entity as never);
    }
  }
  yield { content: { $case: 'snapshot', snapshot: part } };
}

const emptyPart = (revision: number): CatalogSnapshot => ({
  revision,
  apis: [],
  applications: [],
  consumerKeys: [],
  subscriptions: [],
  throttlingPolicies: [],
  denyRules: [],
  keyManagers: [],
  signingKeys: [],
});

/** What makes an API large: its document, its certificates, its resources. */
function sizeOfApi({ resources, mediation, security }: Api): number {
  const certificates = security?.clientCertificates.length ?? 0;
  return 500 + resources.length * 100 + (mediation?.validatedBy.length ?? 0) + certificates * 2_000;
}
