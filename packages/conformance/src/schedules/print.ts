/** A schedule as JavaScript that does the same, for whoever has to find out what is wrong. */
import type { Ending, FAIL_WAYS, Schedule, Step } from './steps.ts';

/** One statement a line. */
export function toJavaScript({ steps, asks }: Schedule): string {
  return steps.flatMap((step) => [print(step, ''), ...(asks ? ['ns.count();'] : [])]).join('\n');
}

/** What printed schedules call the instances: the default one, and the siblings of the keys 'a', 'b' and an object. */
export const LABELS: readonly string[] = ['ns', 'a', 'b', 'c'];

const FAIL: Readonly<Record<(typeof FAIL_WAYS)[number], (ns: string, kind: string) => string>> = {
  fail: (ns, kind) => `${ns}.fail(${kind})`,
  static: (ns, kind) => `${ns}.Faller.fail_static(${kind})`,
  constructor: (ns, kind) => `new ${ns}.Faller(${kind})`,
  method: (ns, kind) => `new ${ns}.Faller('none').fail(${kind})`,
  'method-mut': (ns, kind) => `new ${ns}.Faller('none').fail_mut(${kind})`,
  'by-value': (ns, kind) => `new ${ns}.Faller('none').fail_by_value(${kind})`,
  getter: (ns, kind) => `${ns}.Faller.armed(${kind}).trouble`,
  setter: (ns, kind) => `new ${ns}.Faller('none').trouble = ${kind}`,
  once: (ns, kind) => `${ns}.failing_once()(${kind})`,
  drop: (ns, kind) => `new ${ns}.DropBomb(${kind}).free()`,
};

function print(step: Step, indent: string): string {
  const line = (text: string): string => `${indent}${text}`;
  const attempt = (text: string): string => line(`last = attempt(() => ${text});`);
  const body = (inside: readonly Step[], end = ''): string =>
    [...inside.map((inner) => print(inner, `${indent}  `)), ...(end === '' ? [] : [`${indent}  ${end}`])].join('\n');
  const block = (before: string, inside: readonly Step[], end: string, after: string): string =>
    `${line(before)}\n${body(inside, end)}${inside.length > 0 || end !== '' ? '\n' : ''}${line(after)}`;
  const ns = 'at' in step ? (LABELS[step.at % LABELS.length] ?? '') : '';
  switch (step.do) {
    case 'call':
      return attempt(`${ns}.${step.what}(…)`);
    case 'fail':
      return attempt(FAIL[step.way](ns, `'${step.kind}'`));
    case 'throw':
      return attempt(`${ns}.throw_value(${step.value})`);
    case 'nest': {
      const way = {
        nested: `${ns}.nested(() => {`,
        nested_catching: `${ns}.nested_catching(() => {`,
        nested_deep: `${ns}.nested_deep(() => {`,
        with: `new ${ns}.Counter(1).with(() => {`,
      };
      return block(`last = attempt(() => ${way[step.way]}`, step.inside, ending(step.end), step.way === 'nested_deep' ? '}, 3));' : '}));');
    }
    case 'make':
      return attempt(`keep(${ns}, ${step.what})`);
    case 'use':
      return attempt(`${step.how}(kept[${step.which}], '${step.kind}'${step.how === 'give' ? `, ${ns}` : ''})`);
    case 'start':
      return attempt(`${ns}.${step.what}(gate[${step.gate}], '${step.kind}')`);
    case 'call-back':
      return block(`${ns}.wait_often(() => {`, step.inside, ending(step.end), '}, 1);');
    case 'settle':
      return line(`gate[${step.gate}].${step.how}();`);
    case 'later': {
      const by = { microtask: 'queueMicrotask(() => {', timer: 'setTimeout(() => {', promise: 'Promise.resolve().then(() => {' };
      return block(by[step.by], step.inside, '', '});');
    }
    case 'listen': {
      const to = step.to === 'onFailure' ? '__revive.configure({ onFailure: () => {' : `__revive.on('${step.to}', () => {`;
      return block(`${to} // ${step.times} times, then: ${step.end}`, step.inside, '', step.to === 'onFailure' ? '}});' : '});');
    }
    case 'stop-listening':
      return line(`stops[${step.which}]();`);
    case 'reset':
      return line('__revive.reset();');
    case 'evict':
      return line(`__revive.evict(${ns}${step.drains ? ', { drain: true }' : ''});`);
    case 'close':
      return line(`__revive.${step.how}();`);
    case 'register':
      return attempt(`${ns}.pass_on('listener', target, ${ns}.counting_closure())`);
    case 'configure':
      return line(`configure(${step.option});`);
    case 'plugin':
      return line(`__revive.use({ failed: () => ${step.decides} });`);
    case 'turn':
      return line('await turn();');
    case 'wait':
      return line('await turn(); // and all pauses before restarts pass');
    case 'idle':
      return line(`await pass(${step.long ? '3 * idleMs' : 'idleMs / 2'}); // and all pauses; then each that is left is called`);
    case 'collect':
      return line('gc(); await turn();');
  }
}

function ending(end: Ending): string {
  return end === 'return' ? '' : end === 'rethrow' ? 'if (last.threw) throw last.value;' : `throw ${end};`;
}
