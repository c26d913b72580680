// Who may import whom. Why: STYLE_GUIDE.md. tools/boundaries/boundaries.test.ts checks that these rules still bite.
const frameworks =
  '(^|/)node_modules/(@nestjs/|typeorm/|@grpc/|rxjs/|undici/|fastify/|ioredis/|pg/|@keygate/proto)|^proto/';

/** Files that may know Nest: they wire, or they stand at an edge. */
const nestFiles = [
  '/src/main\\.ts$',
  '\\.(module|controller|filter|client)\\.ts$',
  '^apps/gateway/src/oauth2-endpoints/token-host\\.ts$',
  '^apps/key-manager/src/grpc/grpc-transport\\.ts$',
  '^libs/common/src/(grpc|health|logging|testing)/',
  '\\.test\\.ts$',
  '/test/',
];

/** The canary lies in a folder of its own that mimics the layout, so every rule also looks there. */
const inAppOrCanary = (path) => `^(?:tools/boundaries/canary/)?${path}`;

module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      comment: 'Files that need each other cannot be understood or tested alone.',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'pure-core',
      comment:
        'oauth2/ and pipeline/ are rules without a framework: they run in tests and hot paths as plain functions.',
      severity: 'error',
      from: { path: inAppOrCanary('apps/(?:key-manager/src/oauth2|gateway/src/pipeline)/'), pathNot: '\\.test\\.ts$' },
      to: { path: frameworks },
    },
    {
      name: 'core-knows-no-adapter',
      comment: 'The core declares ports; adapters implement them.',
      severity: 'error',
      from: { path: inAppOrCanary('apps/(?:key-manager/src/oauth2|gateway/src/pipeline)/'), pathNot: '\\.test\\.ts$' },
      to: { path: '/src/(grpc|http|storage|management|key-manager|proxy|admin)/' },
    },
    {
      name: 'gateway-has-no-database',
      comment: 'The gateway asks the key manager; a second way to the tables would be a second truth.',
      severity: 'error',
      from: { path: inAppOrCanary('apps/gateway/') },
      to: { path: '(^|/)node_modules/(typeorm|pg|@electric-sql|@nestjs/typeorm)/' },
    },
    {
      name: 'nest-at-the-edges',
      comment: 'Nest wires; it is not an architecture.',
      severity: 'error',
      from: { path: inAppOrCanary('(apps|libs)/'), pathNot: nestFiles },
      to: { path: '(^|/)node_modules/@nestjs/' },
    },
    {
      name: 'apps-are-separate-processes',
      comment: 'Gateway and key manager meet in proto/ only. The command line starts both.',
      severity: 'error',
      from: { path: inAppOrCanary('apps/([^/]+)/'), pathNot: '^apps/cli/' },
      to: {
        path: '^apps/|(^|/)node_modules/@keygate/(gateway|key-manager|cli)/',
        pathNot: '^(?:tools/boundaries/canary/)?apps/$1/',
      },
    },
    {
      name: 'e2e-is-black-box',
      comment: 'What the end-to-end tests see is what users see.',
      severity: 'error',
      from: { path: inAppOrCanary('e2e/') },
      to: { path: '^(apps|proto)/|(^|/)node_modules/@keygate/(?!common)' },
    },
    {
      name: 'libraries-know-no-app',
      severity: 'error',
      from: { path: inAppOrCanary('(libs|proto)/') },
      to: { path: '^(?:apps|e2e)/|^tools/(?!boundaries/canary/)' },
    },
    {
      name: 'resolvable',
      comment: 'An import that cannot be resolved escapes every other rule.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    // Our own build only: many packages keep their code in dist/, and excluding it would hide those imports from every rule.
    exclude: { path: '^(?:apps/[^/]+|libs/[^/]+|proto)/dist/' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.base.json' },
    enhancedResolveOptions: {
      conditionNames: ['@keygate/source', 'import', 'node', 'default', 'types'],
      exportsFields: ['exports'],
      extensions: ['.ts', '.js', '.mjs', '.cjs', '.json'],
    },
  },
};
