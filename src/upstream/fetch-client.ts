/**
 * A request through the runtime's own client: for what goes through a proxy, and where the configuration asks for it. It
 * does not tell when a connection stands, so connecting counts within the first-byte limit.
 */
import { wholeOf } from "../std/bytes.ts";
import type { Cancel, Effects, FetchInit } from "../std/effects.ts";
import type { Send, SendInput, UpstreamBody, UpstreamChunk } from "./contract.ts";
import { type Timeout, timeoutFailure, transportFailure } from "./failures.ts";
import { watchIdle } from "./idle-watch.ts";
import { isShort } from "./short-body.ts";

export function createFetchClient(effects: Pick<Effects, "fetch" | "setTimer" | "nowMs">): Send {
  return async function send(input) {
    if (input.signal.aborted) return { kind: "aborted" };
    const call = openCall(effects, input);
    try {
      const response = await effects.fetch(input.url, fetchInit(input, call.signal));
      const headers = headersOf(response);
      return {
        kind: "response",
        status: response.status,
        headers,
        body: bodyOf(response, headers, call, { input, effects }),
      };
    } catch (error) {
      call.close();
      if (call.timedOut() !== null)
        return { kind: "failed", failure: timeoutFailure(call.timedOut()), mayHaveRun: true };
      if (input.signal.aborted) return { kind: "aborted" };
      return { kind: "failed", ...transportFailure(error) };
    }
  };
}

interface UpstreamCall {
  readonly signal: AbortSignal;
  timedOut(): Timeout | null;
  /** The first-byte timer has done its work. */
  begun(): void;
  abort(why: Timeout | null): void;
  /** Clears timers and listeners. */
  close(): void;
}

/** One AbortController per call, fed by the caller's signal and our timers; listeners and timers go when it closes. */
function openCall(effects: Pick<Effects, "setTimer">, input: SendInput): UpstreamCall {
  const controller = new AbortController();
  let timedOut: Timeout | null = null;
  const abort = (why: Timeout | null): void => {
    timedOut ??= why;
    controller.abort();
  };
  const onSignal = (): void => abort(null);
  input.signal.addEventListener("abort", onSignal, { once: true });
  const timer = (ms: number, why: Timeout): Cancel => (ms > 0 ? effects.setTimer(ms, () => abort(why)) : nothing);
  const cancelFirstByte = timer(input.timers.firstByteMs, "first byte");
  const cancelTotal = timer(input.timers.totalMs, "total");
  return {
    signal: controller.signal,
    timedOut: () => timedOut,
    begun: cancelFirstByte,
    abort,
    close() {
      cancelFirstByte();
      cancelTotal();
      input.signal.removeEventListener("abort", onSignal);
    },
  };
}

function fetchInit(input: SendInput, signal: AbortSignal): FetchInit {
  return {
    method: input.method,
    headers: input.headers,
    body: wholeOf(input.body),
    signal,
    redirect: "manual",
    timeout: false,
    proxy: input.proxy ?? false,
    ...(input.ca === null ? {} : { tls: { ca: input.ca } }),
  };
}

function bodyOf(
  response: Response,
  headers: Readonly<Record<string, string>>,
  call: UpstreamCall,
  { input, effects }: { readonly input: SendInput; readonly effects: Pick<Effects, "setTimer" | "nowMs"> },
): UpstreamBody {
  const isWhole = isShort(headers);
  const reader = isWhole || response.body === null ? null : response.body.getReader();
  const idle = watchIdle(effects, input.timers.idleMs, () => call.abort("idle"));
  let done = false;
  const finish = (chunk: UpstreamChunk): UpstreamChunk => {
    done = true;
    idle.close();
    call.close();
    return chunk;
  };
  if (!isWhole && reader === null) finish(END);
  const took = (read: { done: boolean; value?: Uint8Array | undefined }): UpstreamChunk => {
    idle.heard();
    const { value } = read;
    return read.done || value === undefined ? finish(END) : { kind: "bytes", bytes: value, isLast: false };
  };
  // Read without a stream: 1.4 µs instead of 4.3 µs for a few hundred bytes (Bun 1.4.5, two shared cores).
  const tookWhole = (bytes: Uint8Array): UpstreamChunk =>
    finish(bytes.length === 0 ? END : { kind: "bytes", bytes, isLast: true });
  const broke = (error: unknown): UpstreamChunk => {
    if (call.timedOut() !== null) return finish({ kind: "failed", failure: timeoutFailure(call.timedOut()) });
    if (input.signal.aborted || call.signal.aborted) return finish({ kind: "aborted" });
    return finish({ kind: "failed", failure: transportFailure(error).failure });
  };
  return {
    next() {
      if (done) return Promise.resolve(call.timedOut() === null && input.signal.aborted ? { kind: "aborted" } : END);
      idle.waits();
      return reader === null ? response.bytes().then(tookWhole, broke) : reader.read().then(took, broke);
    },
    idled: idle.idled,
    begun: call.begun,
    cancel() {
      if (done) return;
      finish(END);
      call.abort(null);
    },
  };
}

const END: UpstreamChunk = { kind: "end" };

/**
 * Names come in lower case; Set-Cookie, which comes as a list, is left out. So is a value with control characters, which no
 * client could read. Of HTTP/1.1 only those above 0x7f come so far: Bun 1.4.5 refuses the whole answer for the others.
 */
function headersOf(response: Response): Record<string, string> {
  const { "set-cookie": _list, ...headers } = response.headers.toJSON();
  for (const name in headers) if (CONTROLS.test(headers[name] ?? "")) delete headers[name];
  return headers;
}

/** Both ranges of them in Latin-1, which is how a header's bytes come; a tab is white space. */
const CONTROLS = /[^\t\x20-\x7e\xa0-\xff]/;

const nothing = (): void => undefined;
