/**
 * How many bytes of request bodies may be in memory at once, over all connections of a process. A body takes its room as
 * its bytes come, so that one that is only announced takes none, and gives it back when its exchange has ended.
 */

export interface BodyLimits {
  readonly bodiesBytes: number;
  /** Part of it that callers may use who are known only when their body is read. */
  readonly unknownBodiesBytes: number;
}

/** Bytes in memory now. */
export interface BodiesInMemory {
  bytes: number;
  unknownBytes: number;
}

/** The room of one body. */
export interface BodyRoom {
  /** Of a body that has all the room: a larger one never fits. */
  readonly bytesMax: number;
  /** False: so many more do not fit. */
  take(bytes: number): boolean;
  /** All of it. Once; later calls do nothing. */
  release(): void;
}

export function openRoom(memory: BodiesInMemory, limits: BodyLimits, isKnown: boolean): BodyRoom {
  let taken = 0;
  return {
    bytesMax: isKnown ? limits.bodiesBytes : limits.unknownBodiesBytes,
    take(bytes) {
      if (memory.bytes + bytes > limits.bodiesBytes) return false;
      if (!isKnown && memory.unknownBytes + bytes > limits.unknownBodiesBytes) return false;
      taken += bytes;
      memory.bytes += bytes;
      if (!isKnown) memory.unknownBytes += bytes;
      return true;
    },
    release() {
      memory.bytes -= taken;
      if (!isKnown) memory.unknownBytes -= taken;
      taken = 0;
    },
  };
}
