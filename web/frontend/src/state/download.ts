/** A file on its way out of the dashboard: how much has come, and what to do when it is here. */
import { type Signal, signal } from "@preact/signals";
import type { Exported, ExportFormat } from "../transport/files";
import type { Page } from "./page";

export class Download {
  /** Bytes that have come, null while nothing is on its way. */
  readonly received: Signal<number | null> = signal(null);
  private stopping = new AbortController();

  constructor(private readonly page: Page) {}

  /** Fetches a recording or a trace as a file and hands it to the browser. */
  async start(what: Exported, id: string, format: ExportFormat): Promise<void> {
    if (this.received.value !== null) return;
    this.stopping = new AbortController();
    this.received.value = 0;
    try {
      const { download, exportPath } = await import("../transport/files");
      const { api } = this.page;
      const arrived = (bytes: number) => {
        this.received.value = bytes;
      };
      const file = await download(api, exportPath(what, id, format), arrived, this.stopping.signal);
      save(file, document);
    } catch (error) {
      if (!this.stopping.signal.aborted) this.page.fail(error);
    } finally {
      this.received.value = null;
    }
  }

  stop(): void {
    this.stopping.abort();
  }
}

function save(file: File, document: Document): void {
  const address = URL.createObjectURL(file);
  const link = document.createElement("a");
  link.href = address;
  link.download = file.name;
  link.click();
  // The browser has begun to read by then.
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}
