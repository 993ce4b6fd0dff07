// One tool loop of every agent over every family of vendors, whole and streamed, through the compiled gateway.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { fetchPost, runAgent } from "../harness/agents/agent.ts";
import { AGENTS } from "../harness/agents/table.ts";
import { AGENT_ANSWER, AGENT_SCRIPT } from "../harness/scripted/agent-script.ts";
import { type FamilyGateway, LANES, startFamilyGateway } from "../harness/scripted/families/gateway.ts";

const START_MS_MAX = 300_000;

interface Todo {
  /** Names of agents and of lanes with their way; what is refused, or what came of the loop. */
  readonly agents: RegExp;
  readonly lanes: RegExp;
  readonly refused: RegExp;
  readonly why: string;
}

const ALL = /./;
const CHAT = /^(OpenCode|an agent of Chat)/;
const SAMPLING = /^(Gemini CLI|an agent of Chat)/;

/** Cells that fail today. A cell that works must leave this table: its test fails here. */
const TODO: readonly Todo[] = [
  {
    agents: ALL,
    lanes: /^openai-gpt-5\.6/,
    refused: /function tools beside an effort/,
    why: "tools on a Chat door that refuses them must go to the vendor's Responses door",
  },
  {
    agents: /^(?!Qwen Code|Codex|an agent of Chat)/,
    lanes: /^(deepseek|kimi)/,
    refused: /brings its reasoning back/,
    why: "reasoning that the client sends back, or lost, must reach a vendor that requires it",
  },
  {
    agents: /^an agent of Chat/,
    lanes: /^deepseek/,
    refused: /brings its reasoning back/,
    why: "the same, for a client that keeps no reasoning",
  },
  {
    agents: /^an agent of Chat/,
    lanes: /^kimi/,
    refused: /sampling is fixed/,
    why: "sampling that a model refuses must be left out",
  },
  {
    agents: /^Codex/,
    lanes: /^(deepseek|kimi|mistral)/,
    refused: /tools\[1\]\.type: not a function/,
    why: "a free-form tool must be a function for vendors that know no other kind",
  },
  {
    agents: SAMPLING,
    lanes: /^(openai-gpt-5\.1|openai-responses|azure)/,
    refused: /no sampling for models that reason/,
    why: "sampling that a model refuses must be left out",
  },
  {
    agents: CHAT,
    lanes: /^(openai-gpt-5\.1|azure)/,
    refused: /max_completion_tokens/,
    why: "a bound under its old name must get the name that the model takes",
  },
  {
    agents: /^(Claude Code|an agent of Messages)/,
    lanes: /^mistral/,
    refused: /unknown member user/,
    why: "members that a strict vendor does not know must be left out",
  },
  {
    agents: /^(?!Codex)/,
    lanes: /^mistral.*streamed/,
    refused: /unknown member stream_options/,
    why: "usage must not be asked of a vendor that refuses the question",
  },
  {
    agents: ALL,
    lanes: /^azure.*streamed/,
    refused: /knows no stream_options/,
    why: "the same",
  },
  {
    agents: /^an agent of Messages/,
    lanes: /^claude-claude-opus-4-8/,
    refused: /thinking\.type\.enabled is not supported/,
    why: "relayed as it was asked: the client names a way of thinking that the model no longer has",
  },
];

let running: FamilyGateway;

beforeAll(async () => {
  running = await startFamilyGateway(AGENT_SCRIPT);
}, START_MS_MAX);

afterAll(() => running.stop(), 60_000);

const EXPECTED = JSON.stringify({
  text: AGENT_ANSWER,
  calls: AGENT_SCRIPT.turns.flatMap(({ calls }) => calls.map((call) => [call.name, call.arguments])),
});

for (const agent of AGENTS) {
  describe(agent.name, () => {
    for (const lane of LANES) {
      for (const way of ["whole", "streamed"]) {
        test(`on a lane of ${lane.name}, ${way}`, async () => {
          const { refused } = running.vendorOf(lane.family);
          const before = refused.length;
          const outcome = await runAgent(agent, {
            post: (path, headers, body) => fetchPost(running.gateway.url, path, headers, body),
            model: lane.name,
            stream: way === "streamed",
          }).then(
            ({ text, calls }) => JSON.stringify({ text, calls }),
            (error: unknown) => String(error),
          );
          const found = refused.slice(before).join();
          const rows = TODO.filter(
            ({ agents, lanes }) => agents.test(agent.name) && lanes.test(`${lane.name}, ${way}`),
          );
          if (rows.length > 0) {
            const isSeen = rows.some((row) => row.refused.test(`${found} ${outcome}`));
            expect({ isSeen, rows: rows.map(({ why }) => why), found, outcome }).toMatchObject({ isSeen: true });
            return;
          }
          expect({ refused: found, outcome }).toEqual({ refused: "", outcome: EXPECTED });
        });
      }
    }
  });
}
