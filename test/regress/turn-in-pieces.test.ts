// A client that keeps every chunk of a streamed answer as a turn of its own had its parallel calls torn apart: each call
// became a message that wanted its result before the next call.
import { expect, test } from "bun:test";
import { assistant, call, functionTool, request, result, text, tool, user } from "../harness/builders.ts";
import { sentTo } from "../harness/crossing.ts";

test("calls kept in turns of their own are one message to a Chat Completions lane", () => {
  const given = request({
    tools: [functionTool("read")],
    turns: [
      user(text("Read both.")),
      assistant(text("I read ")),
      assistant(text("both.")),
      assistant(call("call_a", "read", "{}")),
      assistant(call("call_b", "read", "{}")),
      tool(result("call_a", [text("A")]), result("call_b", [text("B")])),
    ],
  });
  for (const id of ["anthropic", "responses", "gemini"]) {
    const { body } = sentTo(id, "openai", given);
    expect([id, body["messages"]]).toMatchObject([
      id,
      [
        { role: "user" },
        { role: "assistant", content: "I read both.", tool_calls: [{ id: "call_a" }, { id: "call_b" }] },
        { role: "tool", tool_call_id: "call_a" },
        { role: "tool", tool_call_id: "call_b" },
      ],
    ]);
  }
});

test("and to a Cohere lane", () => {
  const given = request({
    tools: [functionTool("read")],
    turns: [
      user(text("Read both.")),
      assistant(text("I read ")),
      assistant(text("both.")),
      assistant(call("call_a", "read", "{}")),
      assistant(call("call_b", "read", "{}")),
      tool(result("call_a", [text("A")]), result("call_b", [text("B")])),
    ],
  });
  const { body } = sentTo("gemini", "cohere", given);
  expect(body["messages"]).toMatchObject([
    { role: "user" },
    { role: "assistant", tool_plan: "I read both.", tool_calls: [{ id: "call_a" }, { id: "call_b" }] },
    { role: "tool", tool_call_id: "call_a" },
    { role: "tool", tool_call_id: "call_b" },
  ]);
});
