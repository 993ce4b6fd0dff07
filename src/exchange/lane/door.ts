/**
 * Through which of its doors a lane is asked. A door whose protocol the client speaks comes first, so that its bytes stay
 * as they are; one at which the server is known to refuse this request comes last.
 */
import type { Door, Lane } from "../../ir/deployment.ts";
import type { Reference } from "../../ir/facts.ts";
import type { Protocol } from "../../protocols/protocol.ts";
import type { Exclusion } from "../../routing/condition.ts";
import type { World } from "../contract.ts";
import type { ClientCall } from "../request/call.ts";
import { accountOf } from "../stored-answers.ts";
import { hasPath, type Mode, modeOf } from "./mode.ts";

interface OpenDoor {
  readonly kind: "open";
  readonly door: Door;
  readonly egress: Protocol;
  readonly mode: Mode;
}

/** `because`: why no door takes the request. `first`: the lane this exchange asked first; null: none yet. */
export function chooseDoor(
  world: World,
  call: ClientCall,
  lane: Lane,
  first: Lane | null = null,
): OpenDoor | { readonly kind: "shut"; readonly because: Exclusion } {
  let because: Exclusion | null = null;
  let refusing: OpenDoor | null = null;
  for (const door of doorsFor(world, call, lane)) {
    const egress = world.protocolOf(door.protocol);
    const mode = modeThrough({ world, call, lane, first }, door, egress);
    if (mode !== "relay" && mode !== "translate") because ??= mode;
    else if (egress.payload.refuses?.(call.request.facts, lane.dialect) !== true)
      return { kind: "open", door, egress, mode };
    // Where no other door takes it, its own says why.
    else refusing ??= { kind: "open", door, egress, mode };
  }
  return refusing ?? { kind: "shut", because: because ?? "no-operation" };
}

/** For an attempt, which is made of a lane that was offered. */
export function openDoor(world: World, call: ClientCall, lane: Lane): OpenDoor {
  const chosen = chooseDoor(world, call, lane);
  if (chosen.kind === "open") return chosen;
  const [door] = lane.doors;
  return { kind: "open", door, egress: world.protocolOf(door.protocol), mode: "relay" };
}

/** The client's own first, then as they are listed. A lane has one door a protocol. */
function doorsFor(world: World, { ingress }: ClientCall, { doors }: Lane): readonly Door[] {
  if (doors.length === 1) return doors;
  const at = doors.findIndex(({ protocol }) => world.protocolOf(protocol).payload.id === ingress.payload.id);
  const own = doors[at];
  return own === undefined || at === 0 ? doors : [own, ...doors.filter((door) => door !== own)];
}

interface Asked {
  readonly world: World;
  readonly call: ClientCall;
  readonly lane: Lane;
  readonly first: Lane | null;
}

function modeThrough(asked: Asked, door: Door, egress: Protocol): Mode | Exclusion {
  const { call, lane } = asked;
  const { operation, references, compacts } = call.request.facts;
  const mode = modeOf(operation, call.ingress, egress);
  if (mode === null) return "no-operation";
  const { upstreamModel, dialect } = lane;
  const clientPath = compacts === true && !dialect.compaction ? "" : call.parts.path;
  if (!hasPath(operation, { egress, template: door.path, clientPath, upstreamModel })) {
    return "no-operation";
  }
  if (references !== undefined && !canLookUp(references, asked, egress)) return "held-elsewhere";
  return call.translation === "off" && mode === "translate" ? "other-protocol" : mode;
}

/**
 * Whether all that the request refers to may stand at this lane's account. Of what is stored at an unknown account the
 * first lane is asked, and no other account after it: that one would only say that it does not know it.
 */
function canLookUp(references: readonly Reference[], { world, lane, first }: Asked, egress: Protocol): boolean {
  const account = accountOf(lane);
  return references.every(({ payloads, id, sealed }) => {
    if (!payloads.includes(egress.payload.id)) return false;
    if (sealed === true) return mayOpen(id, { world, lane, first }, egress);
    const known = id === null ? null : world.storedAnswers.holderOf(id);
    const holder = known ?? (first === null ? null : accountOf(first));
    return holder === null || holder === account;
  });
}

/** By who sealed it, where that is known; else the first lane is asked, and after it only lanes that open the same seals. */
function mayOpen(value: string | null, { world, lane, first }: Omit<Asked, "call">, { payload }: Protocol): boolean {
  const known = value === null ? null : (world.signatures.memoryOf(payload)?.issuerOf(value) ?? null);
  const issuer = known ?? first?.sealIssuer ?? null;
  return issuer === null || issuer === lane.sealIssuer;
}
