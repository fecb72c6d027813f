import { defineConfig } from 'vitest/config';

// Browser tests drive a running server with real data; see browser.ts for the
// environment they take.
export default defineConfig({
  test: {
    include: ['e2e/**/*.test.ts'],
    fileParallelism: false,
    testTimeout: 300_000,
    hookTimeout: 60_000,
  },
});
