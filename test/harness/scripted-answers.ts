/** Upstream answers for the core under virtual effects: whole bodies, and streams whose every chunk and fault is a step. */
import { encodeUtf8 } from "../../src/std/bytes.ts";
import { type Said, said, type Trouble, type VendorWords } from "./vendor-words.ts";
import type { Answer, FetchCall } from "./virtual-effects.ts";

export type BodyStep =
  | { readonly do: "bytes"; readonly bytes: string | Uint8Array }
  /** Waits for the test, or for the abort of the request. */
  | { readonly do: "wait"; readonly until: () => Promise<unknown> }
  /** Silence until the request is aborted. */
  | { readonly do: "hang" }
  /** The connection breaks. */
  | { readonly do: "reset" };

/** What became of a scripted body. */
export interface BodyWatch {
  /** The gateway aborted the request. */
  aborted: boolean;
  /** Chunks handed over so far. */
  sent: number;
}

export function json(status: number, body: string, headers: Readonly<Record<string, string>> = {}): Answer {
  return () => new Response(body, { status, headers: { "content-type": "application/json", ...headers } });
}

/** A whole answer in the vendor's words. */
export function whole(words: VendorWords, over: Partial<Said> = {}): Answer {
  return json(200, words.body(said(over)));
}

/** A streamed answer, one chunk a frame. */
export function streamed(words: VendorWords, over: Partial<Said> = {}): Answer {
  return stream(words.frames(said(over)).map((bytes): BodyStep => ({ do: "bytes", bytes })));
}

/** Whole or streamed, as the request asks; with usage in a stream where the vendor was asked for it. */
export function answering(words: VendorWords, over: Partial<Said> = {}): Answer {
  return (call) => {
    const body: { stream?: boolean; stream_options?: { include_usage?: boolean } } = JSON.parse(bodyText(call));
    if (body.stream !== true) return whole(words, over)(call);
    const usage = words.protocol !== "openai" || body.stream_options?.include_usage === true;
    const frames = words.frames(said(over), { usage });
    return stream(frames.map((bytes): BodyStep => ({ do: "bytes", bytes })))(call);
  };
}

export function refusing(words: VendorWords, trouble: Trouble, headers: Readonly<Record<string, string>> = {}): Answer {
  const { status, body } = words.error(trouble);
  return json(status, body, headers);
}

export function transportError(code: string): Answer {
  return () => {
    throw Object.assign(new Error("the transport failed"), { code });
  };
}

/** A 200 whose body follows the steps; it ends after the last one. */
export function stream(
  steps: readonly BodyStep[],
  options: { readonly headers?: Readonly<Record<string, string>>; readonly watch?: BodyWatch } = {},
): Answer {
  return (call) => {
    const body = createBody(steps, call.init.signal, options.watch ?? { aborted: false, sent: 0 });
    return new Response(body, { status: 200, headers: { "content-type": "text/event-stream", ...options.headers } });
  };
}

/** What the gateway sent, as text. */
export function bodyText(call: FetchCall): string {
  const { body } = call.init;
  if (body === null) return "";
  return typeof body === "string" ? body : new TextDecoder().decode(body);
}

function createBody(steps: readonly BodyStep[], signal: AbortSignal, watch: BodyWatch): ReadableStream<Uint8Array> {
  let next = 0;
  const gone = new Promise<void>((resolve) => {
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        // As a real fetch: an abort breaks a read that is under way.
        signal.addEventListener("abort", () => {
          watch.aborted = true;
          controller.error(signal.reason);
        });
      },
      async pull(controller) {
        for (;;) {
          const step = steps[next];
          next++;
          if (signal.aborted) return;
          if (step === undefined) {
            controller.close();
            return;
          }
          switch (step.do) {
            case "bytes":
              watch.sent++;
              controller.enqueue(typeof step.bytes === "string" ? encodeUtf8(step.bytes) : step.bytes);
              return;
            case "wait":
              await Promise.race([step.until(), gone]);
              break;
            case "hang":
              await gone;
              return;
            case "reset":
              controller.error(Object.assign(new Error("the connection was reset"), { code: "ECONNRESET" }));
              return;
          }
        }
      },
    },
    { highWaterMark: 0 },
  );
}

/** Each provider's own answer, by the provider's name (`https://<name>.invalid/...`). */
export function byProvider(answers: Readonly<Record<string, Answer>>): Answer {
  return (call) => {
    const name = new URL(call.url).hostname.replace(/\.invalid$/, "");
    const answer = answers[name];
    if (answer === undefined) throw new Error(`no answer scripted for provider ${name}`);
    return answer(call);
  };
}
