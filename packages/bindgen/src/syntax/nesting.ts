/**
 * Bounds how deep a text of JavaScript nests, before it is parsed. The parser is native code that recurses: it ends the process where its
 * stack ends. So this reads tokens only, without recursion, and counts more than there is where a token can be read in two ways.
 */

/** How deep glue may nest. wasm-bindgen's own stays below 100; the parser's stack, at its smallest, takes a few times this. */
export const MAX_NESTING = 1000;

/** One bracket that is open, or the file itself. */
interface Level {
  /** The tokens of what is not finished: each can be the start of something nested (`!!x`, `a => b => c`, `if (a) if (b)`). */
  tokens: number;
  /** For parentheses, what a slash after them is. */
  readonly slashAfter: Slash;
  /** Whether it is `${` in a template. */
  readonly inTemplate: boolean;
}

type Slash = 'division' | 'regex' | 'either';

const NEWLINE = /[\n\r\u2028\u2029]/;
const SPACE = /\s/;
// A digit's point belongs to its number: after `1.`, a slash is a division.
const WORD = /\d[\w.]*|[\w$#@\\\u0080-\uffff]+/y;
/** Words after which a slash begins a regular expression. */
const BEFORE_REGEX = new Set('case delete do else in instanceof new return throw typeof void'.split(' '));
/** Words that are keywords in some places only. */
const CONTEXTUAL = new Set(['await', 'of', 'yield']);
const HEADS = new Set(['if', 'while', 'for', 'with']);
/** Words that go on with what stands before a closing brace. */
const GOES_ON = new Set('as catch else finally from in instanceof of while with'.split(' '));

/** An upper bound of how deep the text nests; Infinity where that can't be told. */
export function nestingOf(code: string): number {
  const levels: Level[] = [{ tokens: 0, slashAfter: 'regex', inTemplate: false }];
  let [sum, deepest, hidden] = [0, 0, 0];
  /** The last token: a word, or one character; `"` for any literal. */
  let last = ';';
  let beforeLast = ';';
  let slash = 'regex' as Slash;
  let at = code.startsWith('#!') ? endOfLine(code, 0) : 0;

  const top = (): Level => levels[levels.length - 1] as Level;
  const took = (token: string, then: Slash): void => {
    [beforeLast, last, slash] = [last, token, then];
  };
  const count = (): void => {
    top().tokens++;
    sum++;
    deepest = Math.max(deepest, sum + levels.length);
  };
  const finish = (): void => {
    sum -= top().tokens;
    top().tokens = 0;
  };
  const open = (slashAfter: Slash, inTemplate = false): void => {
    levels.push({ tokens: 0, slashAfter, inTemplate });
    deepest = Math.max(deepest, sum + levels.length);
  };
  const close = (): Level => {
    finish();
    return levels.length > 1 ? (levels.pop() as Level) : top();
  };
  /** Goes on in a template's text. */
  const template = (): void => {
    while (at < code.length && code[at] !== '`') {
      if (code.startsWith('${', at)) {
        at += 2;
        open('division', true);
        took('{', 'regex');
        return;
      }
      at += code[at] === '\\' ? 2 : 1;
    }
    at++;
    took('"', 'division');
  };

  while (at < code.length) {
    const char = code[at] as string;
    if (SPACE.test(char)) at++;
    else if (code.startsWith('//', at)) at = endOfLine(code, at);
    else if (code.startsWith('/*', at)) at = endOfComment(code, at);
    else if (char === '"' || char === "'") {
      at = endOfString(code, at);
      count();
      took('"', 'division');
    } else if (char === '`') {
      at++;
      count();
      template();
    } else if (char === '(' || char === '[' || char === '{') {
      at++;
      const isHead = HEADS.has(last) && beforeLast !== '.';
      open(char === '{' ? 'either' : char === '[' ? 'division' : isHead ? 'regex' : last === 'await' ? 'either' : 'division');
      took(char, 'regex');
    } else if (char === ')' || char === ']' || char === '}') {
      at++;
      const { slashAfter, inTemplate } = close();
      if (inTemplate && char === '}') template();
      else took(char, slashAfter);
    } else if (char === ';' || char === ',') {
      at++;
      finish();
      took(char, 'regex');
    } else if (char === '/' && slash !== 'division') {
      const end = endOfRegex(code, at);
      const text = code.slice(at, end ?? at + 1);
      if (slash === 'either' && /["'`]/.test(text)) return Number.POSITIVE_INFINITY;
      if (slash === 'either') hidden += text.length;
      at = end ?? at + 1;
      count();
      took('"', 'division');
    } else if (code.startsWith('<!--', at) || code.startsWith('-->', at)) {
      // In scripts a comment, in modules operators.
      return Number.POSITIVE_INFINITY;
    } else {
      WORD.lastIndex = at;
      const word = WORD.exec(code)?.[0];
      if (word === undefined) {
        at++;
        const isTwice = (char === '+' || char === '-') && code[at] === char;
        if (isTwice) at++;
        took(char, isTwice ? 'either' : 'regex');
      } else {
        at += word.length;
        if (last === '}' && !GOES_ON.has(word)) finish();
        const isProperty = last === '.';
        took(word, isProperty ? 'division' : BEFORE_REGEX.has(word) ? 'regex' : CONTEXTUAL.has(word) ? 'either' : 'division');
      }
      count();
    }
  }
  return deepest + hidden;
}

function endOfLine(code: string, from: number): number {
  let at = from;
  while (at < code.length && !NEWLINE.test(code[at] as string)) at++;
  return at;
}

function endOfComment(code: string, from: number): number {
  const end = code.indexOf('*/', from + 2);
  return end === -1 ? code.length : end + 2;
}

function endOfString(code: string, from: number): number {
  let at = from + 1;
  while (at < code.length && code[at] !== code[from] && code[at] !== '\n' && code[at] !== '\r') at += code[at] === '\\' ? 2 : 1;
  return at + 1;
}

/** Undefined where the line ends first. */
function endOfRegex(code: string, from: number): number | undefined {
  let inClass = false;
  for (let at = from + 1; at < code.length && !NEWLINE.test(code[at] as string); at++) {
    const char = code[at];
    if (char === '\\') at++;
    else if (char === '[') inClass = true;
    else if (char === ']') inClass = false;
    else if (char === '/' && !inClass) return at + 1;
  }
  return undefined;
}
