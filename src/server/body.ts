/** Reads a request's body whole, under its own bound and deadline: no timer at all would keep a dripping one for ever. */
import { concatBytes } from "../std/bytes.ts";
import type { Effects } from "../std/effects.ts";
import type { Arrival, BodyEvents } from "./arrival.ts";
import type { BodyRoom } from "./body-room.ts";

/** Vendors take 20 to 32 MB of images and documents. */
export const BODY_BYTES_MAX = 32 * 1024 * 1024;
/** A declared body up to this length takes its room before it has come. */
const SMALL_BYTES_MAX = 64 * 1024;
/** For the whole body, however steadily it comes. */
export const BODY_TIMEOUT_MS = 60_000;

export type BodyReading =
  | { readonly kind: "whole"; readonly bytes: Uint8Array }
  | { readonly kind: "too-large" }
  /** Other bodies take the room there is. */
  | { readonly kind: "no-room" }
  | { readonly kind: "timeout" }
  /** The client closed its connection. */
  | { readonly kind: "gone" }
  /** The connection stands, but what came is no body. */
  | { readonly kind: "broken" };

interface ReadBodyInput {
  readonly arrival: Pick<Arrival, "body" | "signal">;
  readonly setTimer: Effects["setTimer"];
  /** Absent: as much as there is. */
  readonly room?: Pick<BodyRoom, "take">;
  readonly bytesMax?: number;
  readonly timeoutMs?: number;
}

/** No promise where the body has come with its head. */
export function readBody(input: ReadBodyInput): BodyReading | Promise<BodyReading> {
  const { room = ENDLESS } = input;
  const { declared } = input.arrival.body;
  const bytesMax = input.bytesMax ?? BODY_BYTES_MAX;
  if (declared === "unsound") return BROKEN;
  if (declared === 0) return whole(new Uint8Array(0));
  if (declared !== null && declared > bytesMax) return TOO_LARGE;
  const isSmall = declared !== null && declared <= SMALL_BYTES_MAX;
  if (isSmall && !room.take(declared)) return NO_ROOM;
  return collect({ ...input, room: isSmall ? ENDLESS : room, bytesMax });
}

const ENDLESS: Pick<BodyRoom, "take"> = { take: () => true };

type CollectInput = ReadBodyInput & Required<Pick<ReadBodyInput, "room" | "bytesMax">>;

/** Counted as it comes, and let go of at the first byte too many. */
function collect(input: CollectInput): BodyReading | Promise<BodyReading> {
  const collecting = new Collecting(input);
  input.arrival.body.read(collecting);
  return collecting.reading ?? collecting.wait(input.setTimer, input.timeoutMs ?? BODY_TIMEOUT_MS);
}

/** A class, because every request makes one, and nearly every body is there at once. */
class Collecting implements BodyEvents {
  reading: BodyReading | null = null;
  readonly #input: CollectInput;
  #first: Uint8Array | null = null;
  #more: Uint8Array[] | null = null;
  #bytesRead = 0;
  #onOver: ((reading: BodyReading) => void) | null = null;

  constructor(input: CollectInput) {
    this.#input = input;
  }

  data(bytes: Uint8Array): void {
    const { bytesMax, room } = this.#input;
    this.#bytesRead += bytes.length;
    if (this.#bytesRead > bytesMax) this.#giveUp(TOO_LARGE);
    else if (!room.take(bytes.length)) this.#giveUp(NO_ROOM);
    else if (this.#first === null) this.#first = bytes;
    else {
      this.#more ??= [this.#first];
      this.#more.push(bytes);
    }
  }

  end(): void {
    this.#end(whole(this.#more === null ? (this.#first ?? NO_BYTES) : concatBytes(this.#more)));
  }

  broken(): void {
    this.#end(this.#input.arrival.signal.aborted ? GONE : BROKEN);
  }

  wait(setTimer: Effects["setTimer"], timeoutMs: number): Promise<BodyReading> {
    return new Promise((resolve) => {
      const cancelTimer = setTimer(timeoutMs, () => this.#giveUp(TIMEOUT));
      this.#onOver = (how) => {
        cancelTimer();
        resolve(how);
      };
    });
  }

  #end(how: BodyReading): void {
    if (this.reading !== null) return;
    this.reading = how;
    this.#onOver?.(how);
  }

  #giveUp(how: BodyReading): void {
    if (this.reading !== null) return;
    this.#input.arrival.body.letGo();
    this.#end(how);
  }
}

const NO_BYTES = new Uint8Array(0);
const TOO_LARGE: BodyReading = { kind: "too-large" };
const NO_ROOM: BodyReading = { kind: "no-room" };
const TIMEOUT: BodyReading = { kind: "timeout" };
const GONE: BodyReading = { kind: "gone" };
const BROKEN: BodyReading = { kind: "broken" };

function whole(bytes: Uint8Array): BodyReading {
  return { kind: "whole", bytes };
}
