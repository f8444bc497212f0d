/** What an object is, for people: `a Promise`. Asks its prototype without running a getter. */
export function nameOfKind(value: object): string {
  const name = dataOf(dataOf(Reflect.getPrototypeOf(value), 'constructor'), 'name');
  if (typeof name !== 'string' || name === '') return 'an object of a class';
  return `${/^[AEIOU]/i.test(name) ? 'an' : 'a'} ${name.slice(0, LONGEST)}`;
}

/** Of a name, in UTF-16 code units. */
const LONGEST = 100;

function dataOf(object: unknown, key: string): unknown {
  const isObject = (typeof object === 'object' && object !== null) || typeof object === 'function';
  return isObject ? Reflect.getOwnPropertyDescriptor(object, key)?.value : undefined;
}
