/**
 * A conversation made shorter, where its pool says so: whole exchanges go first, a turn of the user with all that followed
 * it; then, of the last one, calls with their results. Instructions, the last turn of the user, the last step and what is sealed stay.
 */
import type { Overflow } from "../../ir/deployment.ts";
import type { TurnKind } from "../../protocols/protocol.ts";
import { concatBytes, encodeUtf8, indexOfBytes } from "../../std/bytes.ts";
import { asArray } from "../../std/json.ts";
import { type Element, elementsOf } from "../../std/json-elements.ts";
import { type ClientCall, readOnce } from "./call.ts";
import { estimateTokens, readFacts } from "./facts.ts";

export type TrimOrder = Extract<Overflow, "trim-oldest" | "trim-middle">;

/** null: nothing that may be left out makes it short enough. `tokens`: what the whole request may have. */
export function trimmedCall(call: ClientCall, order: TrimOrder, tokens: number): ClientCall | null {
  const { ingress, request, route, parts } = call;
  const { turns } = ingress.payload;
  if (turns === undefined || request.form !== null || request.facts.operation !== "chat") return null;
  const list = request.members.findLast(({ name }) => name === turns.member);
  const values = asArray(request.body[turns.member]);
  const elements = list === undefined ? null : elementsOf(request.bytes, list.valueStart);
  if (list === undefined || values === undefined || elements?.length !== values.length) return null;
  const bytesOf = ({ start, end }: Element): Uint8Array => request.bytes.subarray(start, end);
  const seals = ingress.payload.signatureMembers.map((name) => encodeUtf8(`"${name}"`));
  const sketches = elements.map((element, index): TurnSketch => {
    const bytes = bytesOf(element);
    const isSealed = seals.some((seal) => indexOfBytes(bytes, seal) !== -1);
    return { kind: turns.kindOf(values[index]), tokens: estimateTokens(bytes), isSealed };
  });
  const left = turnsLeftOut(sketches, order, request.facts.inputTokensEstimate - tokens);
  if (left === null) return null;
  const kept = elements.filter((_, index) => !left.has(index)).map(bytesOf);
  const before = request.bytes.subarray(0, list.valueStart + 1);
  const inner = kept.flatMap((bytes, index) => (index === 0 ? [bytes] : [COMMA, bytes]));
  const body = concatBytes([before, ...inner, request.bytes.subarray(list.valueEnd - 1)]);
  const read = readFacts({ route, parts, body, protocol: ingress });
  if (!read.ok) return null;
  return { ...call, request: read.value, ir: readOnce(ingress, read.value), trimmed: { order, turns: left.size } };
}

const COMMA = encodeUtf8(",");

export interface TurnSketch {
  readonly kind: TurnKind;
  readonly tokens: number;
  /** Only its issuer can open a part of it, and may look for it. */
  readonly isSealed: boolean;
}

/** Indices of turns; null: they are not enough. `excess`: tokens that have to go. */
export function turnsLeftOut(
  turns: readonly TurnSketch[],
  order: TrimOrder,
  excess: number,
): ReadonlySet<number> | null {
  const exchanges = exchangesOf(turns);
  const last = exchanges.at(-1) ?? [];
  const steps = stepsOf(turns, last);
  const units = [...inOrder(exchanges.slice(0, -1), order), ...inOrder(steps.slice(0, -1), order)];
  const left = new Set<number>();
  let rest = excess;
  for (const unit of units) {
    if (rest <= 0) break;
    if (unit.some((index) => turns[index]?.isSealed !== false)) continue;
    for (const index of unit) {
      left.add(index);
      rest -= turns[index]?.tokens ?? 0;
    }
  }
  return rest > 0 || left.size === 0 ? null : left;
}

/** From each turn of the user to the next one, without what is kept in any case. */
function exchangesOf(turns: readonly TurnSketch[]): readonly (readonly number[])[] {
  const exchanges: number[][] = [];
  for (const [index, { kind }] of turns.entries()) {
    if (kind === "kept") continue;
    if (kind === "user" || exchanges.length === 0) exchanges.push([]);
    exchanges.at(-1)?.push(index);
  }
  return exchanges;
}

/** What the model did and what that gave, again and again; the user's own turn is no step. */
function stepsOf(turns: readonly TurnSketch[], exchange: readonly number[]): readonly (readonly number[])[] {
  const steps: number[][] = [];
  let before: TurnKind = "user";
  for (const index of exchange) {
    const kind = turns[index]?.kind ?? "kept";
    if (kind === "user") continue;
    if (kind === "assistant" && before !== "assistant") steps.push([]);
    steps.at(-1)?.push(index);
    before = kind;
  }
  return steps;
}

/** The oldest first; or from the middle outwards, where both the beginning and the end matter most. */
function inOrder(units: readonly (readonly number[])[], order: TrimOrder): readonly (readonly number[])[] {
  if (order === "trim-oldest") return units;
  const middle = (units.length - 1) / 2;
  return units
    .map((unit, index) => ({ unit, distance: Math.abs(index - middle) }))
    .toSorted((one, other) => one.distance - other.distance)
    .map(({ unit }) => unit);
}
