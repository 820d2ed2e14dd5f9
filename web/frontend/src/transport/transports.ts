/** Stands in the bundle where engine.io-client lists its transports: the dashboard speaks one. */
import { WS } from "../../node_modules/engine.io-client/build/esm/transports/websocket.js";

export const transports = { websocket: WS };
