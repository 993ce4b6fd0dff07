// Some JSON writers escape what base64 is made of: PHP writes "\/", .NET "\u002B". A signature that came back so was not
// recognised as another lane's, and went to a lane that cannot open it.
import { expect, test } from "bun:test";
import { createCore } from "../harness/core.ts";
import { deploymentOf, laneOf, poolOf } from "../harness/deployments.ts";
import { bodyText, json } from "../harness/scripted-answers.ts";

const SEAL = `Eu/+${"aB/+".repeat(16)}==`;

const answer = (write: (seal: string) => string) =>
  `{"id":"msg_1","type":"message","role":"assistant","model":"m","content":[{"type":"thinking","thinking":"Hm.","signature":"${write(SEAL)}"},{"type":"text","text":"Hi"}],"stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":1,"output_tokens":1}}`;

const replay = (model: string, seal: string) =>
  `{"model":"${model}","max_tokens":9,"messages":[{"role":"user","content":"a"},{"role":"assistant","content":[{"type":"thinking","thinking":"Hm.","signature":"${seal}"},{"type":"text","text":"Hi"}]},{"role":"user","content":"b"}]}`;

const WRITERS: readonly (readonly [string, (seal: string) => string])[] = [
  ["plain", (seal) => seal],
  ["PHP", (seal) => seal.replaceAll("/", "\\/")],
  [".NET", (seal) => seal.replaceAll("+", "\\u002B")],
];

for (const [vendor, byVendor] of WRITERS) {
  test.each(WRITERS)(`written by ${vendor} there, by %s here`, async (_client, byClient) => {
    const lanes = [
      laneOf("p/one/m1", "anthropic", { sealIssuer: "a-1" }),
      laneOf("p/two/m2", "anthropic", { sealIssuer: "a-2" }),
    ];
    const targets = lanes.map((lane) => poolOf(lane.account, [lane]));
    const core = createCore({ deployment: deploymentOf({ lanes, targets }), answer: json(200, answer(byVendor)) });
    await core.ask({ protocol: "anthropic", body: replay("one", byClient("")) });
    const home = await core.ask({ protocol: "anthropic", body: replay("one", byClient(SEAL)) });
    const abroad = await core.ask({ protocol: "anthropic", body: replay("two", byClient(SEAL)) });
    expect(home.headers["x-ringmain-losses"]).toBeUndefined();
    expect(abroad.headers["x-ringmain-losses"]).toContain("dropped");
    expect(bodyText(core.effects.calls[2] ?? expect.unreachable())).not.toContain("signature");
  });
}

test("however long and however written, a value is found in time that grows with it alone", async () => {
  const seal = "aB/+".repeat(250_000);
  const lanes = [
    laneOf("p/one/m1", "anthropic", { sealIssuer: "a-1" }),
    laneOf("p/two/m2", "anthropic", { sealIssuer: "a-2" }),
  ];
  const targets = lanes.map((lane) => poolOf(lane.account, [lane]));
  const told = answer(() => seal);
  const core = createCore({ deployment: deploymentOf({ lanes, targets }), answer: json(200, told) });
  await core.ask({ protocol: "anthropic", body: replay("one", "") });
  const got = await core.ask({ protocol: "anthropic", body: replay("two", seal.replaceAll("/", "\\/")) });
  expect(got.headers["x-ringmain-losses"]).toContain("dropped");
});
