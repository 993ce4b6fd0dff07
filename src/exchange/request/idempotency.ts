/**
 * Requests that name themselves (`Idempotency-Key`, or `x-router-request-id`): the first one runs, and who asks the same
 * again is given its answer. Only answers of a lane are kept, whole and without trouble; after anything else it runs anew.
 */
import type { RememberedAnswer } from "../../governance/ledger-messages.ts";
import { failed, failure, ok, type Result } from "../../ir/failure.ts";
import { sha256Hex } from "../../std/digest.ts";
import type { Answer, ByteSource, IdempotencyStore, RunInput, WholeAnswer } from "../contract.ts";
import { isAboutLimits } from "../header-filter.ts";

type Recall =
  /** The first request of this name: its answer is kept under the key. */
  { readonly kind: "first"; readonly key: string } | { readonly kind: "replay"; readonly answer: WholeAnswer };

const NAME_HEADERS = ["idempotency-key", "x-router-request-id"] as const;
const NAME_CHARS_MAX = 255;

/** null: the request does not name itself. */
export async function recall(
  store: IdempotencyStore,
  { parts, caller, body }: RunInput,
): Promise<Result<Recall | null>> {
  const name = NAME_HEADERS.map((header) => parts.headers[header]).find((value) => value !== undefined && value !== "");
  if (name === undefined) return ok(null);
  if (name.length > NAME_CHARS_MAX) {
    return failed(failure("invalid-request", `Idempotency-Key is longer than ${NAME_CHARS_MAX} characters.`));
  }
  // The caller and the path are a part of the key, so that no caller is given another one's answer.
  const key = sha256Hex(JSON.stringify([caller.key?.id ?? caller.label, parts.path, name]));
  const recalled = await store.recall(key, sha256Hex(`${sha256Hex(body)} ${parts.query}`));
  switch (recalled.kind) {
    case "run":
      return ok({ kind: "first", key });
    case "replay":
      return ok({ kind: "replay", answer: replayed(recalled.answer) });
    case "running":
      return failed(failure("duplicate-request", STILL_RUNNING, RETRY_MS));
    case "mismatch":
      return failed(failure("duplicate-request", OTHER_REQUEST));
  }
}

const RETRY_MS = 1_000;
const STILL_RUNNING = "A request with this Idempotency-Key is being answered. Send it again when that one is over.";
const OTHER_REQUEST = "This Idempotency-Key was used for another request. Choose a new one.";

function replayed({ status, headers, body }: RememberedAnswer): WholeAnswer {
  return { status, headers: { ...headers, "x-ringmain-replayed": "true" }, body: Buffer.from(body, "base64") };
}

/** The same answer, kept when its last byte is out. `isSound`: asked then; trouble in a stream is not kept. */
export function keepAnswer(store: IdempotencyStore, key: string, answer: Answer, isSound: () => boolean): Answer {
  const { status, body } = answer;
  const headers = Object.fromEntries(Object.entries(answer.headers).filter(([name]) => !isAboutLimits(name)));
  const keep = (bytes: Uint8Array | null): void => {
    const isKept = bytes !== null && bytes.length <= store.bytesMax && status < 300 && isSound();
    const text = isKept ? Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64") : "";
    store.remember(key, isKept ? { status, headers, body: text } : null);
  };
  if (!(body instanceof Uint8Array)) return { ...answer, body: collecting(body, store.bytesMax, keep) };
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
