/** The top of a file of glue: what has to stay there, and the line by which a transformed file is known. */

/** The first words of every transformed file. */
const MARKER = 'Transformed by wasm-revive';

/** A line that begins with `#!`, then the one in which Deno and JSR look for the types: both mean something only at the top. */
const PROLOGUE = /^(?:#!.*(?:\r\n|[\r\n\u2028\u2029]|$))?(?:\/\* @ts-self-types=(?:(?!\*\/).)*\*\/\r?\n)?/;

/** What has to stay at the very top of a file. */
export function prologueOf(code: string): string {
  return PROLOGUE.exec(code)?.[0] ?? '';
}

/** The line that says what made a file. */
export function banner(version: string, recovery: string): string {
  return `/* ${MARKER} ${version} (recovery: ${recovery}), from the output of wasm-bindgen. Do not edit. */\n`;
}

/**
 * What transformed a file, such as `wasm-revive 1.2.3`; undefined for a file that is as wasm-bindgen wrote it, whatever its
 * documentation says.
 */
export function transformedBy(code: string): string | undefined {
  const top = code.slice(prologueOf(code).length).trimStart();
  return top.startsWith(`/* ${MARKER} `) ? /wasm-revive [^ ,]*/.exec(top)?.[0] : undefined;
}
