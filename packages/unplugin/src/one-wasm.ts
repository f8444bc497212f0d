/**
 * webpack and Rspack take a wasm file along for each way in which it is named. Glue of the target `bundler` names its own in two: it imports the file,
 * of which they make an instance, and it has the file's URL, to make further ones. Here the URL leads to the file that the import has brought.
 */

/** Of a compilation, what is used here; both bundlers have it. */
export interface Compilation {
  readonly hooks: {
    readonly processAssets: { tap(options: { readonly name: string; readonly stage: number }, fn: (assets: Assets) => void): void };
  };
  getAsset(name: string): { readonly info: { readonly sourceFilename?: string } } | undefined;
  deleteAsset(name: string): void;
}

type Assets = Record<string, Source>;

interface Source {
  source(): string | Uint8Array;
}

/** The class of both that changes texts, and keeps their source maps. */
export type ReplaceSource = new (source: Source) => Source & { replace(start: number, end: number, by: string): void };

/** Before source maps are made, and before names get hashes of what is in the files. */
const STAGE_OPTIMIZE_COUNT = 300;

/** @param isProtected whether a wasm file, by what webpack calls it, is one of protected glue */
export function shipOnce(compilation: Compilation, replaceSource: ReplaceSource, isProtected: (sourceFilename: string) => boolean): void {
  compilation.hooks.processAssets.tap({ name: 'wasm-revive', stage: STAGE_OPTIMIZE_COUNT }, (assets) => {
    const wasm = Object.keys(assets).filter((name) => name.endsWith('.wasm'));
    const sourceOf = (name: string): string => compilation.getAsset(name)?.info.sourceFilename ?? '';
    for (const byUrl of wasm.filter((name) => isProtected(sourceOf(name)))) {
      const imported = wasm.find((name) => sourceOf(name) === '' && isSame(assets[name], assets[byUrl]));
      if (imported === undefined) continue;
      for (const [name, source] of Object.entries(assets)) {
        if (/\.[cm]?js$/.test(name)) assets[name] = renamed(new replaceSource(source), byUrl, imported);
      }
      compilation.deleteAsset(byUrl);
    }
  });
}

function renamed(source: InstanceType<ReplaceSource>, from: string, to: string): Source {
  const places = String(source.source()).matchAll(new RegExp(from.replaceAll(/[.\\^$*+?()[\]{}|]/g, '\\$&'), 'g'));
  for (const { index } of [...places]) source.replace(index, index + from.length - 1, to);
  return source;
}

function isSame(one: Source | undefined, other: Source | undefined): boolean {
  return one !== undefined && other !== undefined && Buffer.from(one.source()).equals(Buffer.from(other.source()));
}
