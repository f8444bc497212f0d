import { spawnSync } from 'node:child_process';
import { appendFileSync, cpSync, readdirSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { measure } from 'mitata';
import { transform } from 'wasm-revive/transform';
import type { Effort } from './options.ts';
import { artifactDir } from './prepare.ts';
import { median } from './statistics.ts';

const MIB = 2 ** 20;

/** What the transform takes, in milliseconds. */
export interface TransformResult {
  readonly module: string;
  readonly wasmBytes: number;
  readonly glueBytes: number;
  /** `wasm-revive transform`, from the start of the process to its end: the median. */
  readonly cliMs: number;
  /** The fastest of them: what it takes when nothing else runs. */
  readonly cliBestMs: number;
  /** `transform()` in a process that has done it before. */
  readonly warmMs: number;
}

/** Transforms `crates/fixtures`, whose glue has every shape there is, with a custom section that makes the module 1 MiB. */
export async function measureTransform(scratch: string, node: string, { transforms }: Effort): Promise<TransformResult> {
  const dir = path.join(scratch, 'one-mib');
  const outDir = path.join(scratch, 'one-mib-out');
  cpSync(artifactDir('fixtures', 'abort', 'nodejs'), dir, { recursive: true });
  const [wasm, glue] = ['_bg.wasm', '.js'].map((end) => path.join(dir, readdirSync(dir).find((name) => name.endsWith(end)) ?? '')) as [
    string,
    string,
  ];
  pad(wasm, MIB);
  const cli = path.join(path.dirname(createRequire(import.meta.url).resolve('wasm-revive/package.json')), 'dist/cli.js');
  const cliMs: number[] = [];
  for (let i = 0; i < transforms; i++) {
    const began = performance.now();
    const { status, stderr } = spawnSync(node, [cli, 'transform', dir, '--out-dir', outDir], { encoding: 'utf8' });
    cliMs.push(performance.now() - began);
    if (status !== 0) throw new Error(`wasm-revive transform failed:\n${stderr}`);
  }
  const warm = await measure(() => transform({ dir, outDir }), { min_samples: transforms, min_cpu_time: 0 });
  return {
    module: 'crates/fixtures, padded with a custom section',
    wasmBytes: statSync(wasm).size,
    glueBytes: statSync(glue).size,
    cliMs: median(cliMs),
    cliBestMs: Math.min(...cliMs),
    warmMs: warm.p50 / 1e6,
  };
}

/** Appends a custom section, so that the file is `size` bytes long. */
function pad(wasm: string, size: number): void {
  // A byte for the kind of section, four for its length (a LEB128 of fixed width), then its name and its content.
  const content = size - statSync(wasm).size - 5;
  if (content < 8) return;
  const length = [0, 7, 14].map((shift) => ((content >> shift) & 0x7f) | 0x80);
  const name = Buffer.from('padding');
  const body = Buffer.concat([Buffer.from([name.length]), name], content);
  appendFileSync(wasm, Buffer.concat([Buffer.from([0, ...length, content >> 21]), body]));
}
