/** Builds the pages that show the timeline alone, for its browser tests and for measuring it. */
import { defineConfig } from "vite";

export default defineConfig({
  base: "../",
  build: {
    target: "es2023",
    emptyOutDir: true,
    rollupOptions: { input: ["index", "ours", "peer"].map((page) => `dev/${page}.html`) },
  },
});
