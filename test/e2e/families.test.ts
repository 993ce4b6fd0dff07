// One tool loop of every agent over every family of vendors, whole and streamed, through the compiled gateway. A session may
// also go on at another vendor in the middle of its loop: reasoning, marks and ids of the one before are in its history, and
// what is left after what must be left out is still a request that the new vendor takes. What is refused today is pinned.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { JsonObject } from "../../src/std/json.ts";
import { type Agent, bodyAfter, fetchPost, type Post, runAgent } from "../harness/agents/agent.ts";
import { AGENTS } from "../harness/agents/table.ts";
import { AGENT_ANSWER, AGENT_QUESTION, AGENT_SCRIPT, MOVED } from "../harness/scripted/agent-script.ts";
import { brokenRules, expectBroken } from "../harness/scripted/families/broken.ts";
import {
  type FamilyGateway,
  type FamilyLane,
  LANES,
  startFamilyGateway,
} from "../harness/scripted/families/gateway.ts";

const START_MS_MAX = 300_000;
const LOOPS = new URL("./families-loops.tsv", import.meta.url);
const MOVES = new URL("./families-moves.tsv", import.meta.url);
/** Answers that were given before a session moves: read, then edit and read, then shell. */
const STEPS = [1, 2, 3];

let running: FamilyGateway;
let post: Post;

beforeAll(async () => {
  running = await startFamilyGateway(AGENT_SCRIPT);
  post = (path, headers, body) => fetchPost(running.gateway.url, path, headers, body);
}, START_MS_MAX);

afterAll(() => running.stop(), 60_000);

const EXPECTED = {
  text: AGENT_ANSWER,
  calls: AGENT_SCRIPT.turns.flatMap(({ calls }) => calls.map(({ name, arguments: given }): unknown => [name, given])),
};

describe("a loop", () => {
  const rows: string[] = [];
  for (const agent of AGENTS) {
    test(`of ${agent.name} comes to its end, or to a refusal in the table`, async () => {
      const wrong: unknown[] = [];
      for (const lane of LANES) {
        for (const stream of [false, true]) {
          const { refused } = running.vendorOf(lane.family);
          const before = refused.length;
          const outcome = await runAgent(agent, { post, model: lane.name, stream }).then(
            ({ text, calls }) => ({ text, calls }),
            (error: unknown) => String(error),
          );
          const way = stream ? "streamed" : "whole";
          if (Bun.deepEquals(outcome, EXPECTED)) continue;
          const broken = brokenRules(lane.family, refused.slice(before));
          if (broken.length === 0) wrong.push({ lane: lane.name, way, outcome });
          rows.push(...broken.map((rule) => `${lane.name}\t${rule}\t${agent.name}, ${way}`));
        }
      }
      expect(wrong).toEqual([]);
    });
  }
  test("the table is what is refused", () => expectBroken(rows, LOOPS));
});

describe("a session that moves", () => {
  const rows: string[] = [];
  for (const agent of AGENTS) {
    test(`of ${agent.name} is taken, or refused as in the table`, async () => {
      const wrong: unknown[] = [];
      for (const from of LANES) {
        for (const steps of STEPS) {
          const body = await bodyAfter(agent, { post, model: from.name, steps });
          if (body === null) continue;
          for (const to of LANES.filter((lane) => lane !== from)) {
            const { status, broken } = await moved(agent, body, to);
            if (status !== 200 && broken.length === 0) wrong.push({ from: from.name, to: to.name, steps, status });
            rows.push(...broken.map((rule) => `${to.name}\t${rule}\t${agent.name}`));
          }
        }
      }
      expect(wrong).toEqual([]);
    }, 60_000);
  }
  test("the table is what is refused", () => expectBroken(rows, MOVES));
});

async function moved(agent: Agent, body: JsonObject, to: FamilyLane): Promise<{ status: number; broken: string[] }> {
  const { refused } = running.vendorOf(to.family);
  const before = refused.length;
  const text = JSON.stringify(body).replaceAll(AGENT_QUESTION, `${AGENT_QUESTION} ${MOVED}`);
  const begun: JsonObject = JSON.parse(text);
  const asked = "model" in begun ? { ...begun, model: to.name } : begun;
  const { status } = await post(agent.path(to.name, false), agent.headers, asked);
  return { status, broken: status === 200 ? [] : brokenRules(to.family, refused.slice(before)) };
}
