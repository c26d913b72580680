import { defineConfig } from 'vitest/config';

// Vitest hands these to Node as well. Never 'import' here: CommonJS packages would then be given ES modules by require.
const conditions = () => ['@keygate/source', 'node'];
const shared = () => ({
  resolve: { conditions: conditions() },
  ssr: { resolve: { conditions: conditions(), externalConditions: ['node'] } },
  oxc: { decorator: { legacy: true } },
});

/** Tests that start a whole app in their process, with sockets and databases: three quarters of the time of all. */
const wholeApps = 'apps/*/test/**/*.test.ts';

export default defineConfig({
  ...shared(),
  test: {
    pool: 'forks',
    // Vitest would leave one core idle.
    maxWorkers: 2,
    projects: [
      {
        ...shared(),
        test: {
          name: 'check',
          // Test files of one worker share loaded modules: state lives in objects, not in modules (STYLE_GUIDE), and
          // loading frameworks again for every file takes longer than all tests together.
          isolate: false,
          include: ['{apps,libs,proto}/**/*.test.ts', 'tools/**/*.test.ts', 'bench/**/*.test.ts'],
          exclude: ['**/node_modules/**', '**/dist/**', wholeApps],
          // A guard against hanging, not a promise: databases and argon2 are slow on a busy machine.
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        ...shared(),
        test: {
          name: 'apps',
          isolate: false,
          include: [wholeApps],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        ...shared(),
        test: {
          name: 'e2e',
          include: ['e2e/**/*.e2e.test.ts'],
          // Real processes on a machine that may be busy with other things.
          testTimeout: 120_000,
          hookTimeout: 180_000,
        },
      },
    ],
  },
});
