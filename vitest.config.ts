/**
 * Tests, a folder a room. Two projects: `unit` runs anywhere in half a minute; `servers` (`*.server.test.ts`) needs real
 * servers, processes or a browser, or more than a few seconds.
 */
import { defineConfig } from 'vitest/config';

// biome-ignore lint/style/noDefaultExport: vitest reads its configuration from the default export
export default defineConfig({
  test: {
    pool: 'forks',
    // One more than the machines of CI have cores: many of these tests wait, for a minute that is over or a server that comes.
    maxWorkers: 3,
    // Real servers on a shared machine are late now and then. The report names what needed a second try.
    retry: process.env.CI ? 1 : 0,
    // A page draws when it comes to it: what is looked at of it is looked at until it is so.
    expect: { poll: { timeout: 20_000 } },
    testTimeout: 30_000,
    hookTimeout: 30_000,
    setupFiles: ['test/support/english.ts', 'test/support/node-streams.ts'],
    projects: [
      {
        extends: true,
        // One process for all: starting one for each file takes longer than the tests.
        test: {
          name: 'unit',
          isolate: false,
          include: ['test/**/*.test.ts'],
          exclude: ['**/*.server.test.ts'],
        },
      },
      {
        extends: true,
        test: {
          name: 'servers',
          include: ['test/**/*.server.test.ts'],
          globalSetup: 'test/support/build-program.ts',
        },
      },
    ],
  },
});
