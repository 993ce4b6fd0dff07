// What crosses between processes: a message reaches its handler, and anything else reaches none.
import { expect, test } from "bun:test";
import { deliver, type FromWorker, type MessageHandlers } from "../../src/process/messages.ts";

type Some = MessageHandlers<Pick<FromWorker, "listening" | "retiring">>;

test.each<[unknown, string[]]>([
  [{ kind: "listening", body: { port: 8080 } }, ["listening 8080"]],
  [{ kind: "retiring", body: { because: "sick" } }, ["retiring sick"]],
  [{ kind: "ready", body: null }, []],
  [{ kind: "toString", body: null }, []],
  [{ kind: "listening" }, []],
  [{ body: { port: 1 } }, []],
  [{ kind: 3, body: null }, []],
  ["listening", []],
  [null, []],
])("%j reaches %p", (message, reached) => {
  const calls: string[] = [];
  const handlers: Some = {
    listening: ({ port }) => calls.push(`listening ${port}`),
    retiring: ({ because }) => calls.push(`retiring ${because}`),
  };
  deliver(handlers, message);
  expect(calls).toEqual(reached);
});
