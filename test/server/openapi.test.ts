// The OpenAPI document of keys names every route there is, and no other; and every reference in it leads somewhere.
import { expect, test } from "bun:test";
import { keyRoutes } from "../../src/server/admin-keys.ts";
import { KEYS_OPENAPI } from "../../src/server/openapi.ts";

test("paths and methods are those of the table", () => {
  const routes = keyRoutes({ manage: () => Promise.reject(new Error("it is not asked here")) }, (text) => text);
  const served = routes.map(({ method, path }) => `${method} /admin${path.replaceAll(/:(\w+)/g, "{$1}")}`);
  const described = Object.entries(KEYS_OPENAPI.paths).flatMap(([path, operations]) =>
    Object.keys(operations)
      .filter((method) => method !== "parameters")
      .map((method) => `${method.toUpperCase()} ${path}`),
  );
  expect(described.toSorted()).toEqual(served.toSorted());
});

test("every reference is defined", () => {
  const text = JSON.stringify(KEYS_OPENAPI);
  const names = [...text.matchAll(/"\$ref":"#\/components\/(\w+)\/(\w+)"/g)];
  expect(names.length).toBeGreaterThan(5);
  for (const [, kind = "", name = ""] of names) {
    const group: object = Object.entries(KEYS_OPENAPI.components).find(([each]) => each === kind)?.[1] ?? {};
    expect([kind, name, Object.keys(group).includes(name)]).toEqual([kind, name, true]);
  }
});

test("an action's answer is the route's, and refusals have a code", async () => {
  const asked: unknown[] = [];
  const routes = keyRoutes(
    {
      manage: async (request) => {
        asked.push([request.action, request.id, request.input]);
        return request.action === "show"
          ? { status: 404, body: { error: "key not found" } }
          : { status: 200, body: { ok: true } };
      },
    },
    (text) => text,
  );
  const request = {
    params: { id: "vk_1" },
    query: new URLSearchParams("by=key&from=x"),
    headers: {},
    body: { name: "k" },
    stopping: new AbortController().signal,
  };
  const call = (method: string, path: string) =>
    routes.find((route) => route.method === method && route.path === path)?.handle(request);
  expect(await call("GET", "/keys/:id")).toEqual({
    kind: "refused",
    status: 404,
    code: "not_found",
    message: "key not found",
  });
  expect(await call("PATCH", "/keys/:id")).toEqual({ kind: "document", status: 200, body: { ok: true } });
  expect(await call("GET", "/usage")).toEqual({ kind: "document", status: 200, body: { ok: true } });
  expect(asked).toEqual([
    ["show", "vk_1", { by: "key", from: "x" }],
    ["update", "vk_1", { name: "k" }],
    ["usage", "vk_1", { by: "key", from: "x" }],
  ]);
});
