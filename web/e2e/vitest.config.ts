import { defineConfig } from 'vitest/config';

// Browser tests drive a running server with real data; see browser.ts for the
// environment they take.
export default defineConfig({
  test: {
    include: ['e2e/**/*.test.ts'],
    fileParallelism: false,
    // They end what hangs. How long a page takes is the machine's affair.
    testTimeout: 900_000,
    hookTimeout: 600_000,
  },
});
