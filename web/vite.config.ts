import { svelte } from '@sveltejs/vite-plugin-svelte'
import { defineConfig, loadEnv } from 'vite'

const server = loadEnv('', '.', 'VITRINA_')['VITRINA_URL'] ?? 'http://127.0.0.1:8080'

// Everything is embedded in the program: no CDN, no inline script, nothing fetched from elsewhere.
export default defineConfig({
  plugins: [svelte()],
  // `npm run dev` shows changes at once, over a running `vitrina serve`.
  server: {
    host: '127.0.0.1', // by number: a bare machine may not know the name localhost
    proxy: Object.fromEntries(['/api', '/healthz', '/metrics'].map((path) => [path, { target: server, changeOrigin: false }])),
    fs: { allow: ['..'] }, // a test reads the program's sources
  },
  build: {
    target: 'es2022',
    assetsInlineLimit: 0,
    cssCodeSplit: true,
    modulePreload: { polyfill: false },
    reportCompressedSize: true,
    rollupOptions: {
      output: {
        manualChunks: (id) => (id.includes('node_modules/echarts') || id.includes('node_modules/zrender') ? 'charts' : undefined),
      },
    },
  },
  test: { include: ['test/**/*.test.ts'] },
} as import('vitest/config').ViteUserConfig)
