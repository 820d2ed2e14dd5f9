/** Build and test of the page; the bundle lands where Flask serves it from. */
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

/** What knows of no document; a tenth of the time without one. */
const ENGINE = "src/{protocol,model,timeline,lib}/**/*.test.ts";

export default defineConfig({
  // The pages ask the manifest for names, so that the same bundle serves under any prefix.
  base: "./",
  define: { __ENCLOSED__: "false" },
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  resolve: {
    alias: [
      // Without the transports that the dashboard refuses: a fiftieth of the script.
      {
        find: /^\.\/transports\/index\.js$/,
        replacement: fileURLToPath(new URL("src/transport/transports.ts", import.meta.url)),
      },
      {
        find: /^\.\/contrib\/base64-arraybuffer\.js$/,
        replacement: fileURLToPath(new URL("src/transport/base64.ts", import.meta.url)),
      },
    ],
  },
  build: {
    outDir: "../static/dist",
    emptyOutDir: true,
    manifest: true,
    target: "es2023",
    modulePreload: { polyfill: false },
    rollupOptions: {
      input: "src/main.tsx",
      // What the page needs at once is one file: its pieces compress better, and fewer are asked for.
      output: { codeSplitting: { groups: [{ name: "first", tags: ["$initial"] }] } },
      // How long each part of a build took is for who asks.
      checks: { pluginTimings: false },
      // What the dashboard does not speak is left out, though its modules do something when loaded.
      treeshake: { moduleSideEffects: (id) => !id.includes("/engine.io-client/") },
    },
  },
  test: {
    // Testing Library for Preact cleans up only when it finds a global afterEach.
    globals: true,
    projects: [
      { extends: true, test: { name: "engine", environment: "node", include: [ENGINE] } },
      {
        extends: true,
        test: {
          name: "page",
          environment: "happy-dom",
          setupFiles: ["src/testing/texts.ts"],
          include: ["src/**/*.test.{ts,tsx}"],
          exclude: [ENGINE],
        },
      },
    ],
  },
});
