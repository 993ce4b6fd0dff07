/**
 * The conversations clients hold with scripted vendors. The vendor knows what it said and refuses a history that says
 * anything else. Official clients ask for the weather: two calls in parallel with words beside them, one call alone, then
 * the answer. Agents (`agent-script.ts`) read, edit and read, run a command, and close.
 */
import type { JsonObject } from "../../../src/std/json.ts";
import { textOf } from "../../corpus/meaning.ts";

export interface ScriptCall {
  readonly name: string;
  readonly arguments: Readonly<Record<string, unknown>>;
}

export interface ScriptTurn {
  readonly text: string;
  readonly calls: readonly ScriptCall[];
  /** What the vendor thought before it; absent: nothing it shows. */
  readonly reasoning?: string;
}

export interface Script {
  readonly turns: readonly ScriptTurn[];
  run(name: string, given: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>>;
  /** Whether this request is of the conversation; to any other the last turn is said at once, whatever its history is. */
  holds(model: string, body: JsonObject): boolean;
}

export const QUESTION = "What is the weather in Paris and Oslo, and how late is it?";
export const SYSTEM = "You are a weather station.";
export const ANSWER = "Paris has 21 degrees, Oslo 18, and it is noon.";

export const SCRIPT: readonly ScriptTurn[] = [
  {
    reasoning: "Two cities, two questions.",
    text: "Let me look.",
    calls: [
      { name: "get_weather", arguments: { city: "Paris", unit: "c" } },
      { name: "get_weather", arguments: { city: "Oslo" } },
    ],
  },
  { reasoning: "The time is missing.", text: "", calls: [{ name: "get_time", arguments: { zone: "CET" } }] },
  { reasoning: "That is all.", text: ANSWER, calls: [] },
];

/** What the client's tools answer, as the object a program would return. */
export function runTool(name: string, given: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  if (name === "get_time") return { time: `noon in ${String(given["zone"])}` };
  const city = String(given["city"]);
  return { city, degrees: city === "Paris" ? 21 : 18, sky: ["clear", "höher: wolkig"] };
}

export const WEATHER: Script = { turns: SCRIPT, run: runTool, holds: (model) => model === "loop" };

export interface ScriptTool {
  readonly name: string;
  readonly description: string;
  readonly schema: {
    type: "object";
    properties: Record<string, { type: "string"; description?: string; enum?: string[] }>;
    required: string[];
  };
}

export const TOOLS: readonly ScriptTool[] = [
  {
    name: "get_weather",
    description: "Tells the weather of a city",
    schema: {
      type: "object",
      properties: {
        city: { type: "string", description: "Name of the city" },
        unit: { type: "string", enum: ["c", "f"] },
      },
      required: ["city"],
    },
  },
  {
    name: "get_time",
    description: "Tells the time of a zone",
    schema: { type: "object", properties: { zone: { type: "string" } }, required: ["zone"] },
  },
];

/** What a client came to: its calls in order, and the text it ended with. */
export interface Outcome {
  readonly text: string;
  readonly calls: readonly (readonly [name: string, given: unknown])[];
}

export const EXPECTED: Outcome = {
  text: ANSWER,
  calls: SCRIPT.flatMap(({ calls }) => calls.map((call) => [call.name, call.arguments] as const)),
};

// ---------------------------------------------------------------- what a vendor finds in a request

export interface HistoryCall {
  readonly id: string | null;
  readonly name: string;
  readonly arguments: unknown;
}

export interface HistoryResult {
  /** null: the wire ties results to calls by their order. */
  readonly id: string | null;
  readonly name: string | null;
  readonly content: unknown;
}

/** One assistant turn that holds calls, and the results that follow it. */
export interface HistoryStep {
  readonly text: string;
  readonly calls: readonly HistoryCall[];
  readonly results: readonly HistoryResult[];
}

/** What the history says otherwise than it was said, in order; empty: it is the vendor's own. */
export function historyProblems(
  steps: readonly HistoryStep[],
  idOf: (step: number, call: number) => string | null,
  script: Script = WEATHER,
): string[] {
  if (steps.length >= script.turns.length) return [`${steps.length} steps with calls: more than were made`];
  return steps.flatMap((step, at) => {
    const said = script.turns[at];
    if (said === undefined) return [];
    const wanted = said.calls.map((call, index) => ({ id: idOf(at, index), ...call }));
    const problems: string[] = [];
    if (textOf(step.calls) !== textOf(wanted))
      problems.push(`step ${at}: calls ${textOf(step.calls)}, made were ${textOf(wanted)}`);
    if (step.text !== said.text && step.text !== "")
      problems.push(`step ${at}: text ${JSON.stringify(step.text)}, said was ${JSON.stringify(said.text)}`);
    return [...problems, ...resultProblems(step, wanted, { at, script })];
  });
}

/** Steps whose words beside the calls did not come back. */
export function silencedSteps(steps: readonly HistoryStep[], script: Script = WEATHER): number[] {
  return steps.flatMap(({ text }, at) => (text === "" && (script.turns[at]?.text ?? "") !== "" ? [at] : []));
}

function resultProblems(
  step: HistoryStep,
  wanted: readonly (ScriptCall & { readonly id: string | null })[],
  { at, script }: { readonly at: number; readonly script: Script },
): string[] {
  if (step.results.length !== wanted.length)
    return [`step ${at}: ${step.results.length} results for ${wanted.length} calls`];
  return wanted.flatMap((call, index) => {
    const found = call.id === null ? step.results[index] : step.results.find((result) => result.id === call.id);
    if (found === undefined)
      return [`step ${at}: no result for ${call.id}, only ${step.results.map(({ id }) => id).join(", ")}`];
    if (found.name !== null && found.name !== call.name)
      return [`step ${at}: a result of ${found.name} for a call of ${call.name}`];
    const told = textOf(plain(found.content));
    const truth = textOf(plain(script.run(call.name, call.arguments)));
    return told === truth ? [] : [`step ${at}: result ${told} of ${call.name}, the tool said ${truth}`];
  });
}

/** JSON told as text, as one text of a list, or as the one member of an object, is what it tells. */
function plain(value: unknown): unknown {
  if (typeof value === "string") {
    try {
      return plain(JSON.parse(value));
    } catch {
      return value;
    }
  }
  if (Array.isArray(value)) return value.length === 1 ? plain(value[0]) : value;
  if (typeof value !== "object" || value === null) return value;
  // A client may wrap what the tool said in a few words about it.
  const entries = Object.entries(value).filter(([name]) => !["type", "cache_control", "name"].includes(name));
  const [only] = entries;
  const isWrapper = entries.length === 1 && only !== undefined && WRAPPERS.has(only[0]);
  return isWrapper ? plain(only[1]) : value;
}

const WRAPPERS: ReadonlySet<string> = new Set(["output", "result", "content", "text", "json", "value"]);
