/**
 * What the façade calls: the functions of a scope, by name, and for each class of the glue the record that `edit-class.ts` makes of it. Besides, what
 * their user calls them.
 */
import { parametersOf, parametersPassed, recordsOf, usesThis } from '../read/classes.js';
import type { GuardedExport } from '../read/entries.js';
import { type Glue, RESET_EXPORT } from '../read/glue.js';
import { propertyKey } from '../syntax/names.js';
import { emitRecord, recordPath } from './emit-record.js';
import { emitCall } from './emit-undo.js';

/** A function that the façade calls. */
interface ApiFunction {
  /** How it is called in the scope: `greet`, `Counter$.inc`. */
  readonly scopeName: string;
  /** Its key in its record. */
  readonly key: string;
  readonly displayName: string;
  /** Undefined where it depends on its receiver. */
  readonly parameters: { readonly source: string; readonly args: string } | undefined;
}

/** A field of the object that the façade is given: a function, or the record of a class. */
interface ApiField {
  readonly name: string;
  readonly functions: readonly ApiFunction[];
  readonly isRecord: boolean;
}

function apiFields(glue: Glue): ApiField[] {
  const functions = [...glue.functions.values()]
    .filter(({ name }) => name !== RESET_EXPORT && glue.forwarded.has(name))
    .map(({ name, node }): ApiField => {
      const parameters = usesThis(node) ? undefined : parametersPassed(glue, node);
      return { name, functions: [{ scopeName: name, key: name, displayName: name, parameters }], isRecord: false };
    });
  const records = [...glue.classes.values()].flatMap((cls) =>
    recordsOf(glue, cls).map(({ name, members }): ApiField => {
      const made = members.map(({ scopeName, key, displayName, static: isStatic, node }): ApiFunction => {
        const { source, args } = parametersOf(glue, node.value.params);
        const self = (list: string): string => [isStatic ? '' : '$this', list].filter((part) => part !== '').join(', ');
        return { scopeName, key, displayName, parameters: { source: self(source), args: self(args) } };
      });
      return { name, functions: made, isRecord: true };
    }),
  );
  return [...functions, ...records];
}

/** Where the façade finds a function of the scope: `.greet`, `.Counter$.inc`, by how it is called in the scope. */
export function apiPaths(glue: Glue): Map<string, string> {
  const fields = apiFields(glue);
  return new Map(
    fields.flatMap(({ name, functions, isRecord }, index) => {
      const path = recordPath(index, fields.length, name);
      return functions.map(({ scopeName, key }): [string, string] => [scopeName, isRecord ? `${path}.${key}` : path]);
    }),
  );
}

/** Emits `$api`, what the façade calls. @param undo whether turns can be undone */
export function emitApi(glue: Glue, undo: boolean): string {
  const fields = apiFields(glue);
  const plain = emitRecord(
    fields.map(({ name }) => name),
    '  ',
  );
  if (!undo) return `  const $api = $called(${plain});\n`;
  const called = ({ scopeName, key, displayName, parameters }: ApiFunction): string =>
    parameters === undefined ? key : emitCall(key, scopeName, displayName, parameters);
  const calls = fields.map(({ name, functions, isRecord }) =>
    isRecord ? `${name}: ${emitRecord(functions.map(called), '')}` : functions.map(called).join(''),
  );
  return `  const $api = $turns ? $called(${plain}) : ${emitRecord(calls, '')};\n`;
}

/**
 * Emits `$nameOf`, what the user calls a function of the façade's, and what is made of these names: `$called` makes a call of the user's of each
 * function where turns are heard of, and `$entries` says what guards are entered for. Most names can be read off those in the scope: `Counter$.inc`,
 * `Counter$.static$of`, `Counter$.new$`.
 */
export function emitNames(glue: Glue, guards: readonly GuardedExport[]): string {
  const functions = apiFields(glue).flatMap((field) => field.functions);
  const others = functions.filter(({ scopeName, displayName }) => readName(scopeName) !== displayName);
  const kinds = (some: readonly GuardedExport[]): string => some.map(({ whenLost }) => whenLost[0]).join('');
  const byCaller = new Map<string | undefined, GuardedExport[]>();
  for (const guard of guards) byCaller.set(guard.calledBy, [...(byCaller.get(guard.calledBy) ?? []), guard]);
  const called = functions.map(({ scopeName }) => kinds(byCaller.get(scopeName) ?? [])).join(' ');
  const rest = guards.flatMap((guard, index) => (guard.calledBy === undefined ? [{ ...guard, index }] : []));
  const renamed = rest.filter((guard) => guard.name !== guard.export);
  const record = (fields: readonly string[]): string => `{ ${['__proto__: null', ...fields].join(', ')} }`;
  return `  // \`$of\` is the record of a class.
  function $nameOf($key, $of) {
    const $names = ${record(others.map(({ scopeName, displayName }) => `${propertyKey(scopeName)}: ${JSON.stringify(displayName)}`))};
    if ($of === undefined) return $key;
    const $class = $of.slice(0, $of.lastIndexOf('$')), $member = $key.slice($key.lastIndexOf('$') + 1);
    return $names[$of + '.' + $key] ?? ($member === '' ? 'new ' + $class : $class + '.' + $member);
  }
  function $called($functions, $of) {
    if (!$turns) return $functions;
    // Note: a copy keeps the shape that the literal has. Filled one by one, it would be a dictionary.
    const $calls = { ...$functions };
    for (const $key in { __proto__: null, ...$functions }) {
      const $run = $calls[$key];
      $calls[$key] = typeof $run === 'function' ? $host.call($nameOf($key, $of), $run) : $called($run, $key.includes('$') ? $key : undefined);
    }
    return $calls;
  }
  // What guards are entered for: each function of the facade has a letter for each guard, which says what that does once the instance is lost. Others
  // have the names of their exports.
  // Note: of the engine's objects it uses what was there at the beginning, for the program may have changed or removed them.
  let $list;
  function $entries() {
    if ($list !== undefined) return $list;
    $list = [];
    const $kinds = { __proto__: null, t: 'throw', n: 'nothing', c: 'closure' }, $letters = ${JSON.stringify(called)}.split(' ');
    let $function = 0;
    const $add = (name, $kind) => { $list[$list.length] = { name, whenLost: $kinds[$kind] }; };
    const $addAll = ($functions, $of) => {
      const $own = { __proto__: null, ...$functions };
      for (const $key in $own) {
        if (typeof $own[$key] !== 'function') $addAll($own[$key], $key.includes('$') ? $key : undefined);
        else for (const $kind of $letters[$function++]) $add($nameOf($key, $of), $kind);
      }
    };
    $addAll($api);
    const $exported = $exportNames(), $renamed = ${record(renamed.map(({ index, name }) => `${index}: ${JSON.stringify(name)}`))};
    for (const $kind of ${JSON.stringify(kinds(rest))}) $add($renamed[$list.length] ?? $exported[$list.length], $kind);
    return $list;
  }
`;
}

/** As emitted code reads it. */
function readName(scopeName: string): string {
  const [record = '', key] = scopeName.split('.');
  if (key === undefined) return scopeName;
  const [cls, member] = [record.slice(0, record.lastIndexOf('$')), key.slice(key.lastIndexOf('$') + 1)];
  return member === '' ? `new ${cls}` : `${cls}.${member}`;
}
