/** What every part of this request writer needs to know beside what all need: the documents that go beside the messages. */
import { UNKNOWN_SERVER } from "../../ir/dialect.ts";
import type { IrRequest } from "../../ir/request.ts";
import type { WriteRequestOptions } from "../protocol.ts";
import { createWriteContext, type WriteContext } from "../shared/write-context.ts";
import { PROTOCOL } from "./wire.ts";

export interface ChatContext extends WriteContext {
  /** The model takes `thinking`, and thinking in the history. */
  readonly thinks: boolean;
  /** Documents of the conversation that go beside it; null: this request takes them as text. */
  readonly documents: unknown[] | null;
}

export function createChatContext(request: IrRequest, options: WriteRequestOptions): ChatContext {
  const context = createWriteContext(request, {
    protocol: PROTOCOL,
    dialect: options.dialect,
  });
  return {
    ...context,
    thinks: context.dialect.thinking?.length !== 0,
    documents: context.native || mayCite(request) ? [] : null,
  };
}

/** For the parts of an answer, which no model reads. */
export function answerContext(of: Pick<ChatContext, "native" | "losses">): ChatContext {
  return { ...of, protocol: PROTOCOL, from: PROTOCOL, dialect: UNKNOWN_SERVER, thinks: true, documents: null };
}

/** The vendor refuses a form of the answer beside documents, and a safety mode beside tools or documents. */
function mayCite(request: IrRequest): boolean {
  const { outputFormat, tools } = request;
  return tools.length === 0 && (outputFormat === null || outputFormat.kind === "text");
}
