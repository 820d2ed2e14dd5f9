/** Files that leave the dashboard and come into it. */
import { type Api, ProblemError, parseProblem, unreachable } from "./api";
import type { ImportedItem } from "./items";

export type ExportFormat = "html" | "chrome" | "otlp" | "jsonl";
/** What there are files of. */
export type Exported = "recordings" | "traces";

/** Path of the file in *format*, below the dashboard's address. */
export function exportPath(what: Exported, of: string, format: ExportFormat): string {
  return `api/${what}/${encodeURIComponent(of)}/export?format=${format}`;
}

/** A file of the dashboard's in pieces; *arrived* is told how many bytes of it have come. */
export async function download(
  api: Api,
  path: string,
  arrived: (bytes: number) => void,
  signal: AbortSignal,
): Promise<File> {
  return received(await api.send(path, { signal }), arrived);
}

async function received(response: Response, arrived: (bytes: number) => void): Promise<File> {
  const parts: BlobPart[] = [];
  let size = 0;
  const reader = response.body?.getReader();
  try {
    for (let read = await reader?.read(); read && !read.done; read = await reader?.read()) {
      parts.push(read.value);
      size += read.value.length;
      arrived(size);
    }
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw unreachable(); // half a file is none
  }
  const named = /filename="([^"]+)"/.exec(response.headers.get("Content-Disposition") ?? "");
  const type = response.headers.get("Content-Type") ?? "";
  return new File(parts, named?.[1] ?? "recording", { type });
}

/** By XMLHttpRequest, because fetch does not say how much of a body has left. */
export function importRecording(
  api: Api,
  file: Blob,
  onProgress: (share: number) => void,
): Promise<ImportedItem> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", `${api.base}api/recordings/import`);
    request.setRequestHeader("Content-Type", "application/x-ndjson");
    request.upload.onprogress = (event) => {
      if (event.lengthComputable) onProgress(event.loaded / event.total);
    };
    request.onerror = () => reject(unreachable());
    request.onload = () => {
      if (request.status >= 200 && request.status < 300) {
        resolve(JSON.parse(request.responseText) as ImportedItem);
      } else {
        reject(
          new ProblemError(parseProblem(request.responseText, request.status, request.statusText)),
        );
      }
    };
    request.send(file);
  });
}
