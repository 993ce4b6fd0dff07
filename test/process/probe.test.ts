// The port that workers are to open, looked at before they share it.
import { expect, test } from "bun:test";
import { portFor } from "../../src/process/probe.ts";
import { deploymentOf } from "./deployments.ts";

const of = (workers: number, port: number) => deploymentOf({ slots: [1], workers, port });

test("one worker opens the configured port itself", () => {
  expect(portFor(of(1, 1), "darwin")).toBe(1);
});

test("several workers are given a port that is free, or a sentence", () => {
  const chosen = portFor(of(2, 0), "linux");
  expect(chosen).toBeNumber();
  expect(chosen).not.toBe(0);
  const taken = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data: () => undefined } });
  expect(portFor(of(2, taken.port), "linux")).toStartWith(`127.0.0.1:${taken.port} is in use`);
  taken.stop(true);
  expect(portFor(of(2, 0), "darwin")).toContain("needs Linux");
});
