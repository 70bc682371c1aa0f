import { defineConfig } from 'vite'

/** Static files that the daemon serves. Nothing is inlined: the policy of the page lets no such thing run. */
export default defineConfig({
  root: import.meta.dirname,
  base: '/admin/',
  logLevel: 'error',
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 2_000,
    target: 'es2022',
  },
})
