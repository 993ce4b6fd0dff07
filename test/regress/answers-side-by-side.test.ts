// A stream of several answers was cut two seconds after the first of them was finished, with no error: the others had not
// begun by then, so that everything seen so far looked complete.
import { expect, test } from "bun:test";
import { type Ask, createCore } from "../harness/core.ts";
import { deploymentOf, laneOf } from "../harness/deployments.ts";
import { type BodyStep, stream } from "../harness/scripted-answers.ts";

const data = (value: object | string): string =>
  `data: ${typeof value === "string" ? value : JSON.stringify(value)}\n\n`;

const chunk = (index: number, delta: object, finish: string | null = null): string =>
  data({
    id: "c",
    object: "chat.completion.chunk",
    created: 1,
    model: "m",
    choices: [{ index, delta, finish_reason: finish }],
  });

const candidate = (index: number, text: string, finishReason?: string): string =>
  data({ candidates: [{ content: { role: "model", parts: [{ text }] }, finishReason, index }], modelVersion: "m" });

const picture = (name: string): string =>
  `event: image_generation.completed\n${data({ type: "image_generation.completed", b64_json: name })}`;

const messages = [{ role: "user", content: "Hello" }];
const openai = (more: object): Ask => ({ protocol: "openai", body: { model: "m", stream: true, messages, ...more } });
const gemini = (config: object): Ask => ({
  protocol: "gemini",
  body: {
    model: "m",
    stream: true,
    contents: [{ role: "user", parts: [{ text: "Hello" }] }],
    generationConfig: config,
  },
});

const CHOICES = {
  first: [chunk(0, { content: "one" }), chunk(0, {}, "stop")],
  second: [chunk(1, { content: "two " }), chunk(1, { content: "three" }), chunk(1, {}, "stop") + data("[DONE]")],
  last: "three",
};
const CANDIDATES = {
  first: [candidate(0, "one"), candidate(0, "", "STOP")],
  second: [candidate(1, "two "), candidate(1, "three"), candidate(1, "", "STOP")],
  last: "three",
};
const PICTURES = { first: [picture("one")], second: [picture("two"), picture("three")], last: "three" };

const ROWS: readonly {
  readonly name: string;
  readonly lane: string;
  readonly ask: Ask;
  readonly told: { readonly first: readonly string[]; readonly second: readonly string[]; readonly last: string };
  /** Silence after the first answer, and between the pieces of the others. */
  readonly silenceMs: number;
  readonly pieceMs: number;
}[] = [
  { name: "choices, relayed", lane: "openai", ask: openai({ n: 2 }), told: CHOICES, silenceMs: 6_000, pieceMs: 3_000 },
  {
    name: "choices nobody counted, relayed",
    lane: "openai",
    ask: openai({}),
    told: CHOICES,
    silenceMs: 1_000,
    pieceMs: 3_000,
  },
  {
    name: "the last choice first, relayed",
    lane: "openai",
    ask: openai({ n: 2 }),
    told: {
      first: [chunk(1, { content: "one" }), chunk(1, {}, "stop")],
      second: [chunk(0, { content: "two " }), chunk(0, { content: "three" }), chunk(0, {}, "stop") + data("[DONE]")],
      last: "three",
    },
    silenceMs: 1_000,
    pieceMs: 3_000,
  },
  {
    name: "candidates, relayed",
    lane: "gemini",
    ask: gemini({ candidateCount: 2 }),
    told: CANDIDATES,
    silenceMs: 6_000,
    pieceMs: 3_000,
  },
  {
    name: "candidates nobody counted, relayed",
    lane: "gemini",
    ask: gemini({}),
    told: CANDIDATES,
    silenceMs: 1_000,
    pieceMs: 3_000,
  },
  {
    name: "candidates as choices",
    lane: "gemini",
    ask: openai({ n: 2 }),
    told: CANDIDATES,
    silenceMs: 6_000,
    pieceMs: 3_000,
  },
  {
    name: "choices as candidates",
    lane: "openai",
    ask: gemini({ candidateCount: 2 }),
    told: CHOICES,
    silenceMs: 6_000,
    pieceMs: 3_000,
  },
  {
    name: "choices as candidates nobody counted",
    lane: "openai",
    ask: gemini({}),
    told: CHOICES,
    silenceMs: 1_000,
    pieceMs: 3_000,
  },
  {
    name: "pictures",
    lane: "openai",
    ask: {
      protocol: "openai",
      operation: "image",
      path: "/v1/images/generations",
      body: { model: "m", prompt: "p", n: 3, stream: true },
    },
    told: PICTURES,
    silenceMs: 6_000,
    pieceMs: 3_000,
  },
];

test.each([...ROWS])("$name: every answer comes whole", async ({ lane, ask, told, silenceMs, pieceMs }) => {
  const watch = { aborted: false, sent: 0 };
  const after = (ms: number): BodyStep => ({
    do: "wait",
    until: () => new Promise<void>((resolve) => void core.effects.setTimer(ms, resolve)),
  });
  const steps: BodyStep[] = [
    ...told.first.map((bytes): BodyStep => ({ do: "bytes", bytes })),
    after(silenceMs),
    ...told.second.flatMap((bytes, at): BodyStep[] => [...(at === 0 ? [] : [after(pieceMs)]), { do: "bytes", bytes }]),
  ];
  const core = createCore({
    deployment: deploymentOf({ lanes: [laneOf("p/a/m", lane)] }),
    answer: stream(steps, { watch }),
  });
  const got = await core.ask(ask);
  expect(watch.aborted).toBe(false);
  for (const text of ["one", "two", told.last]) expect(got.text).toContain(text);
  expect(core.records[0]).toMatchObject({ outcome: "answered", failure: null });
  await core.effects.run(5_000);
  expect(core.effects.timersPending()).toBe(0);
});

const OPEN_CHOICES = [...CHOICES.first, chunk(1, { content: "three" }), chunk(1, {}, "stop")];

// The reader's count of finished answers got lost between two protocols, and the second answer was taken for more of the
// first, so that a lane which stayed open was waited for.
test.each([
  ["candidates as choices", "gemini", openai({ n: 2 }), [...CANDIDATES.first, ...CANDIDATES.second]],
  ["choices as candidates", "openai", gemini({ candidateCount: 2 }), OPEN_CHOICES],
  ["candidates, relayed", "gemini", gemini({ candidateCount: 2 }), [...CANDIDATES.first, ...CANDIDATES.second]],
  ["choices, relayed", "openai", openai({ n: 2 }), OPEN_CHOICES],
] as const)("%s: a lane that stays open behind the last is not waited for", async (_name, lane, ask, told) => {
  const open: BodyStep = {
    do: "wait",
    until: () => new Promise<void>((resolve) => void core.effects.setTimer(600_000, resolve)),
  };
  const core = createCore({
    deployment: deploymentOf({ lanes: [laneOf("p/a/m", lane)] }),
    answer: stream([...told.map((bytes): BodyStep => ({ do: "bytes", bytes })), open]),
  });
  const begunMs = core.effects.nowMs();
  const got = await core.ask(ask);
  expect(got.text).toContain("three");
  expect(core.effects.nowMs() - begunMs).toBeLessThan(10_000);
  expect(core.records[0]).toMatchObject({ outcome: "answered", failure: null });
});
