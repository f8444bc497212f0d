/** Control characters, and those that turn the direction of writing: in a terminal they could show something that isn't there. */
const UNSAFE = /[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu;

/** A text of a program's, safe to show: line breaks are kept; other control characters become the pictures that Unicode has of them. */
export function plainText(text: string): string {
  return text.replaceAll(UNSAFE, (char) => (char === '\n' ? char : char === '\t' ? '    ' : picture(char)));
}

/** The same where it may be one line only: what is shown below it can't be its own. */
export function plainLine(text: string): string {
  return plainText(text).replaceAll('\n', '\u240a');
}

/** The same for a source: no column changes, and the crate that shows it knows what to do with tabs and line ends. */
export function plainSource(text: string): string {
  return text.replaceAll(UNSAFE, (char) => (/[\n\r\t]/.test(char) ? char : picture(char)));
}

function picture(char: string): string {
  const code = char.codePointAt(0) ?? 0;
  if (code < 0x20) return String.fromCodePoint(0x2400 + code);
  return code === 0x7f ? '\u2421' : '\ufffd';
}
