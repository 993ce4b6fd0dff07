// Questions over a pipe: each ends once, with its answer or a reason, and leaves no timer behind.
import { describe, expect, test } from "bun:test";
import { createPending, type Pending } from "../../src/std/pending.ts";
import { createVirtualEffects, type VirtualEffects } from "../harness/virtual-effects.ts";

interface Table {
  readonly time: VirtualEffects;
  readonly pending: Pending<string>;
  readonly sent: number[];
  ask(send?: (id: number) => boolean): Promise<string>;
}

function table(): Table {
  const time = createVirtualEffects();
  const pending = createPending<string>({ openMax: 2, timeoutMs: 1_000, setTimer: time.setTimer });
  const sent: number[] = [];
  return {
    time,
    pending,
    sent,
    ask: (send = (id) => sent.push(id) > 0) =>
      pending.ask({ send, answered: (answer) => `answer ${answer}`, unanswered: (why) => `none: ${why}` }),
  };
}

describe("how a question ends", () => {
  const cases: readonly (readonly [string, string, (of: Table) => void])[] = [
    ["its answer", "answer yes", ({ pending }) => pending.answer(1, "yes")],
    ["the first of two answers", "answer yes", ({ pending }) => ["yes", "no"].map((word) => pending.answer(1, word))],
    [
      "an answer in the last moment",
      "answer yes",
      ({ pending, time }) => [time.advance(999), pending.answer(1, "yes")],
    ],
    ["no answer in time", "none: timeout", ({ time }) => time.advance(1_000)],
    ["an answer too late", "none: timeout", ({ pending, time }) => [time.advance(1_000), pending.answer(1, "yes")]],
    ["only another's answer", "none: timeout", ({ pending, time }) => [pending.answer(2, "yes"), time.advance(1_000)]],
    ["the other side goes", "none: closed", ({ pending }) => pending.close()],
  ];
  test.each(cases)("%s: %s", async (_, result, act) => {
    const of = table();
    const asked = of.ask();
    act(of);
    expect(await asked).toBe(result);
    expect(of.time.timersPending()).toBe(0);
  });
});

test("a question that cannot be sent ends at once", async () => {
  const { ask, time } = table();
  expect(await ask(() => false)).toBe("none: not-sent");
  expect(time.timersPending()).toBe(0);
});

test("an answer may come while the question is being sent", async () => {
  const { ask, pending } = table();
  expect(await ask((id) => pending.answer(id, "at once"))).toBe("answer at once");
});

test("too many are not sent, and one that ended makes room", async () => {
  const { ask, pending, sent } = table();
  const first = ask();
  const second = ask();
  expect(await ask()).toBe("none: too-many-open");
  expect(sent).toEqual([1, 2]);
  expect([pending.answer(1, "one"), pending.answer(1, "again")]).toEqual([true, false]);
  const third = ask();
  expect(sent).toEqual([1, 2, 3]);
  pending.answer(3, "three");
  pending.answer(2, "two");
  expect(await Promise.all([first, second, third])).toEqual(["answer one", "answer two", "answer three"]);
});

test("after the end nothing is sent", async () => {
  const { ask, pending, sent } = table();
  pending.close();
  expect(await ask()).toBe("none: closed");
  expect(sent).toEqual([]);
});

test("what the answer changes has changed when `answer` returns", () => {
  const { pending } = table();
  let room = 0;
  void pending.ask({
    send: () => true,
    answered: (answer) => {
      room += answer.length;
    },
    unanswered: () => undefined,
  });
  pending.answer(1, "four");
  expect(room).toBe(4);
});
