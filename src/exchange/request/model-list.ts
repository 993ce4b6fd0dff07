/** Model lists: what this caller may ask for, in the client's own shape. Answered here; no lane is asked. */

import { mayAsk, namesUsedBy } from "../../governance/admit.ts";
import type { Caller } from "../../governance/identify.ts";
import type { Deployment, Target } from "../../ir/deployment.ts";
import { failed, failure, ok, type Result } from "../../ir/failure.ts";
import type { RequestParts, Route } from "../../ir/route.ts";
import type { ListedModel, Protocol } from "../../protocols/protocol.ts";
import { findOtherName } from "../../routing/alias.ts";
import { findTarget } from "../../routing/target.ts";
import { encodeUtf8 } from "../../std/bytes.ts";
import type { WholeAnswer } from "../contract.ts";
import { nearestName, unknownModel } from "./unknown-name.ts";

/** The protocol a shared path is meant for: the one whose clients send such a head, else the route's own. */
export function discoverer(route: Route, parts: RequestParts, protocols: readonly Protocol[]): Protocol | undefined {
  return (
    protocols.find(
      (protocol) =>
        protocol.id !== route.protocol &&
        sharesPath(protocol, route) &&
        protocol.operations.models?.recognises(parts) === true,
    ) ?? protocols.find((protocol) => protocol.id === route.protocol)
  );
}

/** A protocol that lists models without a route of its own does so on another's path. */
function sharesPath({ carrier }: Protocol, { path }: Route): boolean {
  const own = carrier.routes.filter(({ operation }) => operation === "models");
  return own.length === 0 || own.some((each) => each.path === path);
}

interface ListInput {
  readonly deployment: Deployment;
  readonly protocol: Protocol;
  readonly route: Route;
  readonly parts: RequestParts;
  readonly caller: Caller;
  readonly startedWallMs: number;
}

export function listModels(input: ListInput): Result<WholeAnswer> {
  const { deployment, protocol, route, parts, caller, startedWallMs } = input;
  const { models } = protocol.operations;
  if (models === undefined) return failed(failure("unknown-route", "There is no such path."));
  if (route.target.from !== "param") {
    const listed = askable(deployment, caller).map(({ id, target }) => describe(deployment, id, target, startedWallMs));
    return answer(models.writeList(listed, parts.query));
  }
  const asked = route.target.names.map((name) => parts.params[name] ?? "").join("/");
  const found = findTarget(deployment, asked) ?? findOtherName(deployment, asked, namesUsedBy(caller))?.target ?? null;
  return found === null || !mayAsk(caller, found.name)
    ? failed(unknownModel(asked, nearestName(deployment, caller, asked)))
    : answer(models.writeOne(describe(deployment, asked, found, startedWallMs)));
}

/**
 * Every name, written aliases among them. A caller who may ask for anything also sees the places of a model that stands in
 * several. Other callers were given names and need not know whose accounts stand behind them.
 */
function askable(deployment: Deployment, caller: Caller): readonly { id: string; target: Target }[] {
  const names = Object.values(deployment.targets).filter((target) => mayAsk(caller, target.name));
  const aliases = Object.values(deployment.aliases?.exact ?? {}).flatMap(({ name, target, by }) => {
    const meant = by === "written" && caller.aliases !== false ? names.find((each) => each.name === target) : undefined;
    return meant === undefined ? [] : [{ id: name, target: meant }];
  });
  const listed = [...names.map((target) => ({ id: target.name, target })), ...aliases];
  if (caller.allowedTargets !== null) return listed;
  const lanes = Object.values(deployment.lanes);
  const places = lanes.filter(({ id, model }) => lanes.some((other) => other.model === model && other.id !== id));
  return [
    ...listed,
    ...places.flatMap(({ id }) => {
      const target = Object.hasOwn(deployment.targets, id) ? null : findTarget(deployment, id);
      return target === null ? [] : [{ id, target }];
    }),
  ];
}

/** A pool promises what all of its lanes are known to do: the smallest window and limit. */
function describe(deployment: Deployment, id: string, target: Target, startedWallMs: number): ListedModel {
  const places = target.members.flatMap(({ lanes, contextMax }) =>
    lanes.flatMap((id) => {
      const lane = deployment.lanes[id];
      return lane === undefined ? [] : [{ lane, window: contextMax ?? lane.capabilities.contextWindow }];
    }),
  );
  const smallest = (values: readonly (number | null)[]): number | null => {
    const known = values.filter((value) => value !== null);
    return known.length === 0 || known.length < values.length ? null : Math.min(...known);
  };
  const providers = new Set(places.map(({ lane }) => lane.provider));
  return {
    id,
    createdMs: startedWallMs,
    ownedBy: providers.size === 1 ? ([...providers][0] ?? "ringmain") : "ringmain",
    contextWindow: smallest(places.map(({ window }) => window)),
    maxOutputTokens: smallest(places.map(({ lane }) => lane.capabilities.maxOutputTokens)),
  };
}

function answer(body: object): Result<WholeAnswer> {
  const headers = { "content-type": "application/json" };
  return ok({ status: 200, headers, body: encodeUtf8(JSON.stringify(body)) });
}
