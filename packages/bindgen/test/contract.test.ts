/**
 * The contract between generated code and runtime has a number, by which one refuses the other. What the two share is written down in
 * `contract.snap`, with that number: a change of it fails here until the number is raised.
 */
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CONTRACT, RESERVED_NAMES } from '@wasm-revive/kernel';
import { parseSync, Visitor } from 'oxc-parser';
import { expect, it } from 'vitest';
import { transform } from '../src/index.js';

const SNAPSHOT = fileURLToPath(new URL('contract.snap', import.meta.url));
const DECLARED = fileURLToPath(new URL('../../kernel/src/contract/contract.ts', import.meta.url));
const FIXTURES = fileURLToPath(new URL('../../../.artifacts/fixtures/', import.meta.url));

/** Where what generated code asks of the runtime is: see `RESERVED_NAMES`. */
const SHARED = ['$host', '$app', '$live'];

/** The types that are declared in the contract, without comments, each member on a line. */
function declaredTypes(): string[] {
  const code = readFileSync(DECLARED, 'utf8');
  const { program, comments } = parseSync('contract.ts', code);
  const text = (start: number, end: number): string => {
    const inside = comments.filter((comment) => comment.start >= start && comment.end <= end);
    const bare = inside.reduceRight(
      (left, comment) => left.slice(0, comment.start - start) + left.slice(comment.end - start),
      code.slice(start, end),
    );
    return bare.replace(/\s+/g, ' ').replaceAll('( ', '(').replaceAll(', )', ')').trim();
  };
  return program.body.flatMap((node) => {
    const declaration = node.type === 'ExportNamedDeclaration' ? node.declaration : null;
    if (declaration?.type === 'TSTypeAliasDeclaration') return [text(declaration.start, declaration.end)];
    if (declaration?.type !== 'TSInterfaceDeclaration') return [];
    return [`interface ${declaration.id.name}`, ...declaration.body.body.map((member) => `  ${text(member.start, member.end)}`).sort()];
  });
}

/** What the code of a package asks of the runtime, by name and number of arguments, and what it gives to it. */
function usedBy(code: string, used: Set<string>): void {
  const keys = (node: { readonly properties: readonly { readonly type: string; readonly key?: unknown }[] }): string[] =>
    node.properties.map(({ key }) => (key as { name?: string } | undefined)?.name ?? '…');
  const memberOf = (node: { type: string; object?: unknown; property?: unknown; computed?: unknown }): string | undefined => {
    const [object, property] = [node.object as { name?: string } | undefined, node.property as { name?: string } | undefined];
    const isShared = node.type === 'MemberExpression' && node.computed === false && SHARED.includes(object?.name ?? '');
    return isShared ? `${object?.name}.${property?.name}` : undefined;
  };
  const called = new Set<unknown>();
  new Visitor({
    CallExpression(node) {
      const member = memberOf(node.callee);
      if (member !== undefined) {
        called.add(node.callee);
        used.add(`${member}(${node.arguments.map((one) => (one.type === 'SpreadElement' ? '...' : '_')).join(', ')})`);
      }
      const [factory, description] = node.arguments;
      const isRevive = node.callee.type === 'Identifier' && node.callee.name === '$revive' && factory?.type === 'Identifier';
      if (isRevive && description?.type === 'ObjectExpression') for (const key of keys(description)) used.add(`description.${key}`);
    },
    MemberExpression(node) {
      const member = memberOf(node);
      if (member !== undefined && !called.has(node)) used.add(member);
    },
    FunctionDeclaration(node) {
      if (node.id?.name !== '$scope') return;
      used.add(`$scope(${node.params.map((param) => (param.type === 'Identifier' ? param.name : '…')).join(', ')})`);
      const last = node.body?.body.at(-1);
      if (last?.type === 'ReturnStatement' && last.argument?.type === 'ObjectExpression') {
        for (const key of keys(last.argument)) used.add(`scope.${key}`);
      }
    },
  }).visit(parseSync('glue.js', code).program);
}

/** The same of everything that the fixtures are transformed into. */
function generatedShape(): string[] {
  const used = new Set<string>();
  for (const fixtures of ['abort/web', 'unwind/web', 'abort/bundler', 'unwind/nodejs']) {
    const dir = mkdtempSync(join(tmpdir(), 'wasm-revive-contract-'));
    try {
      cpSync(join(FIXTURES, fixtures), dir, { recursive: true });
      transform({ dir, runtime: { import: 'wasm-revive/runtime' }, version: '9.9.9' });
      for (const file of readdirSync(dir).filter((name) => name.endsWith('.js'))) usedBy(readFileSync(join(dir, file), 'utf8'), used);
    } finally {
      rmSync(dir, { recursive: true });
    }
  }
  return [...used].sort();
}

const section = (title: string, lines: readonly string[]): string => `${[`# ${title}`, ...lines].join('\n')}\n`;

it('a change of what generated code and runtime share has a new number', () => {
  const shape = [
    section('Names that generated code takes', [[...RESERVED_NAMES].sort().join(' ')]),
    section('Declared in packages/kernel/src/contract/contract.ts', declaredTypes()),
    section('Used by the fixtures, transformed', generatedShape()),
  ].join('\n');
  const now = `contract: ${CONTRACT}\n\n${shape}`;
  const committed = readFileSync(SNAPSHOT, 'utf8');
  if (committed === now) return;
  const number = Number(/^contract: (\d+)/.exec(committed)?.[1]);
  const bless = process.env.BLESS;
  const isRaised = CONTRACT > number;
  if ((bless === '1' && isRaised) || bless === 'same-number') {
    writeFileSync(SNAPSHOT, now);
    return;
  }
  const again = 'npx vitest run test/contract.test.ts (in packages/bindgen)';
  const help = isRaised
    ? `CONTRACT is ${CONTRACT}, and contract.snap has what ${number} was. Write it anew: BLESS=1 ${again}.`
    : `What generated code and runtime share has changed, and CONTRACT is still ${CONTRACT}: a package and a runtime of two versions would ` +
      `take each other for a match. Raise CONTRACT in packages/kernel/src/contract/contract.ts, build the kernel, and run BLESS=1 ${again}. ` +
      'Only where both work with each other as they were before (other fixtures, other names of parameters) the number may stay: ' +
      `BLESS=same-number ${again}.`;
  expect(now, help).toBe(committed);
});
