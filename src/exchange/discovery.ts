/** Model lists: what this caller may ask for, in the client's own shape. Answered here; no lane is asked. */
import { type Caller, mayAsk } from "../governance/index.ts";
import type { Deployment, Target } from "../ir/deployment.ts";
import { type Failure, failure } from "../ir/failure.ts";
import type { RequestParts, Route } from "../ir/route.ts";
import type { ListedModel, Protocol } from "../protocols/protocol.ts";
import { encodeUtf8 } from "../std/bytes.ts";
import type { Answer } from "./contract.ts";

/** The protocol a shared path is meant for: the one whose clients send such a head, else the route's own. */
export function discoverer(route: Route, parts: RequestParts, protocols: readonly Protocol[]): Protocol | undefined {
  return (
    protocols.find(
      (protocol) => protocol.id !== route.protocol && protocol.operations.models?.speaks(parts) === true,
    ) ?? protocols.find((protocol) => protocol.id === route.protocol)
  );
}

export function listModels(input: {
  readonly deployment: Deployment;
  readonly protocol: Protocol;
  readonly parts: RequestParts;
  readonly caller: Caller;
  readonly startedWallMs: number;
}): Answer | Failure {
  const { deployment, protocol, parts, caller } = input;
  const { models } = protocol.operations;
  if (models === undefined) return failure("unknown-route", "There is no such path.");
  const asked = parts.params["id"];
  const targets = Object.values(deployment.targets).filter((target) => mayAsk(caller, target.name));
  if (asked === undefined) {
    const listed = targets.map((target) => describe(deployment, target, input.startedWallMs));
    return json(models.writeList(listed, parts.query));
  }
  const found = targets.find((target) => target.name === asked);
  return found === undefined
    ? failure("unknown-model", `The model "${asked.slice(0, 120)}" does not exist.`)
    : json(models.writeOne(describe(deployment, found, input.startedWallMs)));
}

/** A pool promises what all of its lanes are known to do: the smallest window and limit. */
function describe(deployment: Deployment, target: Target, startedWallMs: number): ListedModel {
  const lanes = target.members.flatMap((member) => member.lanes.flatMap((id) => deployment.lanes[id] ?? []));
  const smallest = (values: readonly (number | null)[]): number | null => {
    const known = values.filter((value) => value !== null);
    return known.length === 0 || known.length < values.length ? null : Math.min(...known);
  };
  const providers = new Set(lanes.map((lane) => lane.provider));
  return {
    id: target.name,
    createdMs: startedWallMs,
    ownedBy: providers.size === 1 ? ([...providers][0] ?? "ringmain") : "ringmain",
    contextWindow: smallest(lanes.map((lane) => lane.capabilities.contextWindow)),
    maxOutputTokens: smallest(lanes.map((lane) => lane.capabilities.maxOutputTokens)),
  };
}

function json(body: object): Answer {
  return { status: 200, headers: { "content-type": "application/json" }, body: encodeUtf8(JSON.stringify(body)) };
}
