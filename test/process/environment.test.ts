// The environment workers run in, and what speaks against one.
import { expect, test } from "bun:test";
import { environmentWarnings, refusedEnvironment, workerEnvironment } from "../../src/process/environment.ts";

test("the environment of workers lifts the runtime's cap and prints no traffic", () => {
  const env = workerEnvironment({ HOME: "/home/x", BUN_CONFIG_VERBOSE_FETCH: "1", BUN_CONFIG_MAX_HTTP_REQUESTS: "7" });
  expect(env).toEqual({ HOME: "/home/x", BUN_CONFIG_MAX_HTTP_REQUESTS: "16384" });
  expect(refusedEnvironment({ NODE_TLS_REJECT_UNAUTHORIZED: "1" })).toBeNull();
  expect(environmentWarnings({ BUN_OPTIONS: "--preload=x" }).length).toBe(1);
  expect(environmentWarnings({}).length).toBe(0);
});
