/** What a server takes of the protocol decides what is written for it. */
import { describe, expect, test } from "bun:test";
import { UNKNOWN_SERVER } from "../../../src/ir/dialect.ts";
import type { IrRequest } from "../../../src/ir/request.ts";
import { MAKER } from "../../harness/dialects.ts";
import { foreignRequest, readRequest, text, turn, writeRequest } from "./builders.ts";

const INSTRUCTIONS = [
  { role: "developer" as const, blocks: [text("Be brief")], wasString: true, extras: {}, spelling: {} },
];
const DEVELOPER_FIRST: [string, IrRequest] = [
  "first",
  foreignRequest({ instructions: INSTRUCTIONS, turns: [turn("user", text("Hi"))] }),
];
const DEVELOPER_LATER: [string, IrRequest] = [
  "in the middle",
  foreignRequest({
    turns: [turn("user", text("Hi")), turn("developer", text("Be brief")), turn("user", text("Go on"))],
  }),
];
const DEVELOPER_NATIVE: [string, IrRequest] = [
  "of a client of this protocol",
  readRequest({
    model: "m",
    messages: [
      { role: "developer", content: "Be brief" },
      { role: "user", content: "Hi" },
    ],
  }),
];

describe("instructions of a developer", () => {
  const roles = (request: IrRequest, dialect = UNKNOWN_SERVER) => {
    const messages: unknown = writeRequest(request, { dialect }).body["messages"];
    return JSON.stringify(messages).match(/"role":"(developer|system)"/)?.[1];
  };
  test.each([DEVELOPER_FIRST, DEVELOPER_LATER, DEVELOPER_NATIVE])("%s", (_, request) => {
    expect(roles(request)).toBe("system");
    expect(roles(request, MAKER)).toBe("developer");
  });
});
