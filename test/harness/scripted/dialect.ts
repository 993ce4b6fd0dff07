/**
 * A vendor that holds a scripted conversation over real sockets in its own dialect, and is as strict as the real one: a
 * request that breaks the wire's rules, or a history that is not what the vendor said, gets the vendor's own 400.
 */
import { asObject, type JsonObject } from "../../../src/std/json.ts";
import {
  chunk,
  type FakeUpstream,
  lastChunk,
  type ReceivedRequest,
  rawStep,
  type Step,
  startFakeUpstream,
  streamHead,
} from "../fake-upstream.ts";
import type { SaidReasoning } from "../vendor-words.ts";
import { type HistoryStep, historyProblems, type Script, silencedSteps, WEATHER } from "./script.ts";

export interface Turn {
  readonly model: string;
  readonly text: string;
  readonly reasoning?: SaidReasoning | null;
  readonly calls: readonly {
    readonly id: string | null;
    readonly name: string;
    readonly arguments: string;
    /** The tool is a custom one: its input as text. */
    readonly freeText?: string;
  }[];
}

export interface Asked {
  readonly model: string;
  readonly stream: boolean;
  readonly body: JsonObject;
  readonly request: ReceivedRequest;
}

export type Fault = "rejected" | "limited" | "bad-key" | "overloaded" | "broken";

export interface Dialect {
  readonly protocol: string;
  /** null: no path of the chat operation. */
  route(path: string, body: JsonObject): { readonly model: string; readonly stream: boolean } | null;
  /** Everything the vendor would refuse, each as a sentence. */
  problems(asked: Asked): string[];
  history(body: JsonObject): HistoryStep[];
  /** The id the vendor gives to a call; null: it gives none. */
  idOf(step: number, call: number): string | null;
  /** What the vendor shows and seals of its reasoning, where this request lets it think. Absent: it never thinks. */
  reasoning?(asked: Asked, step: number, text: string): SaidReasoning | null;
  /** Names of tools whose input is free text. */
  customTools?(body: JsonObject): readonly string[];
  whole(turn: Turn): string;
  frames(turn: Turn, asked: Asked): readonly (string | Uint8Array)[];
  readonly streamType: string;
  error(
    fault: Fault,
    message: string,
  ): { readonly status: number; readonly body: string; readonly headers: Readonly<Record<string, string>> };
}

export interface ScriptedVendor {
  readonly dialect: Dialect;
  readonly url: string;
  readonly requests: readonly ReceivedRequest[];
  /** What was refused, request by request: what a failing test should print. */
  readonly refused: readonly string[];
  /** Requests whose history had lost the words beside a call. */
  readonly silenced: readonly number[];
  received(count: number): Promise<void>;
  close(): Promise<void>;
}

const JSON_TYPE = { "content-type": "application/json" };
const FAULTS: ReadonlySet<string> = new Set(["rejected", "limited", "bad-key", "overloaded", "broken"]);
const isFault = (word: string): word is Fault => FAULTS.has(word);

/** Several dialects: one vendor with several doors, told apart by their paths. */
export async function startScripted(
  doors: Dialect | readonly [Dialect, ...Dialect[]],
  script: Script = WEATHER,
): Promise<ScriptedVendor> {
  const dialects = "protocol" in doors ? [doors] : doors;
  const [main] = "protocol" in doors ? [doors] : doors;
  const refused: string[] = [];
  const silenced: number[] = [];
  /** Models named `retry-...` fail every other time. */
  let failures = 0;
  const upstream: FakeUpstream = await startFakeUpstream((request) => {
    const body = parseBody(request);
    const dialect = dialects.find((each) => each.route(request.path, body) !== null) ?? main;
    const route = dialect.route(request.path, body);
    if (route === null) return refuse(dialect, "rejected", `no such path: ${request.path}`, refused);
    const fault = route.model.replace(/^retry-/, "");
    if (isFault(fault) && (fault === route.model || failures++ % 2 === 0))
      return refuse(dialect, fault, MESSAGES[fault], []);
    const asked: Asked = { ...route, body, request };
    const holds = script.holds(route.model, body);
    const steps = dialect.history(body);
    if (holds) silenced.push(...silencedSteps(steps, script));
    const problems = judge(dialect, asked, script);
    if (problems.length > 0) return refuse(dialect, "rejected", problems.join(" | "), refused);
    return answer(dialect, asked, turnAfter(dialect, asked, holds ? steps.length : script.turns.length - 1, script));
  });
  return {
    dialect: main,
    url: upstream.url,
    requests: upstream.requests,
    refused,
    silenced,
    received: upstream.received,
    close: upstream.close,
  };
}

const MESSAGES: Readonly<Record<Fault, string>> = {
  rejected: "The request holds something this vendor refuses.",
  limited: "Too many requests. Please slow down.",
  "bad-key": "The key is not valid.",
  overloaded: "The model is overloaded. Please try again later.",
  broken: "An internal error happened.",
};

function parseBody(request: ReceivedRequest): JsonObject {
  try {
    return asObject(JSON.parse(request.body.toString())) ?? {};
  } catch {
    return {};
  }
}

function refuse(dialect: Dialect, fault: Fault, message: string, refused: string[]): Step[] {
  refused.push(message);
  const { status, body, headers } = dialect.error(fault, message);
  const hint: Record<string, string> = fault === "limited" ? { "retry-after": "1" } : {};
  return [rawStep(status, body, { ...JSON_TYPE, ...headers, ...hint })];
}

/** Everything a vendor in the middle of its conversation would refuse of a request; empty: it is taken. */
export function judge(dialect: Dialect, asked: Asked, script: Script): string[] {
  const found = dialect.problems(asked);
  if (script.holds(asked.model, asked.body))
    found.push(...historyProblems(dialect.history(asked.body), dialect.idOf, script));
  return found;
}

export function turnAfter(dialect: Dialect, asked: Asked, step: number, script: Script): Turn {
  const said = script.turns[step] ?? script.turns.at(-1);
  if (said === undefined) throw new Error("the script is empty");
  const custom = dialect.customTools?.(asked.body) ?? [];
  const calls = said.calls.map((call, index) => ({
    id: dialect.idOf(step, index),
    name: call.name,
    arguments: JSON.stringify(call.arguments),
    ...(custom.includes(call.name) ? { freeText: String(call.arguments["input"]) } : {}),
  }));
  const reasoning = said.reasoning === undefined ? null : (dialect.reasoning?.(asked, step, said.reasoning) ?? null);
  return { model: asked.model, text: said.text, calls, reasoning };
}

function answer(dialect: Dialect, asked: Asked, turn: Turn): Step[] {
  if (asked.model === "hang") return [{ do: "hang" }];
  if (!asked.stream) return [rawStep(200, dialect.whole(turn), JSON_TYPE)];
  const frames = dialect.frames(turn, asked).map(chunk);
  const head = streamHead({ "content-type": dialect.streamType });
  if (asked.model === "hang-mid") return [head, ...frames.slice(0, middle(frames)), { do: "hang" }];
  if (asked.model === "cut") return [head, ...frames.slice(0, middle(frames)), lastChunk];
  return [head, ...frames, lastChunk];
}

/** Behind the first words of the text, ahead of anything that ends the stream. */
const middle = (frames: readonly unknown[]): number => Math.max(1, Math.ceil(frames.length / 2));

/** Pieces of a text as a vendor streams them, none of them empty. */
export function pieces(text: string): string[] {
  const third = Math.ceil(text.length / 3);
  return [text.slice(0, third), text.slice(third, 2 * third), text.slice(2 * third)].filter((piece) => piece !== "");
}

export function sse(event: string | null, data: string, lineEnd = "\n"): string {
  return `${event === null ? "" : `event: ${event}${lineEnd}`}data: ${data}${lineEnd}${lineEnd}`;
}
