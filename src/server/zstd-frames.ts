/**
 * Where the frames of a zstd body end (RFC 8878 section 3). The runtime's decoder does not tell that a body stops in the
 * middle of a frame. Without this a cut body would pass for a whole one.
 */

/** True: the bytes are one frame or several, and nothing is missing or left over. */
export function endsWithItsFrame(bytes: Uint8Array): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  let frames = 0;
  while (at < bytes.length) {
    const end = frameEnd(view, at);
    if (end === null) return false;
    if (end.isData) frames += 1;
    at = end.at;
  }
  return frames > 0;
}

const MAGIC = 0xfd2fb528;
const SKIPPABLE_MAGIC = 0x184d2a50;

interface FrameEnd {
  readonly at: number;
  readonly isData: boolean;
}

/** null: it stops before its end, or is no frame. */
function frameEnd(view: DataView, start: number): FrameEnd | null {
  if (start + 5 > view.byteLength) return null;
  const magic = view.getUint32(start, true);
  if ((magic & 0xfffffff0) >>> 0 === SKIPPABLE_MAGIC) {
    if (start + 8 > view.byteLength) return null;
    return within(view, start + 8 + view.getUint32(start + 4, true), false);
  }
  if (magic !== MAGIC) return null;
  const descriptor = view.getUint8(start + 4);
  const last = lastBlockEnd(view, start + 5 + headerRest(descriptor));
  return last === null ? null : within(view, last + (hasChecksum(descriptor) ? 4 : 0), true);
}

/** Bytes of the header behind its descriptor: window, dictionary, size of the content. */
function headerRest(descriptor: number): number {
  const isSingleSegment = (descriptor & 0x20) !== 0;
  const sizeFlag = descriptor >> 6;
  const sizeBytes = sizeFlag === 0 ? (isSingleSegment ? 1 : 0) : 2 ** sizeFlag;
  const dictionaryBytes = [0, 1, 2, 4][descriptor & 0x03] ?? 0;
  return (isSingleSegment ? 0 : 1) + dictionaryBytes + sizeBytes;
}

function hasChecksum(descriptor: number): boolean {
  return (descriptor & 0x04) !== 0;
}

const RLE_BLOCK = 1;

/** Each step goes forward by a block's header at least, so it ends with the bytes. */
function lastBlockEnd(view: DataView, first: number): number | null {
  for (let at = first; at + 3 <= view.byteLength; ) {
    const header = view.getUint16(at, true) | (view.getUint8(at + 2) << 16);
    const isLast = (header & 1) !== 0;
    at += 3 + (((header >> 1) & 3) === RLE_BLOCK ? 1 : header >> 3);
    if (isLast) return at;
  }
  return null;
}

function within(view: DataView, at: number, isData: boolean): FrameEnd | null {
  return at <= view.byteLength ? { at, isData } : null;
}
