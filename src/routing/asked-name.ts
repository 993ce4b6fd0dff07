/**
 * What a client's name for a model comes to: a target, that of an alias, or a model with an ending of its vendor's own,
 * such as `:nitro`. The model is configured, and the ending goes upstream.
 */
import type { AliasWay, Deployment, Lane, Target } from "../ir/deployment.ts";
import { findAlias, type NamesUsed } from "./alias.ts";
import { findTarget } from "./target.ts";

/** What the client put behind a model's name. */
export interface ModelEnding {
  /** Behind which configured name it stands. */
  readonly model: string;
  /** With its colon. */
  readonly text: string;
}

interface Named {
  readonly target: Target;
  readonly alias?: AliasWay;
}

interface Asked extends Named {
  readonly ending?: ModelEnding;
}

/** Configured names first, then aliases; a pattern last, as it is for names that nothing here has. null: it stands for nothing. */
export function findAsked(deployment: Deployment, asked: string, used: NamesUsed): Asked | null {
  const named = findNamed(deployment, asked, used);
  if (named !== null && named.alias !== "pattern") return named;
  return findWithEnding(deployment, asked, used) ?? named;
}

function findNamed(deployment: Deployment, name: string, used: NamesUsed): Named | null {
  const target = findTarget(deployment, name);
  if (target !== null) return { target };
  const alias = findAlias(deployment, name, used);
  return alias === null ? null : { target: alias.target, alias: alias.by };
}

/** Names themselves hold colons, and an ending may have two parts: `model:free:online`. */
const COLONS_MAX = 3;
const ENDING = /^:[\w.-]+(?::[\w.-]+)*$/;

/** The longest configured name before a colon decides; null: nothing has the name, or its vendor takes no endings. */
function findWithEnding(deployment: Deployment, asked: string, used: NamesUsed): Asked | null {
  let at = asked.length;
  for (let colons = 0; colons < COLONS_MAX; colons++) {
    at = asked.lastIndexOf(":", at - 1);
    if (at <= 0) return null;
    const text = asked.slice(at);
    if (!ENDING.test(text)) return null;
    const found = findNamed(deployment, asked.slice(0, at), used);
    if (found !== null && found.alias !== "pattern")
      return takesEndings(deployment, found.target) ? withEnding(found, text) : null;
  }
  return null;
}

/** The ending is a wish to this vendor, so that no other one's lanes may stand in. */
function withEnding(found: Named, text: string): Asked {
  const target = { ...found.target, substitutes: [], exactFailover: false };
  return { ...found, target, ending: { model: target.name, text } };
}

function takesEndings({ lanes }: Deployment, { kind, members }: Target): boolean {
  const ids = members.flatMap((member) => member.lanes);
  return kind === "model" && ids.length > 0 && ids.every((id) => lanes[id]?.dialect.hostRouting !== "none");
}

/** The lane as it is asked: an ending belongs to the upstream's name, and one that stands there already is not repeated. */
export function withModelEnding(lane: Lane, ending: ModelEnding | undefined): Lane {
  if (ending === undefined || ending.model !== lane.model || lane.upstreamModel.endsWith(ending.text)) return lane;
  return { ...lane, upstreamModel: lane.upstreamModel + ending.text };
}
