/** Token counts as a simulated vendor reports them: a quarter of the characters, which is near enough for English. */
import type { IrBlock, IrRequest } from "../ir/request.ts";

const CHARS_PER_TOKEN = 4;
/** What a message costs beside its words. */
const TURN_TOKENS = 4;
/** What a picture, a document or a sound is taken for. */
const MEDIA_TOKENS = 800;

export const tokensOf = (text: string): number => Math.ceil(text.length / CHARS_PER_TOKEN);

/** Characters that a budget of tokens pays for. */
export const charsFor = (tokens: number): number => tokens * CHARS_PER_TOKEN;

/** The whole prompt: instructions, turns and tools. */
export function promptTokens(request: IrRequest): number {
  const turns = [...request.instructions, ...request.turns];
  const words = turns.reduce((sum, turn) => sum + TURN_TOKENS + tokensOfBlocks(turn.blocks), 0);
  const tools = request.tools.reduce((sum, tool) => sum + tokensOf(JSON.stringify(tool)), 0);
  return words + tools;
}

function tokensOfBlocks(blocks: readonly IrBlock[]): number {
  return blocks.reduce((sum, block) => sum + tokensOfBlock(block), 0);
}

function tokensOfBlock(block: IrBlock): number {
  switch (block.type) {
    case "text":
    case "refusal":
    case "reasoning":
      return tokensOf(block.text);
    case "tool-call":
      return tokensOf(block.name) + tokensOf(block.arguments);
    case "tool-result":
      return tokensOfBlocks(block.content);
    case "image":
    case "document":
    case "audio":
    case "opaque":
      return MEDIA_TOKENS;
  }
}
