// What `translation: strict` refuses of a coding agent on each family's lane, by the kind of the loss and its place. The
// pinned table must shrink to what is content; UPDATE_GOLDEN=1 writes it anew.
import { afterAll, beforeAll, expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { fetchPost, runAgent } from "../harness/agents/agent.ts";
import { CLAUDE_CODE } from "../harness/agents/messages-agents.ts";
import { GEMINI_CLI } from "../harness/agents/other-agents.ts";
import { CODEX } from "../harness/agents/responses-agents.ts";
import { AGENT_SCRIPT } from "../harness/scripted/agent-script.ts";
import { type FamilyGateway, LANES, startFamilyGateway } from "../harness/scripted/families/gateway.ts";

const START_MS_MAX = 300_000;
const TABLE = new URL("./families-strict.tsv", import.meta.url);

/** The kind of a loss, its place and what became of it, as a refusal says them. */
const LOSS = /([a-z ]+) \(([^() ]+) (dropped|approximated|clamped)\)/g;

let running: FamilyGateway;

beforeAll(async () => {
  running = await startFamilyGateway(AGENT_SCRIPT, ["translation: strict"]);
}, START_MS_MAX);

afterAll(() => running.stop(), 60_000);

test("what strict translation refuses of the agents is in the table", async () => {
  const rows = new Map<string, Set<string>>();
  for (const agent of [CLAUDE_CODE, CODEX, GEMINI_CLI]) {
    for (const lane of LANES) {
      const outcome = await runAgent(agent, {
        post: (path, headers, body) => fetchPost(running.gateway.url, path, headers, body),
        model: lane.name,
        stream: true,
      }).then(
        () => "",
        (error: unknown) => String(error),
      );
      for (const [, kind = "", field = "", how = ""] of outcome.matchAll(LOSS)) {
        const row = `${agent.name}\t${kind.trim()}, ${how}\t${field.replaceAll(/\d+/g, "")}`;
        rows.set(row, (rows.get(row) ?? new Set()).add(lane.family.id));
      }
    }
  }
  const found = [...rows].map(([row, lanes]) => `${row}\t${[...lanes].toSorted().join(" ")}`).toSorted();
  const text = `${found.join("\n")}\n`;
  if (process.env["UPDATE_GOLDEN"] === "1") writeFileSync(TABLE, text);
  expect(text).toBe(readFileSync(TABLE, "utf8"));
});
