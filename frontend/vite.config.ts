import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

const LIVE = process.env.LIVEXEC_URL ?? "http://127.0.0.1:8001";
const BACKTEST = process.env.LIVEXEC_BACKTEST_URL ?? "http://127.0.0.1:8000";

export default defineConfig({
  plugins: [react()],
  html: { cspNonce: "LIVEXEC_CSP_NONCE" }, // the service puts a new one into every page it serves
  build: {
    outDir: "../src/adapters/http/console",
    emptyOutDir: true,
    assetsInlineLimit: 0, // an inlined asset would be a data: address, which the page's policy refuses
    chunkSizeWarningLimit: 2000,
  },
  server: {
    host: "127.0.0.1",
    port: 5173,
    strictPort: true,
    proxy: { "/api/replays": BACKTEST, "/api": LIVE, "/openapi.json": LIVE },
  },
});
