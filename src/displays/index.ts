/**
 * The displays that can be configured, one line each; what the configuration may say of them is in `schema.ts`, row by row.
 */
import type { DisplayConfigs } from "../ir/display.ts";
import { createAwtrixDisplay } from "./awtrix/index.ts";
import type { DisplayEffects, Login, RemoteDisplay } from "./display.ts";
import { createHomeAssistantDisplay } from "./home-assistant/index.ts";

type DisplayType = keyof DisplayConfigs;

interface DisplayOptions<Type extends DisplayType> {
  readonly config: DisplayConfigs[Type];
  readonly login: Login;
  readonly effects: DisplayEffects;
  readonly version: string;
}

export const DISPLAYS: { readonly [Type in DisplayType]: (options: DisplayOptions<Type>) => RemoteDisplay } = {
  awtrix: createAwtrixDisplay,
  home_assistant: createHomeAssistantDisplay,
};

export function createDisplay<Type extends DisplayType>(type: Type, options: DisplayOptions<Type>): RemoteDisplay {
  return DISPLAYS[type](options);
}
