/**
 * The world of one simulated run: lanes, pools of every policy, and vendors with moods. A mood lasts a while, so that
 * breakers trip, cooldowns end and vendors come back; inside it every fault of an upstream may happen. All by one seed.
 */

import { isSameModel } from "../../src/ir/canonical.ts";
import type { Exhaustion, Keep, Lane, PolicyId, Provider, Target } from "../../src/ir/deployment.ts";
import { encodeUtf8 } from "../../src/std/bytes.ts";
import { laneOf, PRICES, poolOf, providerOf, stickyBy, targetOf } from "./deployments.ts";
import { refusing } from "./scripted-answers.ts";
import { said, type Trouble, VENDOR_WORDS, type VendorWords, wordsOf } from "./vendor-words.ts";
import type { Answer, FetchCall } from "./virtual-effects.ts";

export type Random = () => number;

/** Time as the vendors have it; bound to the core's own when that exists. */
export interface Clock {
  nowMs(): number;
  setTimer(ms: number, fire: () => void): () => void;
}

/** What became of a streamed body of a vendor's. */
export interface Watched {
  readonly url: string;
  over: boolean;
}

export interface SimulatedWorld {
  readonly lanes: readonly Lane[];
  readonly targets: readonly Target[];
  readonly providers: readonly Provider[];
  readonly answer: Answer;
  readonly bodies: readonly Watched[];
  readonly hasProbes: boolean;
}

/** Every one whose words the harness knows. */
export const PROTOCOLS = VENDOR_WORDS.map(({ protocol }) => protocol);

export function pick<T>(random: Random, from: readonly T[]): T {
  const chosen = from[Math.floor(random() * from.length)];
  if (chosen === undefined) throw new Error("nothing to pick from");
  return chosen;
}

export function makeWorld(random: Random, clock: Clock): SimulatedWorld {
  const lanes = makeLanes(random);
  const bodies: Watched[] = [];
  const hasProbes = random() < 0.3;
  const providers = [...new Set(lanes.map(({ provider }) => provider))].map((name) =>
    providerOf(name, {
      health: {
        mode: hasProbes ? pick(random, ["none", "dead", "active"]) : "none",
        intervalMs: 20_000,
        timeoutMs: 3_000,
      },
    }),
  );
  const moods = new Map(providers.map(({ name }) => [name, makeMoods(random)]));
  const answer: Answer = (call) => {
    const lane = lanes.find(({ provider }) => call.url.startsWith(`https://${provider}.invalid`));
    if (lane === undefined) throw new Error(`nobody lives at ${call.url}`);
    const mood = moods.get(lane.provider)?.(clock.nowMs()) ?? "well";
    return act({ random, clock, bodies, words: wordsOf(lane.doors[0].protocol), provider: lane.provider }, mood)(call);
  };
  return { lanes, targets: makeTargets(random, lanes), providers, answer, bodies, hasProbes };
}

function makeLanes(random: Random): Lane[] {
  const lanes: Lane[] = [];
  const providers = 1 + Math.floor(random() * 4);
  for (let index = 0; index < providers; index++) {
    const protocol = pick(random, PROTOCOLS);
    const slots = { group: `p${index}`, max: pick(random, [1, 2, 100]) };
    const accounts = random() < 0.3 ? ["a", "b"] : ["a"];
    const model = `m${Math.floor(index / 2)}`;
    const over = {
      slots,
      queue: { max: pick(random, [0, 1, 3, 1_000]), maxWaitMs: pick(random, [0, 1_000, 30_000]) },
      canonical: { id: `c${Math.floor(index / 2)}`, proven: random() < 0.7 },
      capabilities: {
        contextWindow: pick(random, [null, 8_192, 200_000]),
        tools: pick(random, [null, null, true, false]),
        tier: pick(random, [null, "fast", "strong"] as const),
      },
      prices: random() < 0.5 ? PRICES : null,
      maxRequests: random() < 0.1 ? 3 : null,
      ...pick<Pick<Lane, "region" | "retention" | "unknown">>(random, [
        {},
        { region: "eu", retention: "none" },
        { region: "us", retention: "kept" },
        { unknown: "deny" },
        { unknown: "allow", region: "eu" },
      ]),
    };
    for (const account of accounts) {
      lanes.push(
        laneOf(`p${index}/${account}/${model}`, protocol, {
          ...over,
          routing: random() > 0.05,
          pinned: random() < 0.1,
        }),
      );
    }
  }
  return lanes;
}

const POLICIES: readonly PolicyId[] = ["weighted", "ranked", "ordered", "ordered", "cheapest", "fastest", "least_busy"];

function makeTargets(random: Random, lanes: readonly Lane[]): Target[] {
  const exhausted = pick<Exhaustion>(random, [
    { action: "reject" },
    { action: "least-bad" },
    { action: "wait", maxMs: 10_000 },
    { action: "fallback-pool", pool: "spare" },
  ]);
  const over = {
    failover: {
      cap: pick(random, [0, 1, 3]),
      deadlineMs: pick(random, [30_000, 120_000, 600_000]),
      keep: pick<readonly Keep[]>(random, [
        [],
        [],
        ["model"],
        ["provider"],
        ["tier"],
        ["model", "provider"],
        ["region"],
        ["zdr"],
        ["tier", "zdr"],
      ]),
      exclusions: random() < 0.25 ? ["m1"] : [],
      prefer: "same-model" as const,
    },
    breaker: {
      baseCooldownMs: pick(random, [1_000, 15_000]),
      maxCooldownMs: 120_000,
      trip: pick(random, [
        { mode: "consecutive", failures: 1 } as const,
        { mode: "consecutive", failures: 3 } as const,
        { mode: "error_rate", windowMs: 30_000, threshold: 0.5, minRequests: 3 } as const,
      ]),
    },
    affinity: random() < 0.3 ? stickyBy() : null,
    translation: pick(random, ["lenient", "lenient", "strict", "off"] as const),
    identity: pick(random, ["record", "record", "strict"] as const),
  };
  const first = lanes[0];
  const own = lanes.filter(({ model }) => model === first?.model);
  const same =
    first === undefined ? [] : lanes.filter((lane) => lane.model !== first.model && isSameModel(first, lane));
  const member = { model: first?.model ?? "", weight: 1, lanes: own.map(({ id }) => id), contextMax: null };
  return [
    poolOf("pool", lanes, { ...over, onExhausted: exhausted, select: pick(random, POLICIES) }),
    poolOf("spare", lanes.slice(0, 1), { onExhausted: { action: "fallback-pool", pool: "pool" } }),
    targetOf(first?.model ?? "", [member], {
      kind: "model",
      substitutes: same.map(({ id }) => id),
      exactFailover: true,
    }),
  ];
}

// ---------------------------------------------------------------- moods

const MOODS = [
  "well",
  "well",
  "mixed",
  "mixed",
  "mixed",
  "limits",
  "failing",
  "down",
  "slow",
  "flapping",
  "dismissed",
  "silent",
] as const;
type Mood = (typeof MOODS)[number];

/** What a provider is like, by the time. */
function makeMoods(random: Random): (nowMs: number) => Mood {
  const phases = Array.from({ length: 4 }, (_, index) => ({
    fromMs: index === 0 ? 0 : index * pick(random, [5_000, 40_000, 200_000]),
    mood: pick(random, MOODS),
  }));
  return (nowMs) => {
    const { mood } = phases.findLast(({ fromMs }) => nowMs >= fromMs) ?? { mood: "well" };
    return mood === "flapping" ? (Math.floor(nowMs / 5_000) % 2 === 0 ? "well" : "down") : mood;
  };
}

interface Acting {
  readonly random: Random;
  readonly clock: Clock;
  readonly bodies: Watched[];
  readonly words: VendorWords;
  readonly provider: string;
}

function act(acting: Acting, mood: Mood): Answer {
  const { random, words } = acting;
  switch (mood) {
    case "well":
      return random() < 0.95 ? good(acting) : anyFault(acting);
    case "limits":
      return refusing(words, "rate-limited", hint(random));
    case "failing":
      return pick(random, [refusing(words, "server-error"), refusing(words, "overloaded"), status(529), status(502)]);
    case "down":
      return broken(pick(random, ["ConnectionRefused", "ENOTFOUND", "ECONNRESET", "CERT_HAS_EXPIRED"]));
    case "slow":
      return later(acting, pick(random, [500, 4_000, 20_000]), good(acting));
    case "dismissed":
      return refusing(words, pick(random, ["credential", "billing"] as const));
    case "silent":
      return never;
    default:
      return random() < 0.5 ? good(acting) : anyFault(acting);
  }
}

const TROUBLES: readonly Trouble[] = [
  "rate-limited",
  "overloaded",
  "server-error",
  "credential",
  "billing",
  "model-missing",
  "context-length",
  "too-large",
  "rejected",
];

/** In every form vendors use, and some that are none. */
function hint(random: Random): Record<string, string> {
  const value = pick(random, [null, "0", "1", "7", "3600", "31536000", "-1", "NaN", "Thu, 01 Jan 2026 00:00:20 GMT"]);
  return value === null ? {} : { "retry-after": value };
}

const CODES = [
  ...["ENOTFOUND", "ConnectionRefused", "ECONNREFUSED", "ECONNRESET", "ETIMEDOUT", "EPROTO", "CERT_HAS_EXPIRED"],
  ...["ERR_TLS_CERT_ALTNAME_INVALID", "Malformed_HTTP_Response", "ResponseHeadersTooLarge", "EMFILE"],
];

function anyFault(acting: Acting): Answer {
  const { random, words } = acting;
  const dice = random();
  if (dice < 0.02) return echo(words);
  if (dice < 0.3) return refusing(words, pick(random, TROUBLES), random() < 0.5 ? hint(random) : {});
  if (dice < 0.45) return broken(pick(random, CODES));
  if (dice < 0.5) return never;
  return (call) => (isStreamed(call) ? brokenStream(acting) : brokenBody(acting))(call);
}

function isStreamed({ init }: FetchCall): boolean {
  const { body } = init;
  const text = body === null ? "" : typeof body === "string" ? body : new TextDecoder().decode(body);
  return /"stream"\s*:\s*true/.test(text);
}

// ---------------------------------------------------------------- answers

const never: Answer = () => new Promise<Response>(() => undefined);

function broken(code: string): Answer {
  return () => {
    throw Object.assign(new Error("the transport failed"), { code });
  };
}

/** Quotes the key back at whoever sent it. */
function echo(words: VendorWords): Answer {
  return (call) => {
    const key = /key-of-[\w-]+/.exec(JSON.stringify(call.init.headers))?.[0] ?? "";
    const { status: code, body: text } = words.error("rejected");
    return body(text.replace(/"message"(\s*):(\s*)"/, `"message"$1:$2"${key}: `), "application/json", {}, code)(call);
  };
}

function status(code: number): Answer {
  return () => new Response("", { status: code });
}

function body(bytes: string, type: string | null, headers: Record<string, string> = {}, code = 200): Answer {
  return () =>
    new Response(bytes, { status: code, headers: { ...(type === null ? {} : { "content-type": type }), ...headers } });
}

/** Every text piece names its provider, so that a mixture of two answers shows. */
const sayingOf = (provider: string, model?: string) =>
  said({ pieces: [`<${provider}>`, "word ", "word."], ...(model === undefined ? {} : { model }) });

function modelIn(call: FetchCall): string {
  const { body: bytes } = call.init;
  const text = bytes === null ? "" : typeof bytes === "string" ? bytes : new TextDecoder().decode(bytes);
  return /"model"\s*:\s*"([^"]*)"/.exec(text)?.[1] ?? "";
}

function good(acting: Acting): Answer {
  const { random, words, provider } = acting;
  return (call) => {
    const answer = sayingOf(provider, modelIn(call));
    if (!isStreamed(call)) return body(words.body(answer), "application/json")(call);
    const frames = words.frames(answer);
    const dice = random();
    if (dice < 0.1)
      return play(
        acting,
        slices(frames.join(""), () => 1),
        { do: "end" },
      )(call);
    if (dice < 0.3)
      return play(
        acting,
        frames.map((bytes) => [bytes, pick(random, [0, 10, 1_000])] as const),
        { do: "end" },
      )(call);
    return play(acting, frames, { do: "end" })(call);
  };
}

function later({ clock }: Acting, ms: number, answer: Answer): Answer {
  return async (call) => {
    await sleep(clock, ms, call.init.signal);
    return await answer(call);
  };
}

function brokenBody(acting: Acting): Answer {
  const { random, words, provider } = acting;
  const whole = words.body(sayingOf(provider));
  return pick<Answer>(random, [
    body("", "application/json"),
    body("{", "application/json"),
    body("[]", "application/json"),
    body('{"error":null}', "application/json"),
    body("<html>log in</html>", "text/html"),
    body(whole.slice(0, Math.floor(random() * whole.length)), "application/json"),
    body(whole, null),
    body("\u001f\u008b not really gzip", "application/json", { "content-encoding": "gzip" }),
    body("", null, { location: "https://elsewhere.invalid/" }, pick(random, [301, 302, 307, 308])),
    body(words.body(sayingOf(provider, "another-model")), "application/json"),
    status(pick(random, [204, 408, 413, 425, 500, 529])),
    play(acting, words.frames(sayingOf(provider)), { do: "end" }),
    later(acting, pick(random, [1_000, 200_000]), body(whole, "application/json")),
  ]);
}

type Ending = { readonly do: "end" | "reset" | "hang" };
/** Bytes, and how long before them in ms. */
type Step = string | Uint8Array | readonly [string | Uint8Array, number];

function brokenStream(acting: Acting): Answer {
  const { random, words, provider } = acting;
  const frames = words.frames(sayingOf(provider));
  const shake = frames.slice(0, words.handshakeFrames);
  const begun = frames.slice(0, words.handshakeFrames + 1);
  const text = encodeUtf8(frames.join(""));
  const cut = text.subarray(0, Math.floor(random() * (text.length + 1)));
  const ending = (): Ending => ({ do: pick(random, ["end", "reset", "hang"] as const) });
  const end: Ending = { do: "end" };
  return pick<Answer>(random, [
    play(
      acting,
      [...shake, words.errorFrame(pick(random, ["overloaded", "server-error", "rate-limited"] as const))],
      end,
    ),
    play(acting, [...begun, words.errorFrame("server-error")], end),
    play(acting, shake, ending()),
    play(acting, begun, ending()),
    play(acting, frames.slice(0, -1), ending()),
    play(acting, frames.slice(0, -2), ending()),
    play(acting, [cut], ending()),
    play(acting, [cut], ending()),
    play(acting, [], ending()),
    play(acting, [...Array.from({ length: 40 }, () => words.idleFrame), ...frames], end),
    play(acting, [...begun, "data: {not json\n\n", ...frames.slice(begun.length)], end),
    play(acting, [...frames, ...frames.slice(-1)], end),
    play(acting, [...begun, [frames.at(-1) ?? "", 400_000]], end),
    play(acting, words.frames(sayingOf(provider), { usage: false }), end),
    play(acting, words.frames(sayingOf(provider, "another-model")), end),
    play(acting, [`:${"x".repeat(1_000)}\n\n`.repeat(200)], ending()),
    body("<html>log in</html>", "text/html"),
    body(words.body(sayingOf(provider)), "application/json"),
    body("", "text/event-stream"),
  ]);
}

function slices(text: string, size: () => number): string[] {
  const parts: string[] = [];
  for (let at = 0; at < text.length; ) {
    const next = at + Math.max(1, size());
    parts.push(text.slice(at, next));
    at = next;
  }
  return parts;
}

function play({ clock, bodies }: Acting, steps: readonly Step[], ending: Ending): Answer {
  return (call) => {
    const { signal } = call.init;
    const watched: Watched = { url: call.url, over: false };
    bodies.push(watched);
    let next = 0;
    const stream = new ReadableStream<Uint8Array>(
      {
        start(controller) {
          const onAbort = (): void => {
            watched.over = true;
            controller.error(signal.reason);
          };
          if (signal.aborted) onAbort();
          else signal.addEventListener("abort", onAbort, { once: true });
        },
        async pull(controller) {
          const step = steps[next];
          next++;
          if (step === undefined) return finish(controller);
          const [bytes, afterMs] = typeof step === "string" || step instanceof Uint8Array ? [step, 0] : step;
          if (afterMs > 0) await sleep(clock, afterMs, signal);
          if (!signal.aborted) controller.enqueue(typeof bytes === "string" ? encodeUtf8(bytes) : bytes);
        },
        cancel() {
          watched.over = true;
        },
      },
      { highWaterMark: 0 },
    );
    const finish = (controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> | void => {
      if (ending.do === "hang")
        return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
      watched.over = true;
      if (signal.aborted) return;
      if (ending.do === "end") controller.close();
      else controller.error(Object.assign(new Error("the connection was reset"), { code: "ECONNRESET" }));
    };
    return new Response(stream, { status: 200, headers: { "content-type": "text/event-stream" } });
  };
}

/** Ends with the signal too, and leaves no timer behind. */
function sleep(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      cancel();
      signal.removeEventListener("abort", done);
      resolve();
    };
    const cancel = clock.setTimer(ms, done);
    signal.addEventListener("abort", done, { once: true });
    if (signal.aborted) done();
  });
}
