// What agents send beside plain tools and messages: groups of tools with a description, and messages between agents.
import { describe, expect, test } from "bun:test";
import type { JsonObject } from "../../../src/std/json.ts";
import { ALL, toLane } from "../../harness/crossing.ts";

const FOREIGN = ALL.map(({ id }) => id).filter((id) => id !== "responses");
const GROUP = {
  type: "namespace",
  name: "files",
  description: "Work on the user's own disk.",
  tools: [
    { type: "function", name: "read", description: "Reads one.", parameters: { type: "object", properties: {} } },
    { type: "function", name: "drop", parameters: { type: "object", properties: {} } },
  ],
};

describe("the description of a namespace", () => {
  const body = { model: "m", input: "hi", tools: [GROUP] };

  test.each(FOREIGN)("stands ahead of its first tool's at %s", (lane) => {
    const { request, losses } = toLane("responses", lane, body);
    const described = request.tools.map((tool) => (tool.type === "function" ? tool.description : null));
    expect(described[0]).toBe("About all tools of files: Work on the user's own disk.\n\nReads one.");
    expect(described[1] ?? "").not.toContain("disk");
    expect(losses.filter(({ field }) => field.includes("description"))).toEqual([]);
  });

  test("goes back to its own protocol as it was", () => {
    expect(toLane("responses", "responses", body).body["tools"]).toEqual([GROUP]);
  });

  test("is nothing where it is empty or null", () => {
    for (const description of ["", null, undefined]) {
      const { request } = toLane("responses", "openai", { ...body, tools: [{ ...GROUP, description }] });
      expect(request.tools[0]).toMatchObject({ description: "Reads one." });
    }
  });
});

const MESSAGE = {
  type: "agent_message",
  author: "/root/scout",
  recipient: "/root",
  content: [{ type: "input_text", text: "The build is green." }],
};
const conversation = (item: JsonObject) => ({ model: "m", input: [{ role: "user", content: "Go." }, item] });

describe("a message between agents", () => {
  test.each(FOREIGN)("is a user's words at %s", (lane) => {
    const { text, losses } = toLane("responses", lane, conversation(MESSAGE));
    expect(text).toContain("Message from /root/scout to /root:");
    expect(text).toContain("The build is green.");
    expect(losses).toEqual([]);
  });

  test.each(FOREIGN)("whose words are sealed is told as lost at %s", (lane) => {
    const sealed = { ...MESSAGE, content: [{ type: "encrypted_content", encrypted_content: "c2VhbGVk" }] };
    const { text, losses } = toLane("responses", lane, conversation(sealed));
    expect(text).not.toContain("c2VhbGVk");
    expect(losses.some(({ how }) => how === "dropped")).toBe(true);
  });

  test("goes back to its own protocol as it was", () => {
    expect(toLane("responses", "responses", conversation(MESSAGE)).body["input"]).toEqual(conversation(MESSAGE).input);
  });

  test("without names or content is read", () => {
    for (const odd of [{ type: "agent_message" }, { type: "agent_message", author: "", content: "Hi" }]) {
      expect(toLane("responses", "anthropic", conversation(odd)).text).toContain("Message from an agent:");
    }
  });
});
