/** A module of this package as a program for a page, made when this package is built: see `program-plugin.ts`. */
declare module '*?program' {
  /** The program. It can stand in a `<script>` element. */
  const program: string;
  // biome-ignore lint/style/noDefaultExport: what is imported by a query is one thing.
  export default program;
  /** As a source of a content security policy. */
  export const hash: string;
}
