/// <reference types="vitest/config" />
import { readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';

// The Go side embeds dist/ and never compresses at run time: each text asset
// gets a .gz and a .br beside it here, when that is smaller. The .gitkeep lets
// `go build` embed the folder before the pages were ever built.
const built = 'dist.next';

function precompress(): Plugin {
  return {
    name: 'precompress',
    apply: 'build',
    async closeBundle() {
      const next = join(import.meta.dirname, built);
      await writeFile(join(next, '.gitkeep'), '');
      for (const entry of await readdir(next, { recursive: true, withFileTypes: true })) {
        if (!entry.isFile() || !/\.(js|css|svg|json)$/.test(entry.name)) continue;
        const file = join(entry.parentPath, entry.name);
        const bytes = await readFile(file);
        if (bytes.length < 1024) continue;
        const br = { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } };
        await writeFile(`${file}.gz`, await promisify(gzip)(bytes, { level: 9 }));
        await writeFile(`${file}.br`, await promisify(brotliCompress)(bytes, br));
      }
      await swap(next, join(import.meta.dirname, 'dist'));
    },
  };
}

// swap puts the new pages in the place of the old ones at once, so that a
// `go build` beside it never embeds half of each.
async function swap(next: string, dist: string): Promise<void> {
  const old = `${dist}.old`;
  await rm(old, { recursive: true, force: true });
  await rename(dist, old);
  await rename(next, dist);
  await rm(old, { recursive: true });
}

const server = process.env.DASIER_URL ?? 'http://127.0.0.1:8080';

export default defineConfig({
  plugins: [react(), precompress()],
  build: {
    outDir: built,
    emptyOutDir: true,
    target: 'es2022',
    assetsInlineLimit: 0, // the content security policy allows no data: scripts or fonts
    rollupOptions: {
      // Two doors: the console, and the client page, which carries none of the console's weight.
      input: {
        console: join(import.meta.dirname, 'index.html'),
        estimate: join(import.meta.dirname, 'estimate.html'),
      },
    },
  },
  server: { host: '127.0.0.1', proxy: { '/api': server, '/v2': server } },
  // A page with all its charts takes seconds where other programs keep the machine busy.
  test: { include: ['src/**/*.test.{ts,tsx}'], testTimeout: 300_000, hookTimeout: 300_000 },
});
