/** The corpus of answers, whole and streamed, for tests. */
export { RESPONSES, STREAMS } from "../../src/cli/matrix/corpus.ts";
