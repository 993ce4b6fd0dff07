/** What a request or an answer means, however it is spelled: the matrix' own measure, for tests. */
export * from "../../src/cli/matrix/meaning.ts";
