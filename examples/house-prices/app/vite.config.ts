import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  plugins: [react()],
  // While developing, /api is the back-end on this machine, which knows its
  // paths without it.
  server: { proxy: { '/api': { target: 'http://127.0.0.1:8090', rewrite: path => path.replace(/^\/api/, '') } } },
  test: { environment: 'jsdom' },
});
