/** Vendors that speak Chat Completions in their own way: DeepSeek, Kimi, Mistral, and OpenAI's models on Azure. */
import { asObject, asText, type JsonObject } from "../../../../src/std/json.ts";
import { CHAT_MEMBERS, chatDialect } from "../openai.ts";
import { objects } from "../rules.ts";
import { type Family, type Rule, ruled, when } from "./family.ts";
import { CHAT_RULES_OF_AZURE, messagesOf, thinkingOff } from "./openai.ts";

const { developer: _, ...PLAIN_MEMBERS } = CHAT_MEMBERS;
const REASONED_MEMBERS = {
  ...PLAIN_MEMBERS,
  assistant: [...(CHAT_MEMBERS["assistant"] ?? []), "reasoning_content", "prefix", "partial"],
};

const callsOf = (message: JsonObject): JsonObject[] => objects(message["tool_calls"]);

/** Answers that called tools bring back what the vendor thought before them. */
const thoughtRule = (source: string, message: string): Rule => ({
  name: "a turn with calls brings its reasoning back while the model thinks",
  source,
  // An empty one is refused too: NousResearch/hermes-agent#17341, HKUDS/nanobot#946.
  broken: ({ body }) =>
    messagesOf(body).flatMap((each, at) =>
      when(
        !thinkingOff(body) && callsOf(each).length > 0 && (asText(each["reasoning_content"]) ?? "") === "",
        `${message} at index ${at}`,
      ),
    ),
});

/** Forced tools are refused while the model thinks. */
const choiceRule = (source: string, message: string): Rule => ({
  name: "no forced tool while the model thinks",
  source,
  broken: ({ body }) => {
    const choice = body["tool_choice"];
    const isForced = choice === "required" || asObject(choice) !== undefined;
    return when(!thinkingOff(body) && isForced, message);
  },
});

export const DEEPSEEK: Family = {
  id: "deepseek",
  provider: "deepseek",
  entry: {},
  models: ["deepseek-v4-pro"],
  doors: [
    ruled(
      {
        // Roles: earendil-works/pi#1048, EKKOLearnAI/hermes-studio#1926. Tools without `function`: danny-avila/LibreChat#12804.
        ...chatDialect({
          path: "/v1/chat/completions",
          known: null,
          members: REASONED_MEMBERS,
          takesCustomTools: false,
        }),
        reasoning: ({ body }, _step, text) => (thinkingOff(body) ? null : { text, seal: "" }),
      },
      [
        thoughtRule(
          "api-docs.deepseek.com/guides/thinking_mode; earendil-works/pi#3636, SaladDay/cc-switch-cli#170",
          "The `reasoning_content` in the thinking mode must be passed back to the API",
        ),
        choiceRule(
          "deepseek-ai/DeepSeek-V3#1376, BerriAI/litellm#37470",
          "Thinking mode does not support this tool_choice",
        ),
        {
          name: "words beside reasoning are never null",
          source: "can1357/oh-my-pi#788",
          broken: ({ body }) =>
            messagesOf(body).flatMap((each, at) =>
              when(
                each["role"] === "assistant" && each["reasoning_content"] !== undefined && each["content"] == null,
                `messages[${at}].content: null beside reasoning_content`,
              ),
            ),
        },
      ],
    ),
  ],
};

/** What the model takes of sampling while it thinks. */
const KIMI_SAMPLING: Readonly<Record<string, number>> = { temperature: 1, top_p: 0.95 };

export const KIMI: Family = {
  id: "kimi",
  provider: "moonshot",
  entry: {},
  models: ["kimi-k2.5"],
  doors: [
    ruled(
      {
        // Roles: openclaw/openclaw#8579, earendil-works/pi#8109.
        ...chatDialect({ known: null, members: REASONED_MEMBERS, takesCustomTools: false }),
        reasoning: ({ body }, _step, text) => (thinkingOff(body) ? null : { text, seal: "" }),
      },
      [
        thoughtRule(
          "continuedev/continue#11600, cloudwego/eino-ext#700, MoonshotAI/kimi-agent-sdk#169",
          "thinking is enabled but reasoning_content is missing in assistant tool call message",
        ),
        choiceRule("bestruirui/octopus#251", "tool_choice 'required' is incompatible with thinking enabled"),
        {
          name: "sampling is fixed while the model thinks",
          source: "iOfficeAI/gemini-cli-pro#30, HKUDS/nanobot#4967, MoonshotAI/kimi-code#686",
          broken: ({ body }) =>
            Object.entries(KIMI_SAMPLING).flatMap(([name, only]) =>
              when(
                !thinkingOff(body) && body[name] != null && body[name] !== only,
                `invalid ${name}: only ${only} is allowed for this model`,
              ),
            ),
        },
      ],
    ),
  ],
};

const MISTRAL_KNOWN = [
  ...["model", "messages", "stream", "max_tokens", "temperature", "top_p", "n", "stop", "tools", "tool_choice"],
  ...["parallel_tool_calls", "response_format", "random_seed", "presence_penalty", "frequency_penalty", "metadata"],
  ...["prediction", "prompt_mode", "safe_prompt", "reasoning_effort"],
];
const MISTRAL_ID = /^[a-zA-Z0-9]{9}$/;

// Members: charmbracelet/crush#1590, editor-code-assistant/eca#231, avante-corp/avante.nvim#2347, Gage-Technologies/mistral-go#2.
const MISTRAL_CHAT = chatDialect({
  known: MISTRAL_KNOWN,
  members: {
    system: ["role", "content"],
    user: ["role", "content"],
    assistant: ["role", "content", "tool_calls", "prefix"],
    tool: ["role", "content", "tool_call_id", "name"],
  },
  takesCustomTools: false,
  idOf: (step, call) => `Mis${step}Ca${call}Id`.padEnd(9, "X"),
});

export const MISTRAL: Family = {
  id: "mistral",
  provider: "mistral",
  entry: {},
  models: ["mistral-large-latest"],
  doors: [
    ruled(
      {
        ...MISTRAL_CHAT,
        // Usage is reported unasked (dnakov/anon-kode#53).
        frames: (turn, asked) =>
          MISTRAL_CHAT.frames(turn, { ...asked, body: { ...asked.body, stream_options: { include_usage: true } } }),
      },
      [
        {
          name: "ids of calls are nine letters and digits",
          source: "nearai/ironclaw#1241, anomalyco/opencode#1680",
          broken: ({ body }) =>
            messagesOf(body)
              .flatMap((message) => [...callsOf(message).map((call) => call["id"]), message["tool_call_id"]])
              .flatMap((id) =>
                when(id !== undefined && !MISTRAL_ID.test(asText(id) ?? ""), `Tool call id was ${String(id)}`),
              ),
        },
        {
          name: "no user's turn right behind a result",
          source: "pipecat-ai/pipecat-flows#178, NousResearch/hermes-agent#20154",
          broken: ({ body }) =>
            messagesOf(body).flatMap((message, at, all) =>
              when(
                message["role"] === "user" && all[at - 1]?.["role"] === "tool",
                "Unexpected role 'user' after role 'tool'",
              ),
            ),
        },
        {
          name: "the last turn is a user's or a tool's",
          source: "0xPlaygrounds/rig#1130",
          broken: ({ body }) => {
            const last = messagesOf(body).at(-1);
            return when(last?.["role"] === "assistant" && last["prefix"] !== true, "Expected last role User or Tool");
          },
        },
      ],
    ),
  ],
};

const AZURE_PATH = "/openai/deployments/gpt-5.1/chat/completions?api-version=2024-06-01";

const AZURE_CHAT = chatDialect({ path: AZURE_PATH });

export const AZURE: Family = {
  id: "azure",
  provider: "azure-test",
  entry: { protocol: "openai", auth: "api-key", path: `"${AZURE_PATH}"` },
  models: ["gpt-5.1"],
  doors: [
    ruled(
      {
        ...AZURE_CHAT,
        // semantic-kernel#3650, sashabaranov/go-openai#444: what was found in the prompt comes first, without a choice.
        frames: (turn, asked) => [AZURE_FIRST, ...AZURE_CHAT.frames(turn, asked)],
      },
      [
        ...CHAT_RULES_OF_AZURE,
        {
          name: "an API version of before 2024-09 knows no stream_options",
          source: "openai/openai-python#1469, MicrosoftDocs/azure-docs#123088, griptape-ai/griptape#1640",
          broken: ({ body }) =>
            when(body["stream_options"] !== undefined, "Unrecognized request argument supplied: stream_options"),
        },
      ],
    ),
  ],
};

const AZURE_FIRST = `data: ${JSON.stringify({
  id: "",
  object: "",
  created: 0,
  model: "",
  choices: [],
  prompt_filter_results: [{ prompt_index: 0, content_filter_results: { hate: { filtered: false, severity: "safe" } } }],
})}\n\n`;
