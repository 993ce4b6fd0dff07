/** Files that code embeds as text: the bundler puts their text where the import stands. */
declare module "*.tsv" {
  const text: string;
  export default text;
}
