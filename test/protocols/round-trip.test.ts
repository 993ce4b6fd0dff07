// Bodies as clients and vendors write them, read and written again by the same protocol: equal, but for a committed list.
// A path that disappears and stands on no list fails, so nothing a vendor adds is dropped unseen.

import { describe, expect, test } from "bun:test";
import { PROTOCOLS } from "../../src/protocols/index.ts";
import type { AnswerContext, Protocol } from "../../src/protocols/protocol.ts";
import { asObject, type JsonObject, parseExact } from "../../src/std/json.ts";
import { overTheWire, textOf } from "../corpus/meaning.ts";
import { PIXEL } from "../harness/builders.ts";
import { MAKER } from "../harness/dialects.ts";
import { said, WEATHER_OSLO, WEATHER_PARIS, wordsOf } from "../harness/vendor-words.ts";

const CONTEXT: AnswerContext = {
  request: null,
  upstreamModel: "upstream-model",
  createdMs: 1_767_225_600_000,
  newId: (length) => "0".repeat(length),
  elapsedMs: () => 42,
  inputTokensEstimate: 25,
};

const OPENAI_REQUESTS: Readonly<Record<string, string>> = {
  small: '{"model":"m","messages":[{"role":"user","content":"hi"}]}',
  "everything modelled": `{"model":"m","messages":[{"role":"developer","content":"Be brief."},{"role":"system","content":[{"type":"text","text":"Be kind."}]},{"role":"user","name":"ada","content":[{"type":"text","text":"Look:"},{"type":"image_url","image_url":{"url":"data:image/png;base64,${PIXEL}","detail":"high"}},{"type":"image_url","image_url":{"url":"https://pictures.invalid/a.png"}},{"type":"input_audio","input_audio":{"data":"UklG","format":"wav"}},{"type":"file","file":{"filename":"a.pdf","file_data":"data:application/pdf;base64,JVBERi0="}},{"type":"file","file":{"file_id":"file-1"}}]},{"role":"assistant","content":null,"tool_calls":[{"id":"call_1","type":"function","function":{"name":"f","arguments":"{\\"id\\":12345678901234567890}"}},{"id":"call_2","type":"custom","custom":{"name":"sql","input":"select 1"}}]},{"role":"tool","tool_call_id":"call_1","content":"ok"},{"role":"tool","tool_call_id":"call_2","content":[{"type":"text","text":"1"}]},{"role":"assistant","content":"So.","refusal":null},{"role":"user","content":"Go on."}],"max_completion_tokens":100,"temperature":0.5,"top_p":0.9,"seed":9007199254740993,"presence_penalty":-1,"frequency_penalty":1,"stop":["a","b"],"n":2,"logprobs":true,"top_logprobs":3,"user":"u","metadata":{"a":"b"},"service_tier":"flex","parallel_tool_calls":false,"tool_choice":{"type":"function","function":{"name":"f"}},"tools":[{"type":"function","function":{"name":"f","description":"d","parameters":{"type":"object","properties":{"id":{"type":"integer","maximum":12345678901234567890}}},"strict":true}},{"type":"custom","custom":{"name":"sql","description":"d","format":{"type":"grammar","grammar":{"definition":"x","syntax":"lark"}}}}],"response_format":{"type":"json_schema","json_schema":{"name":"n","description":"d","schema":{"type":"object"},"strict":true}},"reasoning_effort":"low"}`,
  "old spellings":
    '{"model":"m","max_tokens":5,"messages":[{"role":"user","content":"hi"}],"stop":"END","response_format":{"type":"json_object"}}',
  "a stream":
    '{"model":"m","stream":true,"stream_options":{"include_usage":true,"include_obfuscation":false},"messages":[{"role":"user","content":"hi"}]}',
  "members nobody models":
    '{"model":"m","messages":[{"role":"user","content":"hi","vendor_x":{"a":[1]}}],"logit_bias":{"50256":-100},"store":true,"prompt_cache_key":"k","verbosity":"low","prediction":{"type":"content","content":"x"},"web_search_options":{},"modalities":["text"],"safety_identifier":"s","top_k":40,"vendor_thing":{"deep":[{"a":1}]}}',
};

const ANTHROPIC_REQUESTS: Readonly<Record<string, string>> = {
  small: '{"model":"m","max_tokens":5,"messages":[{"role":"user","content":"hi"}]}',
  "everything modelled": `{"model":"m","max_tokens":9000,"system":[{"type":"text","text":"Be brief.","cache_control":{"type":"ephemeral","ttl":"1h"}}],"messages":[{"role":"user","content":[{"type":"text","text":"Look:","cache_control":{"type":"ephemeral"}},{"type":"image","source":{"type":"base64","media_type":"image/png","data":"${PIXEL}"}},{"type":"image","source":{"type":"url","url":"https://pictures.invalid/a.png"}},{"type":"document","source":{"type":"base64","media_type":"application/pdf","data":"JVBERi0="},"title":"t","context":"c","citations":{"enabled":true}},{"type":"document","source":{"type":"text","media_type":"text/plain","data":"words"}},{"type":"document","source":{"type":"url","url":"https://files.invalid/a.pdf"}},{"type":"document","source":{"type":"content","content":[{"type":"text","text":"a"}]}}]},{"role":"assistant","content":[{"type":"thinking","thinking":"Hmm.","signature":"c2ln"},{"type":"redacted_thinking","data":"ZW5j"},{"type":"text","text":"So."},{"type":"tool_use","id":"toolu_1","name":"f","input":{"id":12345678901234567890,"x":1.0}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"toolu_1","content":[{"type":"text","text":"ok"},{"type":"image","source":{"type":"base64","media_type":"image/png","data":"${PIXEL}"}}],"is_error":true},{"type":"text","text":"Go on."}]}],"metadata":{"user_id":"u"},"service_tier":"auto","stop_sequences":["a"],"temperature":0.5,"top_p":0.9,"top_k":5,"thinking":{"type":"enabled","budget_tokens":2000},"tool_choice":{"type":"tool","name":"f","disable_parallel_tool_use":true},"tools":[{"name":"f","description":"d","input_schema":{"type":"object","properties":{"id":{"type":"integer","maximum":12345678901234567890}}},"cache_control":{"type":"ephemeral"}}],"stream":true}`,
  "a bare result, and calls in parallel":
    '{"model":"m","max_tokens":5,"messages":[{"role":"user","content":"hi"},{"role":"assistant","content":[{"type":"tool_use","id":"a","name":"f","input":{}},{"type":"tool_use","id":"b","name":"f","input":{}}]},{"role":"user","content":[{"type":"tool_result","tool_use_id":"a","content":"1"},{"type":"tool_result","tool_use_id":"b"}]}],"tools":[{"name":"f","input_schema":{"type":"object"}}],"tool_choice":{"type":"any"}}',
  "system in words, and in the middle":
    '{"model":"m","max_tokens":5,"system":"Be brief.","messages":[{"role":"user","content":"hi"},{"role":"system","content":"Be formal."},{"role":"user","content":"go"}]}',
  "members nobody models":
    '{"model":"m","max_tokens":5,"messages":[{"role":"user","content":[{"type":"text","text":"hi"},{"type":"search_result","source":"s","title":"t","content":[{"type":"text","text":"x"}]}]},{"role":"assistant","content":[{"type":"server_tool_use","id":"srvtoolu_1","name":"web_search","input":{"query":"x"}},{"type":"web_search_tool_result","tool_use_id":"srvtoolu_1","content":[]}]},{"role":"user","content":"go"}],"tools":[{"type":"web_search_20250305","name":"web_search","max_uses":3},{"type":"bash_20250124","name":"bash"},{"name":"f","input_schema":{"type":"object"},"eager_input_streaming":true}],"context_management":{"edits":[]},"container":"c","mcp_servers":[],"vendor_thing":{"deep":[{"a":1}]}}',
};

const RESPONSES_REQUESTS: Readonly<Record<string, string>> = {
  small: '{"model":"m","input":[{"role":"user","content":"hi"}]}',
  "everything modelled": `{"model":"m","instructions":"Be brief.","input":[{"type":"message","role":"developer","content":"Be kind."},{"type":"message","role":"user","content":[{"type":"input_text","text":"Look:"},{"type":"input_image","image_url":"data:image/png;base64,${PIXEL}","detail":"high"},{"type":"input_image","image_url":"https://pictures.invalid/a.png"},{"type":"input_file","file_data":"data:application/pdf;base64,JVBERi0=","filename":"a.pdf"}]},{"type":"reasoning","id":"rs_1","summary":[{"type":"summary_text","text":"Hmm."}],"encrypted_content":"ZW5j"},{"type":"function_call","call_id":"call_1","name":"f","arguments":"{\\"id\\":12345678901234567890,\\"x\\":1.0}"},{"type":"function_call","call_id":"call_2","name":"f","arguments":"{}"},{"type":"custom_tool_call","call_id":"call_3","name":"sql","input":"select 1"},{"type":"function_call_output","call_id":"call_1","output":"ok"},{"type":"function_call_output","call_id":"call_2","output":[{"type":"input_text","text":"ok"},{"type":"input_image","image_url":"data:image/png;base64,${PIXEL}"}]},{"type":"custom_tool_call_output","call_id":"call_3","output":"1"},{"type":"message","role":"user","content":[{"type":"input_text","text":"Go on."}]}],"max_output_tokens":100,"temperature":0.5,"top_p":0.9,"top_logprobs":3,"include":["message.output_text.logprobs","reasoning.encrypted_content"],"user":"u","metadata":{"a":"b"},"service_tier":"flex","parallel_tool_calls":false,"tool_choice":{"type":"function","name":"f"},"tools":[{"type":"function","name":"f","description":"d","parameters":{"type":"object","properties":{"id":{"type":"integer","maximum":12345678901234567890}}},"strict":true},{"type":"custom","name":"sql","description":"d","format":{"type":"grammar","definition":"x","syntax":"lark"}}],"text":{"format":{"type":"json_schema","name":"n","description":"d","schema":{"type":"object"},"strict":true}},"reasoning":{"effort":"low"}}`,
  "input in words": '{"model":"m","input":"hi","text":{"format":{"type":"json_object"}},"tool_choice":"required"}',
  "a stream":
    '{"model":"m","stream":true,"stream_options":{"include_obfuscation":false},"store":false,"input":[{"role":"user","content":"hi"}]}',
  "members nobody models":
    '{"model":"m","input":[{"role":"user","content":[{"type":"input_text","text":"hi","vendor_x":{"a":[1]}}]},{"type":"web_search_call","id":"ws_1","status":"completed","action":{"type":"search","query":"x"}},{"role":"user","content":"go"}],"tools":[{"type":"web_search","search_context_size":"low"},{"type":"mcp","server_label":"s"}],"store":true,"previous_response_id":"resp_1","prompt_cache_key":"k","text":{"verbosity":"low"},"truncation":"auto","max_tool_calls":3,"safety_identifier":"s","vendor_thing":{"deep":[{"a":1}]}}',
};

const BEDROCK_REQUESTS: Readonly<Record<string, string>> = {
  small: '{"messages":[{"role":"user","content":[{"text":"hi"}]}]}',
  "everything modelled": `{"system":[{"text":"Be brief."},{"cachePoint":{"type":"default","ttl":"1h"}}],"messages":[{"role":"user","content":[{"text":"Look:"},{"cachePoint":{"type":"default"}},{"image":{"format":"png","source":{"bytes":"${PIXEL}"}}},{"document":{"format":"pdf","name":"a","source":{"bytes":"JVBERi0="},"context":"c","citations":{"enabled":true}}},{"document":{"format":"txt","name":"b","source":{"text":"words"}}},{"document":{"format":"txt","name":"c","source":{"content":[{"text":"a"},{"text":"b"}]}}},{"audio":{"format":"wav","source":{"bytes":"UklG"}}}]},{"role":"assistant","content":[{"reasoningContent":{"reasoningText":{"text":"Hmm.","signature":"c2ln"}}},{"reasoningContent":{"redactedContent":"ZW5j"}},{"text":"So."},{"toolUse":{"toolUseId":"tooluse_1","name":"f","input":{"id":12345678901234567890,"x":1.0}}},{"toolUse":{"toolUseId":"tooluse_2","name":"f","input":{}}}]},{"role":"user","content":[{"toolResult":{"toolUseId":"tooluse_1","content":[{"text":"ok"},{"image":{"format":"jpeg","source":{"bytes":"/9j/"}}}],"status":"error"}},{"toolResult":{"toolUseId":"tooluse_2","content":[{"json":{"t":1.0,"id":12345678901234567890}}],"status":"success"}},{"text":"Go on."}]}],"inferenceConfig":{"maxTokens":9000,"temperature":0.5,"topP":0.9,"stopSequences":["a"]},"toolConfig":{"tools":[{"toolSpec":{"name":"f","description":"d","inputSchema":{"json":{"type":"object","properties":{"id":{"type":"integer","maximum":12345678901234567890}}}},"strict":true}},{"cachePoint":{"type":"default"}}],"toolChoice":{"tool":{"name":"f"}}},"additionalModelRequestFields":{"top_k":5,"thinking":{"type":"enabled","budget_tokens":2000},"tool_choice":{"type":"auto","disable_parallel_tool_use":true}},"outputConfig":{"textFormat":{"type":"json_schema","structure":{"jsonSchema":{"schema":"{\\"type\\":\\"object\\"}","name":"n","description":"d"}}},"effort":"low"},"requestMetadata":{"a":"b"},"serviceTier":{"type":"flex"}}`,
  "reasoning that nobody signed":
    '{"messages":[{"role":"user","content":[{"text":"hi"}]},{"role":"assistant","content":[{"reasoningContent":{"reasoningText":{"text":"Hmm."}}},{"text":"So."}]},{"role":"user","content":[{"text":"go"}]}],"toolConfig":{"tools":[{"toolSpec":{"name":"f","inputSchema":{"json":{"type":"object"}}}}],"toolChoice":{"any":{}}}}',
  "members nobody models": `{"system":[{"guardContent":{"text":{"text":"s","qualifiers":["query"]}}}],"messages":[{"role":"user","content":[{"guardContent":{"text":{"text":"hi"}}},{"guardContent":{"image":{"format":"png","source":{"bytes":"${PIXEL}"}}}},{"searchResult":{"source":"s","title":"t","content":[{"text":"x"}]}},{"video":{"format":"mp4","source":{"bytes":"AAAA"}}},{"image":{"format":"png","source":{"s3Location":{"uri":"s3://b/k"}}}},{"document":{"format":"pdf","name":"a","source":{"s3Location":{"uri":"s3://b/k","bucketOwner":"1"}}}}]},{"role":"assistant","content":[{"toolUse":{"toolUseId":"t","name":"nova_grounding","input":{},"type":"server_tool_use"}},{"toolResult":{"toolUseId":"t","content":[{"text":"x"}],"type":"nova_grounding_result"}},{"citationsContent":{"content":[{"text":"So."}],"citations":[{"title":"t","location":{"documentChar":{"documentIndex":0,"start":0,"end":3}}}]}}]},{"role":"user","content":[{"text":"go"},{"futureBlock":{"a":1}}]}],"toolConfig":{"tools":[{"systemTool":{"name":"nova_grounding"}}]},"guardrailConfig":{"guardrailIdentifier":"g","guardrailVersion":"1"},"promptVariables":{"a":{"text":"b"}},"additionalModelResponseFieldPaths":["/stop_sequence"],"performanceConfig":{"latency":"optimized"},"additionalModelRequestFields":{"anthropic_beta":["context-1m-2025-08-07"],"vendor_thing":{"deep":[{"a":1}]},"thinking":{"type":"adaptive","vendor_x":1}},"inferenceConfig":{"vendor_y":2},"vendor_thing":{"deep":[{"a":1}]}}`,
};

const COHERE_REQUESTS: Readonly<Record<string, string>> = {
  small: '{"model":"m","messages":[{"role":"user","content":"hi"}]}',
  "everything modelled": `{"model":"m","messages":[{"role":"system","content":"Be brief."},{"role":"system","content":[{"type":"text","text":"Be kind."}]},{"role":"user","content":[{"type":"text","text":"Look:"},{"type":"image_url","image_url":{"url":"data:image/png;base64,${PIXEL}","detail":"high"}},{"type":"image_url","image_url":{"url":"https://pictures.invalid/a.png"}}]},{"role":"assistant","content":[{"type":"thinking","thinking":"Hmm."}],"tool_plan":"I will look.","tool_calls":[{"id":"f_1","type":"function","function":{"name":"f","arguments":"{\\"id\\":12345678901234567890}"}},{"id":"f_2","type":"function","function":{"name":"f","arguments":"{}"}}]},{"role":"tool","tool_call_id":"f_1","content":"ok"},{"role":"tool","tool_call_id":"f_2","content":[{"type":"text","text":"1"},{"type":"document","document":{"id":"d1","data":{"title":"t","text":"words","n":1}}},{"type":"document","document":{"data":"words"}}]},{"role":"assistant","content":[{"type":"text","text":"So."}],"citations":[{"start":0,"end":2,"text":"So","sources":[{"type":"document","id":"d1","document":{"title":"t","text":"words"}}],"content_index":0,"type":"TEXT_CONTENT"},{"start":0,"end":1,"text":"H","sources":[],"type":"THINKING_CONTENT"}]},{"role":"user","content":"Go on."}],"documents":["plain",{"id":"x","data":{"title":"t","snippet":"words"}}],"citation_options":{"mode":"FAST"},"max_tokens":100,"temperature":0.5,"p":0.9,"k":5,"seed":9007199254740993,"presence_penalty":0.1,"frequency_penalty":0.2,"stop_sequences":["a","b"],"logprobs":true,"tool_choice":"REQUIRED","strict_tools":true,"tools":[{"type":"function","function":{"name":"f","description":"d","parameters":{"type":"object","properties":{"id":{"type":"integer","maximum":12345678901234567890}}}}}],"response_format":{"type":"json_object","json_schema":{"type":"object"}},"thinking":{"type":"enabled","token_budget":500}}`,
  "old spellings":
    '{"model":"m","messages":[{"role":"user","content":"hi"}],"response_format":{"type":"json_object","schema":{"type":"object"}},"tool_choice":"none","thinking":{"type":"disabled"},"documents":[],"stop_sequences":[],"logprobs":false,"strict_tools":false}',
  "nothing said":
    '{"model":"m","messages":[{"role":"user","content":""},{"role":"assistant","content":"","tool_plan":"","tool_calls":[],"citations":[]},{"role":"assistant"},{"role":"assistant","content":[]},{"role":"tool","tool_call_id":"x","content":""},{"role":"user","content":[{"type":"text","text":""}]}]}',
  "a stream": '{"model":"m","stream":true,"messages":[{"role":"user","content":"hi"}]}',
  "members nobody models":
    '{"model":"m","messages":[{"role":"user","content":[{"type":"text","text":"hi","vendor_x":1},{"type":"video","video":{"url":"u"}}],"vendor_x":{"a":[1]}}],"safety_mode":"STRICT","priority":3,"raw_prompting":true,"tool_choice":{"x":1},"thinking":{"type":"auto"},"response_format":{"type":"xml"},"tools":[{"type":"web_search","x":1},{"type":"function","function":{"name":"f","parameters":{},"vendor_x":1},"vendor_y":2}],"vendor_thing":{"deep":[{"a":1}]}}',
  "documents that nobody asks about":
    '{"model":"m","messages":[{"role":"system","content":"hi"}],"documents":["a"],"citation_options":{"mode":"OFF"}}',
};

const GEMINI_REQUESTS: Readonly<Record<string, string>> = {
  small: '{"model":"m","contents":[{"role":"user","parts":[{"text":"hi"}]}]}',
  "everything modelled": `{"model":"m","systemInstruction":{"parts":[{"text":"Be brief."},{"text":"Be kind."}]},"contents":[{"role":"user","parts":[{"text":"Look:"},{"inlineData":{"mimeType":"image/png","data":"${PIXEL}"},"mediaResolution":{"level":"MEDIA_RESOLUTION_LOW"}},{"fileData":{"mimeType":"image/png","fileUri":"https://pictures.invalid/a.png"}},{"inlineData":{"mimeType":"audio/wav","data":"UklG"}},{"inlineData":{"mimeType":"application/pdf","data":"JVBERi0="}},{"fileData":{"mimeType":"application/pdf","fileUri":"https://generativelanguage.googleapis.com/v1beta/files/abc"}}]},{"role":"model","parts":[{"text":"Hmm.","thought":true},{"text":"So.","thoughtSignature":"c2lnMQ=="},{"functionCall":{"id":"c1","name":"f","args":{"id":12345678901234567890,"x":1.0}},"thoughtSignature":"c2lnMg=="},{"functionCall":{"name":"f","args":{}}}]},{"role":"user","parts":[{"functionResponse":{"id":"c1","name":"f","response":{"output":"ok"}}},{"functionResponse":{"name":"f","response":{"temperature":21.50,"deep":{"a":[1]}},"parts":[{"inlineData":{"mimeType":"image/png","data":"${PIXEL}"}}]}},{"functionResponse":{"id":"c9","name":"f","response":{"error":"no such city"}}},{"text":"Go on."}]}],"tools":[{"functionDeclarations":[{"name":"f","description":"d","parametersJsonSchema":{"type":"object","properties":{"id":{"type":"integer","maximum":12345678901234567890}}}},{"name":"g"}]},{"googleSearch":{}}],"toolConfig":{"functionCallingConfig":{"mode":"ANY","allowedFunctionNames":["f"]}},"generationConfig":{"maxOutputTokens":100,"temperature":0.5,"topP":0.9,"topK":5,"seed":7,"presencePenalty":-1,"frequencyPenalty":1,"stopSequences":["a"],"candidateCount":2,"responseLogprobs":true,"logprobs":3,"responseMimeType":"application/json","responseJsonSchema":{"type":"object"},"thinkingConfig":{"thinkingBudget":2000,"includeThoughts":true}},"serviceTier":"flex"}`,
  "results by name, and levels":
    '{"model":"m","contents":[{"role":"user","parts":[{"text":"hi"}]},{"role":"model","parts":[{"functionCall":{"name":"f","args":{"a":1}}},{"functionCall":{"name":"f","args":{"a":2}}}]},{"role":"user","parts":[{"functionResponse":{"name":"f","response":{}}},{"functionResponse":{"name":"f","response":{"output":"2"}}}]}],"generationConfig":{"thinkingConfig":{"thinkingLevel":"HIGH","includeThoughts":true}}}',
  "signatures of their own":
    '{"model":"m","contents":[{"role":"user","parts":[{"text":"hi"}]},{"role":"model","parts":[{"functionCall":{"name":"f","args":{}},"thoughtSignature":"skip_thought_signature_validator"},{"functionCall":{"name":"g","args":{}}}]},{"role":"user","parts":[{"functionResponse":{"name":"f","response":{"output":"1"}}},{"functionResponse":{"name":"g","response":{"output":"2"}}}]},{"role":"model","parts":[{"text":"","thoughtSignature":"c2ln"}]}]}',
  "members nobody models":
    '{"model":"m","contents":[{"role":"user","parts":[{"fileData":{"fileUri":"https://www.youtube.com/watch?v=x"},"videoMetadata":{"startOffset":"10s"}},{"text":"hi","vendorX":{"a":[1]}}]},{"role":"model","parts":[{"executableCode":{"language":"PYTHON","code":"1"}},{"codeExecutionResult":{"outcome":"OUTCOME_OK","output":"1"}}]},{"role":"user","parts":[{"text":"go"}]}],"tools":[{"codeExecution":{}},{"functionDeclarations":[{"name":"f","behavior":"NON_BLOCKING","response":{"type":"STRING"}}]}],"toolConfig":{"functionCallingConfig":{"mode":"AUTO","streamFunctionCallArguments":true},"retrievalConfig":{"languageCode":"en"}},"safetySettings":[{"category":"HARM_CATEGORY_HARASSMENT","threshold":"BLOCK_NONE"}],"cachedContent":"cachedContents/x","labels":{"team":"blue"},"generationConfig":{"responseModalities":["TEXT","IMAGE"],"speechConfig":{"languageCode":"en"},"mediaResolution":"MEDIA_RESOLUTION_LOW","thinkingConfig":{"thinkingBudget":0,"vendorX":1}},"vendorThing":{"deep":[{"a":1}]}}',
};

/** Vendor -> kind of body -> paths that change or go when it is read and written again, with the reason. */
const CHANGES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  openai: {},
  responses: {},
  bedrock: {
    model: "the path says it, and the carrier takes it out again",
    "metrics.latencyMs": "how long the vendor took is no part of the answer; the type demands a number",
    "usage.cacheReadInputTokenCount": "an older name of the same counter",
    "usage.cacheWriteInputTokenCount": "an older name of the same counter",
    "usage.serverToolUsage": "nothing in it",
  },
  cohere: {},
  gemini: { "usageMetadata.promptTokensDetails": "how a count is made up is only carried for audio" },
  anthropic: { "content[].caller": "the vendor's SDK types demand it; `direct` says nothing out of the ordinary" },
};

const REQUESTS = {
  openai: OPENAI_REQUESTS,
  anthropic: ANTHROPIC_REQUESTS,
  responses: RESPONSES_REQUESTS,
  bedrock: BEDROCK_REQUESTS,
  cohere: COHERE_REQUESTS,
  gemini: GEMINI_REQUESTS,
} as const;

for (const [id, protocol] of Object.entries<Protocol>(PROTOCOLS)) {
  const { payload } = protocol;
  // A carrier of another protocol's bodies reads and writes as that protocol does.
  if (payload.id !== id) continue;
  describe(id, () => {
    for (const [name, text] of Object.entries(REQUESTS[protocol.id as keyof typeof REQUESTS])) {
      test(`request: ${name}`, () => {
        const body = object(text);
        const { value, losses } = payload.readRequest(body);
        const written = payload.writeRequest(value, {
          upstreamModel: "m",
          defaultMaxOutputTokens: 5,
          dialect: MAKER,
          maxOutputTokens: null,
        });
        expect(changedPaths(body, overTheWire(written.value), CHANGES[id])).toEqual([]);
        expect([...losses, ...written.losses]).toEqual([]);
      });
    }

    const words = wordsOf(id);
    for (const [name, over] of Object.entries({
      text: {},
      tools: { tools: [WEATHER_PARIS, WEATHER_OSLO] },
      "tools alone": { pieces: [], tools: [WEATHER_PARIS] },
      limit: { finish: "length" as const },
    })) {
      test(`answer: ${name}`, () => {
        const body = object(words.body(said(over)));
        const { value, losses } = payload.readResponse(body);
        const written = payload.writeResponse(value, CONTEXT);
        expect(changedPaths(body, overTheWire(written.value), CHANGES[id])).toEqual([]);
        expect([...losses, ...written.losses]).toEqual([]);
      });
    }
  });
}

function object(text: string): JsonObject {
  const found = asObject(parseExact(text));
  if (found === undefined) throw new Error("a case is no object");
  return found;
}

/** Paths of the left side that say something else, or nothing, on the right; nulls and empty lists say nothing. */
function changedPaths(
  left: unknown,
  right: unknown,
  allowed: Readonly<Record<string, string>> = {},
  path = "",
): string[] {
  if (Object.hasOwn(allowed, path.replaceAll(/\[\d+\]/g, "[]"))) return [];
  if (isNothing(left) && isNothing(right)) return [];
  if (Array.isArray(left) && Array.isArray(right)) {
    const length = left.length === right.length ? [] : [`${path}.length ${left.length} -> ${right.length}`];
    return [
      ...length,
      ...left.flatMap((each, index) => changedPaths(each, right[index], allowed, `${path}[${index}]`)),
    ];
  }
  const [a, b] = [asObject(left), asObject(right)];
  if (a !== undefined && b !== undefined && !JSON.isRawJSON(left) && !JSON.isRawJSON(right)) {
    return [...new Set([...Object.keys(a), ...Object.keys(b)])].flatMap((name) =>
      changedPaths(a[name], b[name], allowed, path === "" ? name : `${path}.${name}`),
    );
  }
  return textOf(left) === textOf(right) ? [] : [`${path}: ${textOf(left)} -> ${textOf(right)}`];
}

function isNothing(value: unknown): boolean {
  return value === null || value === undefined || (Array.isArray(value) && value.length === 0);
}
