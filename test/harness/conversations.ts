/** The corpus of requests, for tests. */
export { REQUESTS } from "../../src/cli/matrix/corpus.ts";
