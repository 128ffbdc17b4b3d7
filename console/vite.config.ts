import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

const server = process.env.QUARTERDECK_URL ?? "http://127.0.0.1:8080";

export default defineConfig({
  plugins: [react()],
  build: {
    outDir: "../src/Quarterdeck.Server/wwwroot",
    emptyOutDir: true,
    sourcemap: false,
    // The content security policy has no `data:` fonts or scripts, so nothing is inlined.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 900,
  },
  server: { proxy: { "/api": server, "/health": server, "/metrics": server, "/openapi": server } },
  test: { environment: "happy-dom", include: ["tests/**/*.test.{ts,tsx}"] },
});
