/**
 * Coding agents as the wire sees them: what each sends first, how it puts a stream together, and what it keeps of an answer
 * in its history. Built after the programs' own traffic, and from nothing of the gateway's.
 */
import type { JsonObject } from "../../../src/std/json.ts";
import { AGENT_SCRIPT } from "../scripted/agent-script.ts";

export interface AgentCall {
  readonly id: string;
  readonly name: string;
  readonly input: unknown;
}

export interface AgentResult extends AgentCall {
  readonly output: string;
}

/** An answer in the form of a whole one, whether it was streamed or not. */
export interface Agent {
  readonly name: string;
  readonly protocol: string;
  readonly headers: Readonly<Record<string, string>>;
  path(model: string, stream: boolean): string;
  begin(model: string, stream: boolean): JsonObject;
  /** Puts the pieces of a stream together; throws where it did not end as it should. */
  assemble(stream: Uint8Array): JsonObject;
  calls(answer: JsonObject): readonly AgentCall[];
  text(answer: JsonObject): string;
  /** The next body: the history with what this agent keeps of the answer, and what its tools said. */
  next(body: JsonObject, answer: JsonObject, results: readonly AgentResult[]): JsonObject;
}

export interface AgentOutcome {
  readonly text: string;
  readonly calls: readonly (readonly [name: string, input: unknown])[];
  /** What the gateway said it could not carry, of all answers. */
  readonly losses: readonly string[];
}

/** More steps than the script has: a loop that never ends is a failure, not a test that hangs. */
const STEPS_MAX = 6;

export type Post = (
  path: string,
  headers: Readonly<Record<string, string>>,
  body: JsonObject,
) => Promise<{ readonly status: number; readonly losses: string; readonly bytes: Uint8Array }>;

/** One loop of an agent; the error says what was answered where it was not 200. */
export async function runAgent(
  agent: Agent,
  { post, model, stream }: { readonly post: Post; readonly model: string; readonly stream: boolean },
): Promise<AgentOutcome> {
  const calls: (readonly [string, unknown])[] = [];
  const losses = new Set<string>();
  let body = agent.begin(model, stream);
  for (let step = 0; step < STEPS_MAX; step++) {
    const answered = await post(agent.path(model, stream), agent.headers, body);
    for (const loss of answered.losses.split(",")) if (loss.trim() !== "") losses.add(loss.trim());
    const text = Buffer.from(answered.bytes).toString();
    if (answered.status !== 200) throw new Error(`${answered.status} in step ${step}: ${text}`);
    const answer: JsonObject = stream ? agent.assemble(answered.bytes) : JSON.parse(text);
    const made = agent.calls(answer);
    if (made.length === 0) return { text: agent.text(answer), calls, losses: [...losses].toSorted() };
    calls.push(...made.map(({ name, input }) => [name, input] as const));
    const results = made.map((call) => ({ ...call, output: String(AGENT_SCRIPT.run(call.name, {})["output"]) }));
    body = agent.next(body, answer, results);
  }
  throw new Error("the loop did not end");
}

/** The body an agent sends after so many steps with a vendor, whole answers; null: the loop did not come so far. */
export async function bodyAfter(
  agent: Agent,
  { post, model, steps }: { readonly post: Post; readonly model: string; readonly steps: number },
): Promise<JsonObject | null> {
  let body = agent.begin(model, false);
  for (let step = 0; step < steps; step++) {
    const answered = await post(agent.path(model, false), agent.headers, body);
    if (answered.status !== 200) return null;
    const answer: JsonObject = JSON.parse(Buffer.from(answered.bytes).toString());
    const results = agent
      .calls(answer)
      .map((call) => ({ ...call, output: String(AGENT_SCRIPT.run(call.name, {})["output"]) }));
    body = agent.next(body, answer, results);
  }
  return body;
}

export async function fetchPost(
  url: string,
  path: string,
  headers: Readonly<Record<string, string>>,
  body: JsonObject,
): ReturnType<Post> {
  const answer = await fetch(`${url}${path}`, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(body),
  });
  const losses = answer.headers.get("x-ringmain-losses") ?? "";
  return { status: answer.status, losses, bytes: new Uint8Array(await answer.arrayBuffer()) };
}
