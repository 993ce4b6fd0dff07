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
  return new Room(memory, limits, isKnown);
}

/** A class, because every request has one. */
class Room implements BodyRoom {
  readonly #memory: BodiesInMemory;
  readonly #limits: BodyLimits;
  readonly #isKnown: boolean;
  #taken = 0;

  constructor(memory: BodiesInMemory, limits: BodyLimits, isKnown: boolean) {
    this.#memory = memory;
    this.#limits = limits;
    this.#isKnown = isKnown;
  }

  get bytesMax(): number {
    return this.#isKnown ? this.#limits.bodiesBytes : this.#limits.unknownBodiesBytes;
  }

  take(bytes: number): boolean {
    const memory = this.#memory;
    if (memory.bytes + bytes > this.#limits.bodiesBytes) return false;
    if (!this.#isKnown && memory.unknownBytes + bytes > this.#limits.unknownBodiesBytes) return false;
    this.#taken += bytes;
    memory.bytes += bytes;
    if (!this.#isKnown) memory.unknownBytes += bytes;
    return true;
  }

  release(): void {
    this.#memory.bytes -= this.#taken;
    if (!this.#isKnown) this.#memory.unknownBytes -= this.#taken;
    this.#taken = 0;
  }
}
