import { defineConfig } from 'vitest/config';

const conditions = () => ['@keygate/source', 'node', 'import', 'default'];
const shared = () => ({
  resolve: { conditions: conditions() },
  ssr: { resolve: { conditions: conditions(), externalConditions: ['node', 'import', 'default'] } },
  oxc: { decorator: { legacy: true } },
});

export default defineConfig({
  ...shared(),
  test: {
    pool: 'forks',
    projects: [
      {
        ...shared(),
        test: {
          name: 'check',
          include: ['{apps,libs,proto}/**/*.test.ts', 'tools/**/*.test.ts'],
          exclude: ['**/node_modules/**', '**/dist/**'],
          testTimeout: 20_000,
          hookTimeout: 60_000,
        },
      },
      {
        ...shared(),
        test: {
          name: 'e2e',
          include: ['e2e/**/*.e2e.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
