// Requests that a client names in `x-router-request-id`: the same answer again, whole, for its owner alone; one lane is asked
// however often it is sent, also while it runs. Nothing of it is configured.
import { describe, expect, test } from "bun:test";
import type { Caller } from "../../src/governance/identify.ts";
import type { Deployment } from "../../src/ir/deployment.ts";
import { question, see } from "../harness/client-words.ts";
import { ANONYMOUS, type Core, createCore } from "../harness/core.ts";
import { deploymentOf, laneOf, poolOf } from "../harness/deployments.ts";
import { answering, type BodyStep, refusing, stream } from "../harness/scripted-answers.ts";
import { OPENAI_WORDS, said, VENDOR_WORDS, wordsOf } from "../harness/vendor-words.ts";
import { type Answer, answerInOrder } from "../harness/virtual-effects.ts";

const PROTOCOLS = VENDOR_WORDS.map(({ protocol }) => protocol);
const callerOf = (label: string, digest = label): Caller => ({ ...ANONYMOUS, label, credentialDigest: () => digest });
const ALICE = callerOf("token-1", "alice");

function start(answer: Answer, over: { protocol?: string } & Partial<Pick<Deployment, "auth">> = {}): Core {
  const { protocol = "openai", ...deployment } = over;
  const lanes = [laneOf("first/a/one", protocol)];
  return createCore({
    deployment: deploymentOf({
      lanes,
      targets: [poolOf("pool", lanes)],
      auth: { mode: "token", clientTokens: [] },
      streamOpenAfterMs: 500,
      ...deployment,
    }),
    answer,
  });
}

interface AskOver {
  readonly protocol?: string;
  readonly stream?: boolean;
  readonly text?: string;
  readonly caller?: Caller;
  readonly headers?: Readonly<Record<string, string>>;
}

const asking = (id: string, over: AskOver = {}) => {
  const { protocol = "openai", stream: isStream, text, caller = ALICE, headers } = over;
  const ask = { ...(isStream === undefined ? {} : { stream: isStream }), ...(text === undefined ? {} : { text }) };
  return { protocol, caller, body: question(protocol, ask), headers: { "x-router-request-id": id, ...headers } };
};

describe("sent again", () => {
  test.each(PROTOCOLS.flatMap((protocol) => [false, true].map((isStream) => [protocol, isStream] as const)))(
    "in %s (streamed: %p) it is answered byte for byte, tool calls, usage and ending included",
    async (protocol, isStream) => {
      const words = wordsOf(protocol);
      const core = start(answering(words, said({ tools: [{ id: "call_1", name: "look", arguments: '{"at":1}' }] })), {
        protocol,
      });
      const first = await core.ask(asking("turn", { protocol, stream: isStream }));
      const second = await core.ask(asking("turn", { protocol, stream: isStream }));
      expect([second.status, second.text]).toEqual([200, first.text]);
      expect(see(protocol, second.text).tools).toEqual(see(protocol, first.text).tools);
      expect(second.headers["x-ringmain-replayed"]).toBe("true");
      expect(second.headers["x-ringmain-lane"]).toBe("first/a/one");
      expect(core.effects.calls).toHaveLength(1);
    },
  );

  test.each(["true", "false", "1"])("with x-router-resume: %s it is the same", async (resume) => {
    const core = start(answering(OPENAI_WORDS));
    const first = await core.ask(asking("turn"));
    const second = await core.ask(asking("turn", { headers: { "x-router-resume": resume } }));
    expect(second.text).toBe(first.text);
    expect(core.effects.calls).toHaveLength(1);
  });

  test("to be resumed, and never asked before, it runs", async () => {
    const core = start(answering(OPENAI_WORDS));
    expect((await core.ask(asking("turn", { headers: { "x-router-resume": "true" } }))).status).toBe(200);
    expect(core.effects.calls).toHaveLength(1);
  });

  test("after a quarter of an hour, or after an answer that was none, it runs anew", async () => {
    const core = start(
      answerInOrder([refusing(OPENAI_WORDS, "rejected"), answering(OPENAI_WORDS), answering(OPENAI_WORDS)]),
    );
    expect((await core.ask(asking("turn"))).status).toBe(400);
    expect((await core.ask(asking("turn"))).status).toBe(200);
    await core.effects.run(899_000);
    await core.ask(asking("turn"));
    expect(core.effects.calls).toHaveLength(2);
    await core.effects.run(2_000);
    await core.ask(asking("turn"));
    expect(core.effects.calls).toHaveLength(3);
  });

  test("with other words, or other wishes, it is 409", async () => {
    const core = start(answering(OPENAI_WORDS));
    await core.ask(asking("turn"));
    for (const over of [{ text: "Another question." }, { headers: { "x-router-task-type": "code" } }]) {
      const got = await core.ask(asking("turn", over));
      expect([got.status, got.headers["x-ringmain-error"]]).toEqual([409, "idempotency_mismatch"]);
    }
    expect(core.effects.calls).toHaveLength(1);
  });

  test("by another caller, or by one that has the label of the first now, it is another request", async () => {
    const core = start(answering(OPENAI_WORDS));
    await core.ask(asking("turn"));
    await core.ask(asking("turn", { caller: callerOf("token-2", "bob") }));
    await core.ask(asking("turn", { caller: callerOf("token-1", "carol") }));
    expect(core.effects.calls).toHaveLength(3);
    await core.ask(asking("turn", { caller: callerOf("token-9", "alice") }));
    expect(core.effects.calls).toHaveLength(3);
  });
});

/** Answers when it is told to. */
function held(answer: Answer): { readonly answer: Answer; release(): void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { answer: (call) => promise.then(() => answer(call)), release: resolve };
}

describe("sent again while it runs", () => {
  test.each([false, true])("both are answered and one lane is asked (streamed: %p)", async (isStream) => {
    const slow = held(answering(OPENAI_WORDS));
    const core = start(slow.answer);
    const asked = [1, 2, 3].map(() => core.start(asking("turn", { stream: isStream })));
    await core.effects.run(10);
    slow.release();
    const got = await core.until(Promise.all(asked.map(({ answer }) => answer.then(core.read))));
    expect(got.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(new Set(got.map(({ text }) => text)).size).toBe(1);
    expect(core.effects.calls).toHaveLength(1);
    expect(core.records.map(({ outcome }) => outcome)).toEqual(["answered", "answered", "answered"]);
  });

  test("the second one's stream is opened meanwhile, and has all of the answer", async () => {
    const slow = held(answering(OPENAI_WORDS));
    const core = start(slow.answer);
    const asked = [1, 2].map(() => core.start(asking("turn", { stream: true })));
    const [first, second] = await core.until(Promise.all(asked.map(({ answer }) => answer)));
    if (first === undefined || second === undefined) throw new Error("two were asked");
    expect([first.headers["x-ringmain-opened"], second.headers["x-ringmain-opened"]]).toEqual(["true", "true"]);
    slow.release();
    const got = await core.until(Promise.all([core.read(first), core.read(second)]));
    expect(got.map(({ text }) => see("openai", text).text)).toEqual(["Hello, wörld.", "Hello, wörld."]);
    expect(core.effects.calls).toHaveLength(1);
  });

  test("where the first comes to nothing the second asks a lane itself", async () => {
    const slow = held(refusing(OPENAI_WORDS, "rejected"));
    const core = start(answerInOrder([slow.answer, answering(OPENAI_WORDS)]));
    const asked = [1, 2].map(() => core.start(asking("turn")));
    await core.effects.run(10);
    slow.release();
    const got = await core.until(Promise.all(asked.map(({ answer }) => answer)));
    expect(got.map(({ status }) => status)).toEqual([400, 200]);
  });

  test("a second that leaves is gone at once, and a first that leaves lets the second run", async () => {
    const steps: readonly BodyStep[] = [{ do: "hang" }];
    const core = start(answerInOrder([stream(steps), answering(OPENAI_WORDS)]));
    const [first, second, third] = [1, 2, 3].map(() => core.start(asking("turn")));
    if (first === undefined || second === undefined || third === undefined) throw new Error("three were asked");
    await core.effects.run(10);
    second.leave();
    expect((await core.until(second.answer, 500)).status).toBe(499);
    first.leave();
    expect((await core.until(third.answer)).status).toBe(200);
    await core.until(first.answer);
    expect(core.effects.calls).toHaveLength(2);
  });
});

describe("refused by the header's name", () => {
  test("where callers are not told apart", async () => {
    const core = start(answering(OPENAI_WORDS), { auth: { mode: "none", clientTokens: [] } });
    const got = await core.ask(asking("turn", { caller: ANONYMOUS }));
    expect(got.status).toBe(400);
    expect(got.text).toContain("x-router-request-id");
    expect(core.effects.calls).toHaveLength(0);
  });
});
