/** Where the items of an answer tell what becomes of them. A whole answer listens to none of it. */
import type { JsonObject } from "../../std/json.ts";
import type { WireEventType } from "./wire.ts";

export interface EventOutlet {
  /** One event; type and sequence number are added. */
  emit(type: WireEventType, members: JsonObject): void;
  /**
   * One event that carries a piece of text; this is the hot path. `head` holds the members before the text (see
   * `pieceHead`), `tail` those behind it, so only the text is written anew.
   */
  piece(type: WireEventType, head: string, text: string, tail?: string): void;
  /** A new id with that prefix. */
  newId(prefix: string): string;
}

/** JSON text up to the value of `delta`. */
export function pieceHead(type: WireEventType, place: JsonObject): string {
  return `${JSON.stringify({ type, ...place }).slice(0, -1)},"delta":`;
}

/** An item at its place in the output. */
export interface OutputItem {
  readonly outputIndex: number;
  /** As it is now: whole once it is closed, else what there is of it. */
  wire(): JsonObject;
  readonly closed: boolean;
  /** Tells what is owed and that it is complete. Idempotent. */
  close(): void;
}
