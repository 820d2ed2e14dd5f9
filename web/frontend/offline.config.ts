/** The second build: the page as one script and one style sheet, for files that carry it along. */
import { defineConfig, mergeConfig } from "vite";
import page from "./vite.config.ts";

export default defineConfig(
  mergeConfig(page, {
    // A file has all of its events, and no dashboard to ask for a part of them.
    define: { __ENCLOSED__: "true" },
    build: {
      outDir: "../static/dist/offline",
      manifest: false,
      modulePreload: false,
      cssCodeSplit: false,
      rollupOptions: {
        input: "src/offline.tsx",
        output: {
          format: "es",
          codeSplitting: false,
          entryFileNames: "page.js",
          assetFileNames: "page[extname]",
        },
      },
    },
  }),
);
