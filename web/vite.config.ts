// Builds the console into web/dist; while developing, passes the server's paths on to a running server.

import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

const server = process.env.LIANXIAN_SERVER ?? "https://localhost:8443";

export default defineConfig({
  plugins: [react()],
  resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
  build: {
    outDir: "dist",
    target: "es2022",
    // The parts that rarely change keep their names, and so their place in the browser's cache, across releases.
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            { name: "link", test: /node_modules[\\/]livekit-client/ },
            { name: "vendor", test: /node_modules/ },
          ],
        },
      },
    },
    chunkSizeWarningLimit: 1600,
  },
  server: {
    proxy: {
      "/api": { target: server, secure: false },
      "/rtc": { target: server, secure: false, ws: true },
    },
  },
  test: { include: ["src/**/*.test.ts"], environment: "node" },
});
