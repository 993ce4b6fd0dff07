/** A large frame for the tap that watches it: what it looks for stands beside long texts and never inside one. */
import type { Frame } from "../../protocols/protocol.ts";

/** A frame below this is watched as it is. */
const LARGE_CHARS_MIN = 1024 * 1024;
/** A picture in base64, a whole document. */
const LONG_CHARS_MIN = 64 * 1024;
/** A frame with more texts than this is no picture, and is watched as it is. */
const TEXTS_MAX = 10_000;

/** Its JSON with each long text in it replaced by a short one; the frame itself where it is not large. */
export function shortened(frame: Frame): Frame {
  const { data } = frame;
  if (data.length < LARGE_CHARS_MIN) return frame;
  let short = "";
  let from = 0;
  let open = data.indexOf('"');
  for (let texts = 0; open !== -1; texts += 1) {
    const close = endOf(data, open);
    if (close === -1 || texts > TEXTS_MAX) return frame;
    if (close - open > LONG_CHARS_MIN) {
      short += `${data.slice(from, open)}${STAND_IN}`;
      from = close + 1;
    }
    open = data.indexOf('"', close + 1);
  }
  return { ...frame, data: `${short}${data.slice(from)}` };
}

const STAND_IN = '"long text"';

/** The quote that ends the text; -1: none does. */
function endOf(data: string, open: number): number {
  let close = data.indexOf('"', open + 1);
  while (close !== -1 && isEscaped(data, close)) close = data.indexOf('"', close + 1);
  return close;
}

/** After an odd number of backslashes. */
function isEscaped(data: string, at: number): boolean {
  let before = at - 1;
  while (data.charCodeAt(before) === BACKSLASH) before -= 1;
  return (at - before) % 2 === 0;
}

const BACKSLASH = 92;
