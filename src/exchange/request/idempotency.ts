/**
 * Requests that name themselves (`Idempotency-Key`, or `x-router-request-id`): the first one runs, and who asks the same
 * again is given its answer. Only answers of a lane are kept, whole and without trouble; after anything else it runs anew.
 */
import type { Recalled, RememberedAnswer } from "../../governance/store.ts";
import { type Failure, failure } from "../../ir/failure.ts";
import { sha256Hex } from "../../std/digest.ts";
import type { Answer, ByteSource, RunInput } from "../contract.ts";
import { isAboutLimits } from "../lane/header-filter.ts";

export interface Repeats {
  /** The longest answer that is kept, in bytes. */
  readonly bytesMax: number;
  recall(key: string, fingerprint: string): Promise<Recalled>;
  /** null: nothing is kept, and the next one runs. */
  remember(key: string, answer: RememberedAnswer | null): void;
}

export type Repeat =
  /** It names itself, and is the first. */
  | { readonly kind: "first"; readonly key: string }
  | { readonly kind: "replay"; readonly answer: Answer }
  | { readonly kind: "refused"; readonly failure: Failure };

const NAME_HEADERS = ["idempotency-key", "x-router-request-id"] as const;
const NAME_CHARS_MAX = 255;

/** null: it does not name itself. */
export async function repeatOf(repeats: Repeats, { parts, caller, body }: RunInput): Promise<Repeat | null> {
  const name = NAME_HEADERS.map((header) => parts.headers[header]).find((value) => value !== undefined && value !== "");
  if (name === undefined) return null;
  if (name.length > NAME_CHARS_MAX) {
    return {
      kind: "refused",
      failure: failure("invalid-request", `Idempotency-Key is longer than ${NAME_CHARS_MAX} characters.`),
    };
  }
  // Whose it is and what for is a part of the name: nobody is given an answer to somebody else.
  const key = sha256Hex(JSON.stringify([caller.key?.id ?? caller.label, parts.path, name]));
  const recalled = await repeats.recall(key, sha256Hex(`${sha256Hex(body)} ${parts.query}`));
  switch (recalled.kind) {
    case "run":
      return { kind: "first", key };
    case "replay":
      return { kind: "replay", answer: replayed(recalled.answer) };
    case "running":
      return { kind: "refused", failure: failure("duplicate-request", STILL_RUNNING, RETRY_MS) };
    case "mismatch":
      return { kind: "refused", failure: failure("duplicate-request", OTHER_REQUEST) };
  }
}

const RETRY_MS = 1_000;
const STILL_RUNNING = "A request with this Idempotency-Key is being answered. Send it again when that one is over.";
const OTHER_REQUEST = "This Idempotency-Key was used for another request. Choose a new one.";

function replayed({ status, headers, body }: RememberedAnswer): Answer {
  return { status, headers: { ...headers, "x-ringmain-replayed": "true" }, body: Buffer.from(body, "base64") };
}

/** The same answer, kept when its last byte is out. `isSound`: asked then; trouble in a stream is not kept. */
export function keeping(repeats: Repeats, key: string, answer: Answer, isSound: () => boolean): Answer {
  const { status, body } = answer;
  const headers = Object.fromEntries(Object.entries(answer.headers).filter(([name]) => !isAboutLimits(name)));
  const keep = (bytes: Uint8Array | null): void => {
    const isKept = bytes !== null && bytes.length <= repeats.bytesMax && status < 300 && isSound();
    const text = isKept ? Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64") : "";
    repeats.remember(key, isKept ? { status, headers, body: text } : null);
  };
  if (!(body instanceof Uint8Array)) return { ...answer, body: collecting(body, repeats.bytesMax, keep) };
  keep(body);
  return answer;
}

/** Passes every byte at once, and holds a copy of as many as may be kept. */
function collecting(source: ByteSource, bytesMax: number, end: (whole: Uint8Array | null) => void): ByteSource {
  let chunks: Uint8Array[] | null = [];
  let size = 0;
  let isOver = false;
  const finish = (whole: Uint8Array | null): void => {
    if (isOver) return;
    isOver = true;
    chunks = null;
    end(whole);
  };
  return {
    async next() {
      const bytes = await source.next();
      if (bytes === null) {
        finish(chunks === null ? null : Buffer.concat(chunks));
        return null;
      }
      size += bytes.length;
      if (size > bytesMax) chunks = null;
      else chunks?.push(bytes);
      return bytes;
    },
    cancel() {
      source.cancel();
      finish(null);
    },
    get isCut() {
      return source.isCut;
    },
  };
}
