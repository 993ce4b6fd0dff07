/**
 * The loop of a coding agent, with reasoning before every answer: it reads a file, edits it and reads another in parallel,
 * runs a command, and closes. The edit is the free-form tool of the agents that have one, and a function of all others.
 */
import type { Script, ScriptTool } from "./script.ts";

export const AGENT_QUESTION = "Mend the greeting in hello.txt and run the tests.";
/** A question that says so is of a session begun elsewhere: the vendor does not know what was said in it. */
export const MOVED = "[begun elsewhere]";
export const AGENT_SYSTEM = "You are a coding agent.";
export const AGENT_ANSWER = "The greeting is mended and the tests pass.";
export const AGENT_PATCH = "*** Begin Patch\n*** Update File: hello.txt\n@@\n-Helo\n+Hello\n*** End Patch\n";
export const FREE_TOOL = "apply_patch";

const OUTPUT: Readonly<Record<string, string>> = {
  read_file: "1\tHelo, wörld",
  [FREE_TOOL]: "Success. Updated hello.txt",
  shell: "4 tests, 0 failures",
};

export const AGENT_SCRIPT: Script = {
  turns: [
    {
      reasoning: "The file has to be seen first.",
      text: "I read the file.",
      calls: [{ name: "read_file", arguments: { path: "hello.txt" } }],
    },
    {
      reasoning: "One letter is missing; the tests may name it too.",
      text: "",
      calls: [
        { name: FREE_TOOL, arguments: { input: AGENT_PATCH } },
        { name: "read_file", arguments: { path: "tests/hello.txt" } },
      ],
    },
    {
      reasoning: "The edit is in place, so the tests can run.",
      text: "Now the tests.",
      calls: [{ name: "shell", arguments: { command: "make test" } }],
    },
    { reasoning: "Everything passes.", text: AGENT_ANSWER, calls: [] },
  ],
  run: (name) => ({ output: OUTPUT[name] ?? "no such tool" }),
  holds: (_, body) => !JSON.stringify(body).includes(MOVED),
};

export const AGENT_TOOLS: readonly ScriptTool[] = [
  {
    name: "read_file",
    description: "Reads a file",
    schema: { type: "object", properties: { path: { type: "string" } }, required: ["path"] },
  },
  {
    name: FREE_TOOL,
    description: "Edits files by a patch",
    schema: { type: "object", properties: { input: { type: "string" } }, required: ["input"] },
  },
  {
    name: "shell",
    description: "Runs a command",
    schema: { type: "object", properties: { command: { type: "string" } }, required: ["command"] },
  },
];
