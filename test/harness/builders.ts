/** Builders for requests, answers and events in between: those of the corpus, for tests. */
export * from "../../src/cli/matrix/builders.ts";
