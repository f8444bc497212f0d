/** The top of a file: what has to stay there, and the lines by which what wasm-revive has written is known. */

/** The first words of every transformed file. */
const MARKER = 'Transformed by wasm-revive';

/** The first words of every runtime file that is put beside one. */
const RUNTIME_MARKER = 'The runtime of wasm-revive';

/** Where the sources of the runtime are, in its source map. */
const RUNTIME_SOURCES = 'wasm-revive/';

/** A line that begins with `#!`, then the one in which Deno and JSR look for the types: both mean something only at the top. */
const PROLOGUE = /^(?:#!.*(?:\r\n|[\r\n\u2028\u2029]|$))?(?:\/\* @ts-self-types=(?:(?!\*\/).)*\*\/\r?\n)?/;

/** What has to stay at the very top of a file. */
export function prologueOf(code: string): string {
  return PROLOGUE.exec(code)?.[0] ?? '';
}

/** The line that says what made a file. */
export function banner(version: string): string {
  return `/* ${MARKER} ${version}, from the output of wasm-bindgen. Do not edit. */\n`;
}

/**
 * What transformed a file, such as `wasm-revive 1.2.3`; undefined for a file that is as wasm-bindgen wrote it, whatever its
 * documentation says.
 */
export function transformedBy(code: string): string | undefined {
  const top = code.slice(prologueOf(code).length).trimStart();
  return top.startsWith(`/* ${MARKER} `) ? /wasm-revive [^ ,]*/.exec(top)?.[0] : undefined;
}

/** A file of the runtime with the line by which a later run knows that it may replace it. */
export function asRuntimeFile(code: string, version: string): string {
  return `/* ${RUNTIME_MARKER} ${version}. Do not edit. */\n${code}`;
}

/** The source map of a file of the runtime, which has a line before its own. */
export function asRuntimeMap(map: string): string {
  const { mappings, ...others } = JSON.parse(map) as { mappings: string };
  return JSON.stringify({ ...others, mappings: `;${mappings}` });
}

/** A file of the runtime that says where its source map is, under the name that it has beside a package. */
export function withMapOf(code: string, file: string): string {
  return `${code.replace(/\n\/\/# sourceMappingURL=.*\s*$/, '')}\n//# sourceMappingURL=${file}.map\n`;
}

/** Whether a file that an output adds to a package is left from an earlier output: the runtime, or a source map. */
export function isAddedByUs(file: string, content: string): boolean {
  if (!file.endsWith('.map')) return content.startsWith(`/* ${RUNTIME_MARKER} `);
  try {
    const map: unknown = JSON.parse(content);
    if (typeof map !== 'object' || map === null || !('sources' in map)) return false;
    if (!/^wasm-revive\.[cm]?js\.map$/.test(file)) return String(map.sources) === mapSource(file.slice(0, -'.map'.length));
    return Array.isArray(map.sources) && map.sources.every((source) => String(source).startsWith(RUNTIME_SOURCES));
  } catch {
    return false;
  }
}

/** What the source map of a transformed file calls the file that wasm-bindgen wrote. */
export function mapSource(file: string): string {
  return `${file} (wasm-bindgen)`;
}
