/**
 * Requests that name themselves (`Idempotency-Key`, or `x-router-request-id`): the first one runs, and who asks the same
 * again is given its answer. Only answers of a lane are kept, whole and without trouble; after anything else it runs anew.
 */
import type { Caller } from "../../governance/identify.ts";
import type { RememberedAnswer } from "../../governance/ledger-messages.ts";
import { failed, failure, ok, type Result } from "../../ir/failure.ts";
import type { RouterWishes } from "../../ir/router-wishes.ts";
import { sha256Hex } from "../../std/digest.ts";
import type { StopSignal } from "../../std/stop-signal.ts";
import type { Answer, ByteSource, RunInput, WholeAnswer } from "../contract.ts";
import { isAboutLimits } from "../header-filter.ts";
import type { IdempotencyStore, NamedRequests } from "../named-requests.ts";

/** How a request names itself, and where answers to such names are kept. */
export interface RequestName {
  readonly text: string;
  readonly store: IdempotencyStore;
  /** Others of the name wait while it runs; else they are told to come again. */
  readonly isJoined: boolean;
}

interface Naming {
  readonly request: Pick<RunInput, "parts" | "caller">;
  readonly wishes: RouterWishes | null;
  /** Answers are kept because the operator says so; null: they are not. */
  readonly kept: IdempotencyStore | null;
  /** For the names of the router's own header where nothing is configured. */
  readonly memory: IdempotencyStore;
  readonly hasCallers: boolean;
}

const NAME_HEADER = "idempotency-key";
const ROUTER_HEADER = "x-router-request-id";
const NAME_CHARS_MAX = 255;

/** null: it does not name itself. */
export function nameOf({ request, wishes, kept, memory, hasCallers }: Naming): Result<RequestName | null> {
  const text = kept === null ? "" : (request.parts.headers[NAME_HEADER] ?? "");
  if (text.length > NAME_CHARS_MAX) return refused(`Idempotency-Key is longer than ${NAME_CHARS_MAX} characters.`);
  const id = wishes?.requestId ?? null;
  if (id === null) return ok(text === "" || kept === null ? null : { text, store: kept, isJoined: false });
  if (text !== "" && text !== id) return refused(`${ROUTER_HEADER} and Idempotency-Key name this request differently.`);
  if (!hasCallers && request.caller.key === null)
    return refused(`${ROUTER_HEADER} needs callers that are told apart, and auth.mode is none here.`);
  return ok({ text: id, store: kept ?? memory, isJoined: true });
}

type Recall =
  /** The first request of this name: its answer is kept under the key. */
  | { readonly kind: "first"; readonly key: string }
  | { readonly kind: "replay"; readonly answer: WholeAnswer }
  | { readonly kind: "abandoned" };

export async function recall(
  name: RequestName,
  { parts, caller, body, signal }: RunInput,
  { wishes, running }: { readonly wishes: RouterWishes | null; readonly running: NamedRequests },
): Promise<Result<Recall>> {
  const { store, isJoined } = name;
  // The caller and the path are a part of the key, so that no caller is given another one's answer.
  const key = sha256Hex(JSON.stringify([ownerOf(caller), parts.path, name.text]));
  const fingerprint = sha256Hex(`${sha256Hex(body)} ${parts.query}${wishText(wishes)}`);
  let isAnother = false;
  // Ends: each turn waits for a request that ends, and the one that ran elsewhere is asked about twice.
  for (;;) {
    const recalled = await store.recall(key, fingerprint);
    switch (recalled.kind) {
      case "run":
        return ok({ kind: "first", key });
      case "replay":
        return ok({ kind: "replay", answer: replayed(recalled.answer) });
      case "mismatch":
        return failed(failure("idempotency-mismatch", OTHER_REQUEST));
      case "running": {
        const over = isJoined ? running.over(key) : null;
        // It may have ended since; else another process runs it.
        if (over === null && (isAnother || !isJoined))
          return failed(failure("idempotency-in-progress", STILL_RUNNING, RETRY_MS));
        isAnother = over === null;
        if (over !== null && !(await untilOver(over, signal))) return ok({ kind: "abandoned" });
      }
    }
  }
}

/** A label may be another caller's after the list of tokens was changed. */
function ownerOf({ key, credentialDigest, label }: Caller): string {
  return key?.id ?? credentialDigest?.() ?? label;
}

/** What the client asks of the router is a part of what it asks. */
function wishText(wishes: RouterWishes | null): string {
  if (wishes === null) return "";
  const { task, threshold, allowDegrade, zdr, dataCollection } = wishes;
  return JSON.stringify([task, threshold, allowDegrade, zdr, dataCollection]);
}

/** False: the client left first. */
function untilOver(over: Promise<void>, signal: StopSignal): Promise<boolean> {
  return new Promise((resolve) => {
    const onAbort = (): void => resolve(false);
    if (signal.aborted) onAbort();
    else signal.addEventListener("abort", onAbort, { once: true });
    void over.then(() => {
      signal.removeEventListener("abort", onAbort);
      resolve(true);
    });
  });
}

function refused(message: string): Result<never> {
  return failed(failure("invalid-request", message));
}

const RETRY_MS = 1_000;
const STILL_RUNNING = "A request of this name is being answered. Send it again when that one is over.";
const OTHER_REQUEST = "This name was used for another request. Choose a new one.";

function replayed({ status, headers, body }: RememberedAnswer): WholeAnswer {
  return { status, headers: { ...headers, "x-ringmain-replayed": "true" }, body: Buffer.from(body, "base64") };
}

/** Where the answer to one request is kept. */
export interface Keeping {
  readonly bytesMax: number;
  /** An answer is on its way that will be kept, or not, when it ends. */
  isTaken: boolean;
  /** null: nothing is kept, and the next one of the name runs. Called once. */
  remember(answer: RememberedAnswer | null): void;
}

/** The same answer, kept when its last byte is out. `isSound`: asked then; trouble in a stream is not kept. */
export function keepAnswer(keeping: Keeping, answer: Answer, isSound: () => boolean): Answer {
  const { status, body } = answer;
  const headers = Object.fromEntries(Object.entries(answer.headers).filter(([name]) => !isAboutLimits(name)));
  const keep = (bytes: Uint8Array | null): void => {
    const isKept = bytes !== null && bytes.length <= keeping.bytesMax && status < 300 && isSound();
    const text = isKept ? Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64") : "";
    keeping.remember(isKept ? { status, headers, body: text } : null);
  };
  if (!(body instanceof Uint8Array)) return { ...answer, body: collecting(body, keeping.bytesMax, keep) };
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
