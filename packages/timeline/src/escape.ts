/** Control characters, and those that turn the direction of writing: they could show something that isn't there. */
const UNSAFE = /[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu;

/** A text of a program's, safe to show: line breaks are kept, other control characters become the pictures that Unicode has of them. */
export function plainText(text: string): string {
  return text.replace(UNSAFE, (char) => (char === '\n' ? char : char === '\t' ? '  ' : picture(char)));
}

/** The same where it may be one line only. */
export function plainLine(text: string): string {
  return plainText(text).replaceAll('\n', '\u240a');
}

/** A text in HTML, SVG, or a quoted attribute of them. */
export function escaped(text: string): string {
  return plainText(text).replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
}

/** JSON in a `<script>` element: nothing in it can end the element. */
export function jsonInScript(value: unknown): string {
  return JSON.stringify(value).replace(
    /[<>&\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function picture(char: string): string {
  const code = char.codePointAt(0) ?? 0;
  if (code < 0x20) return String.fromCodePoint(0x2400 + code);
  return code === 0x7f ? '\u2421' : '\ufffd';
}
