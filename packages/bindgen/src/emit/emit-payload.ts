/** The text by which a scope takes the value of JavaScript out of the exception that carries it through Wasm, and puts it back. */
import { type Glue, helper } from '../read/glue.js';
import { EXCEPTION_TAGS } from '../read/vocabulary.js';

/** Whether `wrapError` begins as wasm-bindgen 0.2.130 writes it: `catch (e) { if (e instanceof WebAssembly.Exception) throw e; …`. */
export function passesExceptions(glue: Glue): boolean {
  const node = helper(glue, 'wrapError')?.node;
  return node !== undefined && /instanceof WebAssembly\.Exception\)\s*throw\b/.test(glue.code.slice(node.start, node.end));
}

/** What `wrapError` made of an error, unless it broke down over it: it asks of everything whether it is an exception, and a proxy may refuse. */
function emitCarries(tag: string | undefined): string {
  if (tag === undefined) return '  const $carries = (wrapped) => wrapped;\n';
  return `  function $carries(wrapped, error) {
    const carried = $payload(wrapped);
    return carried === error || (carried !== carried && error !== error) ? wrapped : new WebAssembly.Exception(${tag}, [error]);
  }
`;
}

/** A JavaScript value travels through Wasm wrapped in an exception with a tag of the glue's. */
export function emitPayload(glue: Glue): string {
  const tags = EXCEPTION_TAGS.filter((tag) => glue.statements.some(({ declares }) => declares.includes(tag)));
  const unwrap = tags.map((tag) => `    if (error.is(${tag})) return error.getArg(${tag}, 0);\n`).join('');
  const carries = helper(glue, 'wrapError') ? emitCarries(tags.at(-1)) : '';
  if (tags.length === 0 && !helper(glue, 'wrapError')) return '  const $payload = (error) => error;\n';
  return `  function $isException(error) {
    try { return error instanceof WebAssembly.Exception; } catch { return false; } // a revoked proxy
  }
  function $payload(error) {
    if (!$isException(error)) return error;
${unwrap}    return error;
  }
${carries}`;
}
