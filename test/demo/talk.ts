// Builders for calls to the simulated vendors, and readers of what they answer, in both protocols.

import type { Chance } from "../../src/demo/chance.ts";
import { createVendors, type VendorAnswer, type Vendors } from "../../src/demo/vendor.ts";
import { createAccumulator } from "../../src/ir/fold.ts";
import type { IrResponse } from "../../src/ir/response.ts";
import { PROTOCOLS } from "../../src/protocols/index.ts";
import type { Protocol } from "../../src/protocols/protocol.ts";
import { concatBytes } from "../../src/std/bytes.ts";
import { asObject, parseJson } from "../../src/std/json.ts";
import { judged } from "../harness/judged.ts";

/** What the simulated vendors speak. */
export type ProtocolId = keyof typeof PATHS;
export const PROTOCOL_IDS: readonly ProtocolId[] = ["openai", "anthropic"];

export const PATHS = { openai: "/v1/chat/completions", anthropic: "/v1/messages" } as const;
export const KEYS = {
  openai: { authorization: "Bearer demo-account-key" },
  anthropic: { "x-api-key": "demo-account-key" },
};

/** Half past the hour: the failing vendor is well. */
export const WELL_MS = Date.UTC(2026, 0, 1, 12, 30, 40);
/** The first seconds of a minute: it is out. */
export const OUT_MS = Date.UTC(2026, 0, 1, 12, 30, 5);

/** Chance that always says the same. */
export const fixedChance = (value: number): Chance => ({ random: () => value, newId: (length) => "a".repeat(length) });

export function vendors({ chance = 0.99, slowness = 1 }: { chance?: number; slowness?: number } = {}): Vendors {
  return createVendors({ chance: fixedChance(chance), slowness });
}

export interface Ask {
  readonly protocol: ProtocolId;
  readonly temper?: string;
  readonly stream?: boolean;
  readonly body?: object;
  readonly wallMs?: number;
  readonly question?: string;
}

export function ask(asked: Vendors, input: Ask): VendorAnswer {
  const { protocol, temper = "steady", stream = false, question = "Why is the sky blue?" } = input;
  const body = { model: "some-model", max_tokens: 500, stream, messages: [{ role: "user", content: question }] };
  return asked.answer(
    {
      method: "POST",
      path: `/${temper}${PATHS[protocol]}`,
      headers: KEYS[protocol],
      body: JSON.stringify({ ...body, ...input.body }),
    },
    input.wallMs ?? WELL_MS,
  );
}

/** The answer with all of its text, as an error where it is none. */
export function whole(answer: VendorAnswer): Extract<VendorAnswer, { kind: "answer" }> & { readonly text: string } {
  if (answer.kind !== "answer") throw new Error("the connection was reset");
  return { ...answer, text: new TextDecoder().decode(concatBytes(answer.pieces.map((piece) => piece.bytes))) };
}

/** As the protocol's own reader understands it. */
export function read(protocolId: ProtocolId, answer: VendorAnswer): IrResponse {
  const { payload, carrier }: Protocol = PROTOCOLS[protocolId];
  const { headers, text } = whole(answer);
  if (headers["content-type"] !== carrier.framing.contentType) {
    return payload.readResponse(asObject(parseJson(text)) ?? {}).value;
  }
  const splitter = carrier.framing.createSplitter();
  const reader = payload.createStreamReader();
  const answered = createAccumulator();
  const frames = [...splitter.push(new TextEncoder().encode(text)), ...splitter.end()];
  for (const event of judged([...frames.flatMap((frame) => reader.push(frame)), ...reader.end()])) {
    answered.push(event);
    if (event.type !== "failed") continue;
    throw new Error(`the stream failed: ${event.failure.kind} ${event.failure.upstream?.type ?? ""}`);
  }
  return answered.response();
}

/** Text of the first choice. */
export function spoken(response: IrResponse): string {
  const blocks = response.choices[0]?.blocks ?? [];
  return blocks.flatMap((block) => (block.type === "text" ? [block.text] : [])).join("");
}

/** Tool calls of the first choice. */
export function calls(response: IrResponse) {
  const blocks = response.choices[0]?.blocks ?? [];
  return blocks.flatMap((block) => (block.type === "tool-call" ? [block] : []));
}
