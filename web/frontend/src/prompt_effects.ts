/** Imported first of all: effects run with the drawing they belong to.
 *
 * Preact lets them wait for the paint, and on a busy machine a key or a click comes in between: it
 * would meet what is drawn, and not yet the listener, the focus or the fetch that goes with it.
 */
import { options } from "preact";

options.requestAnimationFrame = queueMicrotask;
