/**
 * Strange requests through one pair of protocols, over the whole core: what must hold of each is said here once, for the
 * bounded run of every test run and for the long one of the suite `fuzz`.
 */
import type { Route } from "../../src/ir/route.ts";
import { PROTOCOLS } from "../../src/protocols/index.ts";
import type { Protocol } from "../../src/protocols/protocol.ts";
import { RESPONSES, STREAMS } from "../corpus/corpus.ts";
import { contextFor, readBack } from "../corpus/translate.ts";
import { type Core, createCore, type Got } from "./core.ts";
import { deploymentOf, laneOf } from "./deployments.ts";
import { bodyText } from "./scripted-answers.ts";
import { type StrangeRequest, strangeOperation, strangeQuestion } from "./strange-requests.ts";
import type { Answer, FetchCall } from "./virtual-effects.ts";

const ALL: readonly Protocol[] = Object.values(PROTOCOLS);

export const STRANGE_LANES = ALL.map((lane) => ({ name: lane.id, lane }));

/** Every protocol's clients at every protocol's lanes. */
export const STRANGE_PAIRS = ALL.flatMap((client) =>
  ALL.map((lane) => ({ name: `${client.id} > ${lane.id}`, client, lane })),
);

/** Requests after which a core is made anew, because it keeps every record. */
const REQUESTS_A_CORE = 250;
/** Of one pair; more of them say little more. */
const WRONG_SHOWN = 3;

export interface StrangeRun {
  /** Of the first request; each next one has the next number. */
  readonly seed: number;
  readonly times: number;
}

/** Questions of one protocol's clients at another's lane, which would answer all of them. What was wrong, with its seed. */
export function wrongAnswers(
  { client, lane }: { readonly client: Protocol; readonly lane: Protocol },
  run: StrangeRun,
): Promise<string[]> {
  const routes = client.carrier.routes.filter(({ operation }) => operation === "chat");
  return wrongOf(run, {
    routes,
    answer: soundAnswer(lane),
    lane,
    make: (seed) => strangeQuestion(client, seed),
    look: ({ asked, got }) => [
      ...(asked.length === 0 || got.status === 200
        ? []
        : [`a vendor was asked for what ended in ${got.status}: ${got.text.slice(0, 200)}`]),
      ...(asked.length > 0 || got.status !== 200 ? [] : ["answered by no vendor"]),
    ],
  });
}

/** What is asked beside chat, over all routes there are, at a lane whose every answer is empty. */
export function wrongOperations(lane: Protocol, run: StrangeRun): Promise<string[]> {
  return wrongOf(run, {
    routes: ALL.flatMap(({ carrier }) => carrier.routes).filter(
      ({ operation, method }) => operation !== "chat" && method === "POST",
    ),
    answer: () => Response.json({}),
    lane,
    make: strangeOperation,
    look: () => [],
  });
}

interface Looked {
  readonly asked: readonly FetchCall[];
  readonly got: Got;
}

interface StrangePlan {
  readonly routes: readonly Route[];
  readonly lane: Protocol;
  readonly answer: Answer;
  readonly make: (seed: number) => StrangeRequest;
  /** What must hold beside what holds of every request. */
  readonly look: (looked: Looked) => readonly string[];
}

async function wrongOf({ seed, times }: StrangeRun, plan: StrangePlan): Promise<string[]> {
  const wrong: string[] = [];
  let core = coreOf(plan);
  for (let at = 0; at < times && wrong.length < WRONG_SHOWN; at += 1) {
    if (at % REQUESTS_A_CORE === REQUESTS_A_CORE - 1) core = coreOf(plan);
    const problem = await problemWith(core, plan, seed + at);
    if (problem === null) continue;
    wrong.push(`seed ${seed + at}: ${problem}`);
    core = coreOf(plan);
  }
  return wrong;
}

async function problemWith(core: Core, plan: StrangePlan, seed: number): Promise<string | null> {
  const { body, target } = plan.make(seed);
  const [calls, records] = [core.effects.calls.length, core.records.length];
  const route = plan.routes[seed % plan.routes.length];
  if (route === undefined) throw new Error("there is no route");
  const { protocol, operation, path } = route;
  const names = route.target.from === "param" ? route.target.names : [];
  const params = Object.fromEntries(names.map((name, at) => [name, at === 0 ? target : "m"]));
  const got = await core.ask({ protocol, operation, path, body, params });
  const asked = core.effects.calls.slice(calls);
  const found = [
    ...core.bugs.map((bug) => `a bug: ${bug instanceof Error ? bug.stack : String(bug)}`),
    ...(core.records.length === records + 1 ? [] : ["not one record"]),
    ...(core.records.at(-1)?.failure === "internal" ? ["an internal error"] : []),
    ...(core.inflight() === 0 ? [] : ["a slot is held"]),
    ...asked.flatMap((call) => (isJson(bodyText(call)) ? [] : ["what was sent is no JSON"])),
    ...unsendable(got),
    ...plan.look({ asked, got }),
  ];
  return found.length === 0 ? null : `${path}: ${found.join("; ")}\n${new TextDecoder().decode(body).slice(0, 1_500)}`;
}

/** What the runtime would not put on the wire, after the vendor was paid. */
function unsendable({ status, headers }: Got): string[] {
  try {
    new Response(null, { status, headers: { ...headers } });
    return [];
  } catch (error) {
    return [`the answer's head cannot be sent: ${String(error)}`];
  }
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function coreOf({ lane, answer }: StrangePlan): Core {
  return createCore({
    deployment: deploymentOf({ lanes: [laneOf("p/a/pool", lane.id, { upstreamModel: "m" })], targets: [] }),
    answer,
    metered: true,
  });
}

/** A sound answer, whole or streamed as the request asks. */
function soundAnswer(lane: Protocol): Answer {
  const [response] = Object.values(RESPONSES);
  const [events] = Object.values(STREAMS);
  if (response === undefined || events === undefined) throw new Error("the corpus is empty");
  const whole = JSON.stringify(lane.payload.writeResponse(response, contextFor(null)).value);
  const { bytes } = readBack(lane, events, []);
  return (call) => {
    const isStream = /[sS]tream/.test(new URL(call.url).pathname) || asksForStream(bodyText(call));
    return new Response(isStream ? new Uint8Array(bytes) : whole, {
      headers: { "content-type": isStream ? lane.carrier.framing.contentType : "application/json" },
    });
  };
}

function asksForStream(text: string): boolean {
  const body: { stream?: unknown } = JSON.parse(text);
  return body.stream === true;
}
