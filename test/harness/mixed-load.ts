/**
 * Everything that clients and vendors do to a gateway, at once and for as long as it is asked for: whole answers and streams,
 * relayed and translated, large bodies, clients that leave or do not read, and vendors that refuse, break and dawdle.
 */
import type { Gateway } from "./binary.ts";
import { connectRaw } from "./raw-client.ts";

export const ADMIN_TOKEN = "admin-token-of-tests";
const CHUNKS = 20;
const LARGE_CHARS = 1024 * 1024;

/** One vendor whose models behave as they are named. */
export function startMoodyVendor(): { readonly port: number; stop(): void } {
  let turn = 0;
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    idleTimeout: 120,
    async fetch(request) {
      const asked: unknown = await request.json();
      const { model, stream } = namesOf(asked);
      turn += 1;
      if (model === "moody" && turn % 3 !== 0) return refusal(turn);
      if (model === "flood") return new Response(floodStream(), EVENT_STREAM);
      const isMessages = new URL(request.url).pathname.endsWith("/messages");
      if (stream) return new Response(isMessages ? messagesStream() : chatStream(), EVENT_STREAM);
      const text = model === "large" ? "y".repeat(LARGE_CHARS) : "a short answer";
      return Response.json(isMessages ? messagesAnswer(text) : chatAnswer(text));
    },
  });
  return { port: server.port ?? 0, stop: () => void server.stop(true) };
}

export function mixedConfig(vendorPort: number): string {
  const at = `base_url: "http://127.0.0.1:${vendorPort}", allow_private: true`;
  const prices = "prices: { input_per_million_usd: 2, output_per_million_usd: 10 }";
  return [
    'listen: "127.0.0.1:0"',
    "drain_secs: 2",
    `admin: { token: "${ADMIN_TOKEN}" }`,
    'governance: { enabled: true, db_path: "ledger.db" }',
    "log: { level: error }",
    "providers:",
    `  chat: { protocol: openai, ${at}, accounts: [ { id: a, api_key: vendor-key-a }, { id: b, api_key: vendor-key-b } ] }`,
    `  messages: { protocol: anthropic, ${at} }`,
    "models:",
    ...["ok", "large", "flood", "moody"].map(
      (name) => `  ${name}: { provider: chat, upstream_model: ${name}, ${prices} }`,
    ),
    `  claude: { provider: messages, upstream_model: ok, ${prices} }`,
    "pools:",
    "  fragile: { members: [ { target: moody, weight: 9 }, { target: ok, weight: 1 } ], breaker: { base_cooldown_secs: 1, max_cooldown_secs: 1 } }",
    "",
  ].join("\n");
}

/** A key with a budget and a limit, neither of which is ever reached. */
export async function makeKey(gateway: Gateway): Promise<string> {
  const made = await fetch(`${gateway.url}/admin/keys`, {
    method: "POST",
    headers: { authorization: `Bearer ${ADMIN_TOKEN}`, "content-type": "application/json" },
    body: JSON.stringify({
      name: "load",
      budgets: [{ window: "monthly", limit_usd: 1_000_000 }],
      rpm_limit: 10_000_000,
    }),
  });
  const body: unknown = await made.json();
  const secret = typeof body === "object" && body !== null && "secret" in body ? body.secret : null;
  if (typeof secret !== "string") throw new Error(`no key was made: ${JSON.stringify(body)}`);
  return secret;
}

export interface MixedLoad {
  /** What was done, by name. */
  counts(): Readonly<Record<string, number>>;
  /** What should not have come, a few of them. */
  readonly surprises: readonly string[];
  stop(): Promise<void>;
}

export function startMixedLoad(gateway: Gateway, secret: string, clients: number): MixedLoad {
  const counts: Record<string, number> = {};
  const surprises: string[] = [];
  let isOver = false;
  let turn = 0;
  const client = async (): Promise<void> => {
    while (!isOver) {
      const deed = DEEDS[turn % DEEDS.length];
      turn += 1;
      if (deed === undefined) return;
      counts[deed.name] = (counts[deed.name] ?? 0) + 1;
      try {
        const surprise = await deed.run({ gateway, secret });
        if (surprise !== null && surprises.length < 10) surprises.push(`${deed.name}: ${surprise}`);
      } catch (error) {
        if (surprises.length < 10) surprises.push(`${deed.name}: ${error instanceof Error ? error.message : "?"}`);
      }
    }
  };
  const running = Array.from({ length: clients }, client);
  return {
    counts: () => counts,
    surprises,
    async stop() {
      isOver = true;
      await Promise.all(running);
    },
  };
}

// ---------------------------------------------------------------- what clients do

interface Place {
  readonly gateway: Gateway;
  readonly secret: string;
}

interface Deed {
  readonly name: string;
  /** What should not have come, in words; null: all is as it should be. */
  readonly run: (place: Place) => Promise<string | null>;
}

const CHAT = "/v1/chat/completions";
const MESSAGES = "/v1/messages";

const asks = (name: string, path: string, body: object, status = 200): Deed => ({
  name,
  run: async (place) => {
    const response = await post(place, path, body);
    const text = await response.text();
    return response.status === status ? null : `${response.status} ${text.slice(0, 200)}`;
  },
});

const said = (model: string, more: object = {}): object => ({
  model,
  max_tokens: 64,
  messages: [{ role: "user", content: "Tell me something short." }],
  ...more,
});

const DEEDS: readonly Deed[] = [
  asks("relayed", CHAT, said("ok")),
  asks("relayed stream", CHAT, said("ok", { stream: true })),
  asks("translated", MESSAGES, said("ok")),
  asks("translated stream", MESSAGES, said("ok", { stream: true })),
  asks("translated stream the other way", CHAT, said("claude", { stream: true })),
  asks("failover", CHAT, said("fragile")),
  asks("large request", CHAT, { ...said("ok"), messages: [{ role: "user", content: "x".repeat(LARGE_CHARS) }] }),
  asks("large answer", CHAT, said("large")),
  asks("large answer translated", MESSAGES, said("large")),
  asks("unknown model", CHAT, said("nothing-of-that-name"), 404),
  {
    name: "wrong key",
    run: async ({ gateway }) => statusOf(await post({ gateway, secret: "sk-no" }, CHAT, said("ok")), 401),
  },
  { name: "no JSON", run: async (place) => statusOf(await postText(place, CHAT, "{"), 400) },
  {
    name: "leaves after the first words",
    async run(place) {
      const leaving = new AbortController();
      const response = await post(place, MESSAGES, said("flood", { stream: true }), leaving.signal);
      await response.body?.getReader().read();
      leaving.abort();
      return null;
    },
  },
  {
    name: "leaves before an answer",
    async run({ gateway, secret }) {
      const raw = await connectRaw(gateway.port);
      raw.write(headOf(secret, JSON.stringify(said("ok"))));
      raw.vanish();
      await raw.closed;
      return null;
    },
  },
  {
    name: "does not read",
    async run({ gateway, secret }) {
      const raw = await connectRaw(gateway.port);
      raw.write(headOf(secret, JSON.stringify(said("flood", { stream: true }))));
      await raw.saw("data:");
      raw.pause();
      await Bun.sleep(200);
      raw.vanish();
      return null;
    },
  },
];

function headOf(secret: string, body: string): string {
  return `POST ${CHAT} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${secret}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
}

function post(place: Place, path: string, body: object, signal: AbortSignal | null = null): Promise<Response> {
  return postText(place, path, JSON.stringify(body), signal);
}

function postText({ gateway, secret }: Place, path: string, body: string, signal: AbortSignal | null = null) {
  return fetch(`${gateway.url}${path}`, {
    method: "POST",
    headers: { authorization: `Bearer ${secret}`, "content-type": "application/json" },
    body,
    signal,
  });
}

async function statusOf(response: Response, wanted: number): Promise<string | null> {
  await response.text();
  return response.status === wanted ? null : String(response.status);
}

// ---------------------------------------------------------------- what the vendor says

const EVENT_STREAM = { headers: { "content-type": "text/event-stream" } };

function namesOf(asked: unknown): { readonly model: string; readonly stream: boolean } {
  if (typeof asked !== "object" || asked === null) return { model: "", stream: false };
  const model = "model" in asked && typeof asked.model === "string" ? asked.model : "";
  return { model, stream: "stream" in asked && asked.stream === true };
}

function refusal(turn: number): Response {
  if (turn % 2 === 0) return Response.json({ error: { message: "overloaded", type: "server_error" } }, { status: 503 });
  return new Response("<html>bad gateway</html>", { status: 502, headers: { "content-type": "text/html" } });
}

function chatAnswer(content: string): object {
  return {
    id: "chatcmpl-1",
    object: "chat.completion",
    created: 1,
    model: "ok",
    choices: [{ index: 0, message: { role: "assistant", content }, finish_reason: "stop" }],
    usage: { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 },
  };
}

function messagesAnswer(text: string): object {
  return {
    id: "msg_1",
    type: "message",
    role: "assistant",
    model: "ok",
    content: [{ type: "text", text }],
    stop_reason: "end_turn",
    stop_sequence: null,
    usage: { input_tokens: 10, output_tokens: 5 },
  };
}

function chunkOf(delta: object, finish: string | null, usage: object | null = null): string {
  const choices = [{ index: 0, delta, finish_reason: finish }];
  return `data: ${JSON.stringify({ id: "chatcmpl-1", object: "chat.completion.chunk", created: 1, model: "ok", choices, usage })}\n\n`;
}

/** One piece for each turn of the loop, so that it does not come at once. */
function streamOf(pieces: readonly string[]): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let at = 0;
  return new ReadableStream({
    async pull(controller) {
      const piece = pieces[at];
      at += 1;
      if (piece === undefined) {
        controller.close();
        return;
      }
      await Bun.sleep(1);
      controller.enqueue(encoder.encode(piece));
    },
  });
}

function chatStream(): ReadableStream<Uint8Array> {
  const words = Array.from({ length: CHUNKS }, (_, at) => chunkOf({ content: ` word${at}` }, null));
  const usage = { prompt_tokens: 10, completion_tokens: CHUNKS, total_tokens: 10 + CHUNKS };
  return streamOf([chunkOf({ role: "assistant" }, null), ...words, chunkOf({}, "stop", usage), "data: [DONE]\n\n"]);
}

function messagesStream(): ReadableStream<Uint8Array> {
  const event = (each: { readonly type: string }): string => `event: ${each.type}\ndata: ${JSON.stringify(each)}\n\n`;
  const message = { ...messagesAnswer(""), content: [], stop_reason: null };
  const delta = (at: number) => ({
    type: "content_block_delta",
    index: 0,
    delta: { type: "text_delta", text: ` w${at}` },
  });
  return streamOf([
    event({ type: "message_start", ...{ message } }),
    event({ type: "content_block_start", ...{ index: 0, content_block: { type: "text", text: "" } } }),
    ...Array.from({ length: CHUNKS }, (_, at) => event(delta(at))),
    event({ type: "content_block_stop", ...{ index: 0 } }),
    event({
      type: "message_delta",
      ...{ delta: { stop_reason: "end_turn", stop_sequence: null }, usage: { output_tokens: 9 } },
    }),
    event({ type: "message_stop" }),
  ]);
}

/** As much as its reader takes, and never an end. */
function floodStream(): ReadableStream<Uint8Array> {
  const piece = new TextEncoder().encode(chunkOf({ content: "x".repeat(1_000) }, null).repeat(16));
  return new ReadableStream({ pull: (controller) => controller.enqueue(piece) });
}
