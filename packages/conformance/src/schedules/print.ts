/** A schedule as JavaScript that does the same, for whoever has to find out what is wrong. */
import type { Ending, FAIL_WAYS, Schedule, Step } from './steps.ts';

/** One statement a line. */
export function toJavaScript({ steps, asks }: Schedule): string {
  return steps.flatMap((step) => [print(step, ''), ...(asks ? ['ns.count();'] : [])]).join('\n');
}

const FAIL: Readonly<Record<(typeof FAIL_WAYS)[number], (kind: string) => string>> = {
  fail: (kind) => `ns.fail(${kind})`,
  static: (kind) => `ns.Faller.fail_static(${kind})`,
  constructor: (kind) => `new ns.Faller(${kind})`,
  method: (kind) => `new ns.Faller('none').fail(${kind})`,
  'method-mut': (kind) => `new ns.Faller('none').fail_mut(${kind})`,
  'by-value': (kind) => `new ns.Faller('none').fail_by_value(${kind})`,
  getter: (kind) => `ns.Faller.armed(${kind}).trouble`,
  setter: (kind) => `new ns.Faller('none').trouble = ${kind}`,
  once: (kind) => `ns.failing_once()(${kind})`,
  drop: (kind) => `new ns.DropBomb(${kind}).free()`,
};

function print(step: Step, indent: string): string {
  const line = (text: string): string => `${indent}${text}`;
  const attempt = (text: string): string => line(`last = attempt(() => ${text});`);
  const body = (inside: readonly Step[], end = ''): string =>
    [...inside.map((inner) => print(inner, `${indent}  `)), ...(end === '' ? [] : [`${indent}  ${end}`])].join('\n');
  const block = (before: string, inside: readonly Step[], end: string, after: string): string =>
    `${line(before)}\n${body(inside, end)}${inside.length > 0 || end !== '' ? '\n' : ''}${line(after)}`;
  switch (step.do) {
    case 'call':
      return attempt(`ns.${step.what}(…)`);
    case 'fail':
      return attempt(FAIL[step.way](`'${step.kind}'`));
    case 'throw':
      return attempt(`ns.throw_value(${step.value})`);
    case 'nest': {
      const way = {
        nested: 'ns.nested(() => {',
        nested_catching: 'ns.nested_catching(() => {',
        nested_deep: 'ns.nested_deep(() => {',
        with: 'new ns.Counter(1).with(() => {',
      };
      return block(`last = attempt(() => ${way[step.way]}`, step.inside, ending(step.end), step.way === 'nested_deep' ? '}, 3));' : '}));');
    }
    case 'make':
      return attempt(`keep(${step.what})`);
    case 'use':
      return attempt(`${step.how}(kept[${step.which}], '${step.kind}')`);
    case 'start':
      return attempt(`${step.what}(gate[${step.gate}], '${step.kind}')`);
    case 'call-back':
      return block('ns.wait_often(() => {', step.inside, ending(step.end), '}, 1);');
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
    case 'configure':
      return line(`configure(${step.option});`);
    case 'plugin':
      return line(`__revive.use({ failed: () => ${step.decides} });`);
    case 'turn':
      return line('await turn();');
    case 'wait':
      return line('await turn(); // and all pauses before restarts pass');
    case 'collect':
      return line('gc(); await turn();');
  }
}

function ending(end: Ending): string {
  return end === 'return' ? '' : end === 'rethrow' ? 'if (last.threw) throw last.value;' : `throw ${end};`;
}
