/** A web page whose name points at this machine could call a gateway that is open to this machine. */
import { expect, test } from "bun:test";
import { isLocalHost } from "../../src/governance/local-host.ts";
import { createCore } from "../harness/core.ts";
import { deploymentOf, laneOf } from "../harness/deployments.ts";
import { answerNever } from "../harness/virtual-effects.ts";

test.each([
  ["localhost", true],
  ["localhost:8080", true],
  ["LOCALHOST.", true],
  ["app.localhost:1", true],
  ["127.0.0.1:8080", true],
  ["127.1.2.3", true],
  ["[::1]:8080", true],
  [undefined, true],
  ["rebind.evil.example", false],
  ["127.0.0.1.evil.example", false],
  ["localhost.evil.example:8080", false],
  ["evil.example:127", false],
  ["192.168.0.2", false],
  ["", false],
])("host %p is this machine: %p", (host, local) => {
  expect(isLocalHost(host)).toBe(local);
});

test("only an open gateway asks, and it refuses before it reads anything", () => {
  const deployment = deploymentOf({ lanes: [laneOf("one/a/m", "openai")] });
  const head = {
    method: "POST",
    path: "/v1/chat/completions",
    query: "",
    headers: { host: "rebind.evil.example" },
    params: {},
  };
  const open = createCore({ deployment, answer: answerNever, localHostsOnly: true });
  expect(open.exchange.credential(null, head)).toMatchObject({ ok: false, failure: { kind: "forbidden" } });
  const closed = createCore({ deployment, answer: answerNever });
  expect(closed.exchange.credential(null, head)).toMatchObject({ ok: true });
});
