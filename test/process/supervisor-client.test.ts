// A worker's way to the supervisor: questions with an answer in time, and decisions while a reader watches.
import { expect, test } from "bun:test";
import type { FromWorker } from "../../src/process/messages.ts";
import { createSupervisorClient } from "../../src/process/supervisor-client.ts";
import { createVirtualEffects } from "../harness/virtual-effects.ts";
import { recordedSend } from "./recorded-send.ts";

function setUp() {
  const time = createVirtualEffects();
  const { sent, send } = recordedSend<FromWorker>();
  return { time, sent, client: createSupervisorClient({ send, setTimer: time.setTimer }) };
}

test("a question without an answer in time is none, and too many are not asked", async () => {
  const { time, sent, client } = setUp();
  const asked = Array.from({ length: 70 }, () => client.decisions.find("r"));
  expect(sent).toHaveLength(64);
  time.advance(5_000);
  expect(await Promise.all(asked)).toEqual(asked.map(() => null));
});

test("each question gets the answer with its number", async () => {
  const { sent, client } = setUp();
  const page = client.decisions.list({ before: null, limit: 1 });
  const found = client.decisions.find("r");
  const figures = client.figures();
  const ids = sent.map((message) => (message.kind === "question" ? message.body.id : 0));
  expect(ids).toEqual([1, 2, 3]);
  client.answered(3, { about: "figures", answer: [] });
  client.answered(2, { about: "decision", answer: { found: null } });
  client.answered(1, { about: "decisions", answer: { decisions: [], next: null } });
  expect(await Promise.all([page, found, figures])).toEqual([{ decisions: [], next: null }, { found: null }, []]);
});

test("an answer to another question is none", async () => {
  const { client } = setUp();
  const found = client.decisions.find("r");
  client.answered(1, { about: "figures", answer: [] });
  expect(await found).toBeNull();
});

test("the supervisor is told when the first one watches and when the last one leaves", () => {
  const { sent, client } = setUp();
  const leave = [client.decisions.watch(() => undefined), client.decisions.watch(() => undefined)];
  for (const each of [...leave, ...leave]) each();
  expect(sent).toEqual([
    { kind: "decisions", body: { subscribe: true } },
    { kind: "decisions", body: { subscribe: false } },
  ]);
});

test("a request that names itself runs where no answer comes in time, and what was told of it is taken", async () => {
  const { time, sent, client } = setUp();
  const late = client.named.recall("k", "f");
  time.advance(5_000);
  expect(await late).toEqual({ kind: "run" });
  const told = client.named.recall("k", "f");
  client.answered(2, { about: "named", answer: { kind: "running" } });
  expect(await told).toEqual({ kind: "running" });
  client.named.remember("k", null);
  expect(sent.at(-1)).toEqual({ kind: "named", body: { key: "k", answer: null } });
});
