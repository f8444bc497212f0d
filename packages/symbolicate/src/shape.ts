/** What is wrong with a value that was read from somewhere; undefined where nothing is. @param path what the value is called */
export type Shape = (value: unknown, path: string) => string | undefined;

/** Whether a value is an object that has fields. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** @param what what the value has to be */
export function leaf(what: string, is: (value: unknown) => boolean): Shape {
  return (value, path) => (is(value) ? undefined : `\`${path}\` is not ${what}`);
}

export const text: Shape = leaf('a text', (value) => typeof value === 'string');

export const number: Shape = leaf('a number', (value) => Number.isFinite(value));

/** What counts, or is a place in something. */
export const count: Shape = leaf('a whole number', (value) => Number.isSafeInteger(value) && (value as number) >= 0);

/** One of some values. */
export function oneOf(...values: readonly unknown[]): Shape {
  return leaf(values.join(' or '), (value) => values.includes(value));
}

/** A field that may be missing. */
export function optional(shape: Shape): Shape {
  return (value, path) => (value === undefined ? undefined : shape(value, path));
}

/** Any number of the same. */
export function list(shape: Shape): Shape {
  return (value, path) => {
    if (!Array.isArray(value)) return `\`${path}\` is not a list`;
    return first(value, (item, index) => shape(item, `${path}[${index}]`));
  };
}

/** An object with these fields, and maybe others. */
export function fields(shapes: Readonly<Record<string, Shape>>): Shape {
  return (value, path) => {
    if (!isObject(value)) return `\`${path}\` is not an object`;
    return first(Object.entries(shapes), ([name, shape]) => shape(value[name], path === '' ? name : `${path}.${name}`));
  };
}

function first<T>(items: readonly T[], problem: (item: T, index: number) => string | undefined): string | undefined {
  for (const [index, item] of items.entries()) {
    const found = problem(item, index);
    if (found !== undefined) return found;
  }
  return undefined;
}
