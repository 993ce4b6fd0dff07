/** Golden files of this folder. */
import { goldensBeside } from "../../harness/golden-folder.ts";

export const { readGolden, expectGolden } = goldensBeside(import.meta.url);
