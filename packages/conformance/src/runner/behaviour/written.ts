/** A value as text, so that two of them from different processes can be compared: types and classes too, pointers not. */
export function written(value: unknown): string {
  return write(value, 0);
}

function write(value: unknown, depth: number): string {
  switch (typeof value) {
    case 'string':
      return value.length > 200 ? `${JSON.stringify(value.slice(0, 50))}… of ${value.length}` : JSON.stringify(value);
    case 'bigint':
      return `${value}n`;
    case 'function':
      return `function ${value.name}/${value.length}`;
    case 'number':
      return Object.is(value, -0) ? '-0' : String(value);
    case 'object':
      return value === null ? 'null' : writeObject(value, depth);
    default:
      return String(value);
  }
}

function writeObject(value: object, depth: number): string {
  if (value instanceof Error) return `${value.constructor.name} ${value.name}: ${value.message}`;
  if (depth > 4) return '…';
  if (Array.isArray(value)) return `[${value.map((item) => write(item, depth + 1)).join(', ')}]`;
  if (ArrayBuffer.isView(value)) return `${value.constructor.name}(${String(value)})`;
  const name = (Object.getPrototypeOf(value) as { constructor?: { name?: string } } | null)?.constructor?.name ?? 'null';
  const entries = Object.entries(value).map(([key, item]) => `${key}: ${key.startsWith('__wbg') ? 'pointer' : write(item, depth + 1)}`);
  return `${name} { ${entries.join(', ')} }`;
}
