/**
 * Vendors on loopback sockets, in the exact bytes of vendor-words.ts. The upstream model's name is the script: a
 * test configures a model called after what it wants to happen.
 */
import {
  chunk,
  type FakeUpstream,
  lastChunk,
  type ReceivedRequest,
  rawStep,
  type Script,
  type Step,
  startFakeUpstream,
  streamHead,
} from "./fake-upstream.ts";
import {
  type Said,
  said,
  type Trouble,
  type VendorWords,
  WEATHER_OSLO,
  WEATHER_PARIS,
  wordsOf,
} from "./vendor-words.ts";

/** Trouble as an error status. `limited` carries a hint of one second. */
const TROUBLES: Readonly<Record<string, Trouble>> = {
  limited: "rate-limited",
  overloaded: "overloaded",
  broken: "server-error",
  "bad-key": "credential",
  "no-money": "billing",
  "no-model": "model-missing",
  "too-long": "context-length",
  "too-large": "too-large",
  rejected: "rejected",
};

/**
 * `text`, `tools` (one call, and words once its result came), `parallel` (two calls), `empty-arguments`, any of TROUBLES, `reset`,
 * `hang` (silent), `hang-mid` (silent after the first words), `reset-mid`, `end-mid`, `overloaded-inside` (in a 200
 * stream), `error-mid`, `html`, `gated` (waits for `open`), `cut-<bytes>` (the answer ends after so many bytes).
 */
export interface Vendor {
  readonly words: VendorWords;
  readonly url: string;
  readonly requests: readonly ReceivedRequest[];
  /** Bodies received so far, parsed. */
  bodies(): readonly VendorBody[];
  received(count: number): Promise<void>;
  /** Lets every answer of model `gated` go on. */
  open(): void;
  close(): Promise<void>;
}

interface VendorTurn {
  readonly type?: string;
  readonly role?: string;
  readonly content?: unknown;
}

export interface VendorBody {
  readonly model: string;
  readonly stream?: boolean;
  readonly stream_options?: { readonly include_usage?: boolean } | null;
  /** Of a chat or a message. */
  readonly messages?: readonly VendorTurn[];
  /** Of a response. */
  readonly input?: string | readonly VendorTurn[];
  readonly tools?: readonly unknown[];
  readonly [member: string]: unknown;
}

export async function startVendor(protocol: VendorWords["protocol"]): Promise<Vendor> {
  const words = wordsOf(protocol);
  const gate = Promise.withResolvers<void>();
  const script: Script = (request) => answer(words, request, gate.promise);
  const upstream: FakeUpstream = await startFakeUpstream(script);
  return {
    words,
    url: upstream.url,
    requests: upstream.requests,
    bodies: () => upstream.requests.map(bodyOf),
    received: upstream.received,
    open: () => gate.resolve(),
    close: upstream.close,
  };
}

function bodyOf(request: ReceivedRequest): VendorBody {
  const body: VendorBody = JSON.parse(request.body.toString());
  return body;
}

function answer(words: VendorWords, request: ReceivedRequest, gate: Promise<void>): readonly Step[] {
  if (request.path.endsWith("/count_tokens")) return [rawStep(200, '{"input_tokens": 21}', JSON_TYPE)];
  const body = bodyOf(request);
  const { model } = body;
  const trouble = TROUBLES[model];
  if (trouble !== undefined) return refuse(words, trouble);
  const steps = speak(words, body, saidBy(model, body));
  const cut = /^cut-(\d+)$/.exec(model)?.[1];
  if (cut !== undefined) return cutAfter(steps, Number(cut));
  switch (model) {
    case "reset":
      return [{ do: "reset" }];
    case "hang":
      return [{ do: "hang" }];
    case "html":
      return [rawStep(200, "<html><body>Please sign in</body></html>", { "content-type": "text/html" })];
    case "gated":
      return [{ do: "wait", until: gate }, ...steps];
    case "gated-mid":
      return [
        ...steps.slice(0, words.handshakeFrames + 2),
        { do: "wait", until: gate },
        ...steps.slice(words.handshakeFrames + 2),
      ];
    case "hang-mid":
      return [...steps.slice(0, words.handshakeFrames + 2), { do: "hang" }];
    case "reset-mid":
      return [...steps.slice(0, words.handshakeFrames + 2), { do: "reset" }];
    case "end-mid":
      return [...steps.slice(0, words.handshakeFrames + 2), lastChunk];
    case "error-mid":
      return [...steps.slice(0, words.handshakeFrames + 2), chunk(words.errorFrame("overloaded")), lastChunk];
    case "overloaded-inside":
      return [streamHead(), chunk(words.errorFrame("overloaded")), lastChunk];
    default:
      return steps;
  }
}

const JSON_TYPE = { "content-type": "application/json" };

function refuse(words: VendorWords, trouble: Trouble): readonly Step[] {
  const { status, body } = words.error(trouble);
  const hint: Record<string, string> = trouble === "rate-limited" ? { "retry-after": "1" } : {};
  return [rawStep(status, body, { ...JSON_TYPE, ...hint })];
}

/** Calls until their results are in the conversation, then words that prove they arrived. */
function saidBy(model: string, body: VendorBody): Said {
  const turns = body.messages ?? (typeof body.input === "string" ? [] : (body.input ?? []));
  const results = turns.filter(holdsResult).length;
  const calls = {
    tools: [WEATHER_PARIS],
    parallel: [WEATHER_PARIS, WEATHER_OSLO],
    "empty-arguments": [{ ...WEATHER_PARIS, arguments: "{}" }],
  }[model];
  if (calls === undefined) return said({ model });
  return results === 0
    ? said({ model, pieces: [], tools: calls })
    : said({ model, pieces: ["Paris has 21", " degrees, Oslo 18."] });
}

function holdsResult({ type, role, content }: VendorTurn): boolean {
  if (role === "tool" || type === "function_call_output") return true;
  return content !== undefined && JSON.stringify(content).includes('"tool_result"');
}

/** The head and each frame as a step of its own; a whole answer is one. */
function speak(words: VendorWords, body: VendorBody, answer: Said): Step[] {
  const headers = { "request-id": "req_vendor_9", "x-request-id": "req_vendor_9" };
  if (body.stream !== true) return [rawStep(200, words.body(answer), { ...JSON_TYPE, ...headers })];
  const usage = words.protocol !== "openai" || body.stream_options?.include_usage === true;
  return [streamHead(headers), ...words.frames(answer, { usage }).map(chunk), lastChunk];
}

function cutAfter(steps: readonly Step[], bytes: number): Step[] {
  const whole = Buffer.concat(steps.map((step) => (step.do === "write" ? Buffer.from(step.bytes) : Buffer.alloc(0))));
  return [{ do: "write", bytes: whole.subarray(0, bytes) }, { do: "end" }];
}
