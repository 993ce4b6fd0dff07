/** Which session a request belongs to: by its name, or by who asks and what the user said first. Keyed by caller: two may choose one name. */
import { sessionNameOf } from "../../governance/request-headers.ts";
import type { Target } from "../../ir/deployment.ts";
import { sessionName } from "../../routing/affinity.ts";
import { sha256Hex } from "../../std/digest.ts";
import type { ClientCall } from "./call.ts";

/** Hexadecimal characters of a session's key: enough that no two meet. */
const KEY_CHARS = 32;

/** null: the target keeps no sessions in their place, or the request names none. */
export function sessionKeyOf(call: ClientCall, { affinity }: Pick<Target, "affinity">): string | null {
  if (affinity === null) return null;
  const { facts } = call.request;
  const { headers } = call.parts;
  const name = sessionName({ headers, agent: sessionNameOf(headers), body: facts.session }, affinity);
  if (name !== null) return keyOf(call, "named", name);
  const hasTurns = facts.operation === "chat" || facts.operation === "count";
  const said = affinity.prefix && hasTurns ? firstSaid(call) : null;
  return said === null ? null : keyOf(call, "begun", said);
}

function keyOf({ caller }: ClientCall, how: string, name: string): string {
  const who = caller.key?.id ?? caller.credentialDigest?.() ?? caller.label;
  return sha256Hex(`${how}\u0000${who}\u0000${name}`).slice(0, KEY_CHARS);
}

/** A digest of the user's first words, which stay the same from turn to turn; null: there are none. */
export function firstSaid(call: ClientCall): string | null {
  const read = call.ir();
  const first = read.ok ? read.value.value.turns.find(({ role }) => role === "user") : undefined;
  const said = first?.blocks.flatMap((block) => (block.type === "text" ? [block.text] : [])) ?? [];
  return said.length === 0 ? null : sha256Hex(JSON.stringify(said));
}
