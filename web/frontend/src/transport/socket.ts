/** The one place that knows socket.io-client. */
import { io } from "socket.io-client";
import type { SocketLike } from "./live";

/** A socket for namespace `/live` that is not connected yet; the page's cookie is its key. */
export function liveSocket(): SocketLike {
  return io("/live", {
    transports: ["websocket"],
    autoConnect: false,
    reconnectionDelay: 500,
    reconnectionDelayMax: 3000,
  }) as unknown as SocketLike;
}
