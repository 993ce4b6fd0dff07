// What the agents' own requests lose on each family's lane, by place: what changes nothing is no loss. The pinned
// table holds what people read in `x-ringmain-losses`; UPDATE_GOLDEN=1 writes it anew.
import { afterAll, beforeAll, expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { fetchPost, runAgent } from "../harness/agents/agent.ts";
import { CLAUDE_CODE } from "../harness/agents/messages-agents.ts";
import { GEMINI_CLI } from "../harness/agents/other-agents.ts";
import { CODEX } from "../harness/agents/responses-agents.ts";
import { AGENT_SCRIPT } from "../harness/scripted/agent-script.ts";
import { type FamilyGateway, LANES, startFamilyGateway } from "../harness/scripted/families/gateway.ts";

const START_MS_MAX = 300_000;
const TABLE = new URL("./families-losses.tsv", import.meta.url);

/** A place and what became of it. */
const LOSS = /([^\s()]+ (?:dropped|approximated|clamped))/;

let running: FamilyGateway;

beforeAll(async () => {
  running = await startFamilyGateway(AGENT_SCRIPT);
}, START_MS_MAX);

afterAll(() => running.stop(), 60_000);

test("what the agents lose is in the table", async () => {
  const rows = new Map<string, Set<string>>();
  for (const agent of [CLAUDE_CODE, CODEX, GEMINI_CLI]) {
    for (const lane of LANES) {
      for (const stream of [false, true]) {
        const { losses } = await runAgent(agent, {
          post: (path, headers, body) => fetchPost(running.gateway.url, path, headers, body),
          model: lane.name,
          stream,
        });
        for (const loss of losses) {
          const [, entry = loss] = LOSS.exec(loss) ?? [];
          // What a stream's usage lost is known at its end: its headers say so only where that end came early.
          if (stream && entry.startsWith("usage.")) continue;
          const row = `${agent.name}\t${entry.replaceAll(/[0-9]+/g, "")}`;
          rows.set(row, (rows.get(row) ?? new Set()).add(lane.family.id));
        }
      }
    }
  }
  const found = [...rows].map(([row, lanes]) => `${row}\t${[...lanes].toSorted().join(" ")}`).toSorted();
  const text = `${found.join("\n")}\n`;
  if (process.env["UPDATE_GOLDEN"] === "1") writeFileSync(TABLE, text);
  expect(text).toBe(readFileSync(TABLE, "utf8"));
});
