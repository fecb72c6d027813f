import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  plugins: [react()],
  // While developing, /api is the back-end on this machine.
  server: { proxy: { '/api': 'http://127.0.0.1:8090' } },
  test: { environment: 'jsdom' },
});
