// A session that goes on at another vendor in the middle of its tool loop: reasoning, marks and ids of the one before are in
// its history, and what is left after what must be left out is still a request that the new vendor takes. Rules that are
// broken today stand in a pinned table, which must shrink; UPDATE_GOLDEN=1 writes it anew.
import { afterAll, beforeAll, expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import type { JsonObject } from "../../src/std/json.ts";
import { type Agent, bodyAfter, fetchPost, type Post } from "../harness/agents/agent.ts";
import { AGENTS } from "../harness/agents/table.ts";
import { AGENT_QUESTION, AGENT_SCRIPT, MOVED } from "../harness/scripted/agent-script.ts";
import {
  type FamilyGateway,
  type FamilyLane,
  LANES,
  startFamilyGateway,
} from "../harness/scripted/families/gateway.ts";

const START_MS_MAX = 300_000;
const TABLE = new URL("./moved-sessions.tsv", import.meta.url);
/** Answers that were given before the session moves: read, then edit and read, then shell. */
const STEPS = [1, 2, 3];
/** A request refused by the wire itself, before any rule of the family. */
const WIRE = "the wire's own rules";

let running: FamilyGateway;
let post: Post;

beforeAll(async () => {
  running = await startFamilyGateway(AGENT_SCRIPT);
  post = (path, headers, body) => fetchPost(running.gateway.url, path, headers, body);
}, START_MS_MAX);

afterAll(() => running.stop(), 60_000);

test("a session that moves is taken, but for the rules in the table", async () => {
  const rows = new Set<string>();
  for (const agent of AGENTS) {
    for (const from of LANES) {
      for (const steps of STEPS) {
        const body = await bodyAfter(agent, { post, model: from.name, steps });
        if (body === null) continue;
        for (const to of LANES) {
          if (to !== from)
            for (const rule of await brokenAt(agent, body, to)) rows.add(`${to.name}\t${rule}\t${agent.name}`);
        }
      }
    }
  }
  const found = `${[...rows].toSorted().join("\n")}\n`;
  if (process.env["UPDATE_GOLDEN"] === "1") writeFileSync(TABLE, found);
  expect(found).toBe(readFileSync(TABLE, "utf8"));
}, 120_000);

/** Names of the rules that the moved request breaks. */
async function brokenAt(agent: Agent, body: JsonObject, to: FamilyLane): Promise<string[]> {
  const { refused } = running.vendorOf(to.family);
  const before = refused.length;
  const text = JSON.stringify(body).replaceAll(AGENT_QUESTION, `${AGENT_QUESTION} ${MOVED}`);
  const moved: JsonObject = JSON.parse(text);
  const asked = "model" in moved ? { ...moved, model: to.name } : moved;
  const answered = await post(agent.path(to.name, false), agent.headers, asked);
  if (answered.status === 200) return [];
  const problems = refused.slice(before).flatMap((each) => each.split(" | "));
  if (problems.length === 0) return [`the gateway answered ${answered.status}`];
  const names = to.family.doors.flatMap(({ rules }) => rules.map(({ name }) => name));
  return problems.map((problem) => names.find((name) => problem.startsWith(`${name}: `)) ?? WIRE);
}
