/** The examples of the pages that run: blocks that begin with ```js run. */

/** One of them. */
export interface Example {
  /** From the first line of the page. */
  readonly line: number;
  /** What stands behind `run`: `rollback`, `unwind`. */
  readonly options: readonly string[];
  readonly code: string;
}

/** All examples of a page that run. */
export function examplesOf(markdown: string): Example[] {
  return [...markdown.matchAll(/^```js run(.*)\n([\s\S]*?)^```$/gm)].map(({ index, 1: options = '', 2: code = '' }) => ({
    line: markdown.slice(0, index).split('\n').length + 1,
    options: options.trim().split(/\s+/).filter(Boolean),
    code,
  }));
}

/**
 * The program that runs an example. What stands behind `// →` is what the statement in front of it gives, as Node.js shows it; each of them
 * has to be reached.
 */
export function programOf({ code, line }: Example): string {
  let expected = 0;
  const lines = code.split('\n').map((text, index) => {
    const [, space = '', expression, result = ''] = /^(\s*)(.+?);? \/\/ → (.+)$/.exec(text) ?? [];
    if (expression === undefined) return text;
    expected++;
    return `${space}$check(${JSON.stringify(result)}, ${expression}, ${line + index});`;
  });
  return `import $assert from 'node:assert/strict';
import { inspect as $inspect } from 'node:util';
let $checked = 0;
function $check(expected, value, line) {
  $checked++;
  $assert.equal($inspect(value, { breakLength: Infinity }), expected, \`line \${line}\`);
}
process.on('exit', () => $assert.equal($checked, ${expected}, 'how many of the results were reached'));
${lines.join('\n')}`;
}
