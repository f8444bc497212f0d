import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';

/** A file of the source. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

/** Finds a file by the path that the compiler was given; undefined where there is none. */
export type FindSource = (path: string) => SourceFile | undefined;

/** How the standard library is called in Rust as it is released: under the commit that it was built from. */
const STANDARD = /^\/rustc\/[0-9a-f]{40}\/(library\/.*)$/;

/** Where cargo keeps other people's crates: not in anybody's own sources. */
const DEPENDENCY = /[\\/](?:registry[\\/]src|git[\\/]checkouts)[\\/]|^[\\/]rust[\\/]deps[\\/]/;

/**
 * Finds sources on this machine: below `root`, at their absolute path, or, for the standard library, where rustc has it.
 * @param root where relative paths are looked up (default: the working directory), and, if given, the ends of absolute ones, longest first:
 *   what was built as `/ci/app/src/lib.rs` is found as `src/lib.rs`
 */
export function sourcesOnDisk(root?: string): FindSource {
  const found = new Map<string, SourceFile | undefined>();
  return (path) => {
    if (!found.has(path)) found.set(path, read(path, root));
    return found.get(path);
  };
}

function read(path: string, root: string | undefined): SourceFile | undefined {
  // A report may be anybody's: it names sources, or nothing.
  if (!path.endsWith('.rs')) return undefined;
  for (const candidate of candidates(path, root)) {
    try {
      return { path: candidate, text: readFileSync(candidate, 'utf8') };
    } catch {
      // The next one.
    }
  }
  return undefined;
}

function candidates(path: string, root: string | undefined): string[] {
  const standard = STANDARD.exec(path)?.[1];
  if (standard !== undefined) {
    const sysroot = rustcSysroot();
    return sysroot === undefined ? [] : [join(sysroot, 'lib/rustlib/src/rust', standard)];
  }
  // It may have been built on another system than this one.
  const parts = path.split(/[\\/]/);
  // Nothing outside of the folder that is looked in, and nothing of another machine.
  if (parts.includes('..') || /^[\\/]{2}/.test(path)) return [];
  if (!isAbsolute(path) && !/^[a-z]:[\\/]/i.test(path)) return [join(root ?? process.cwd(), ...parts)];
  if (root === undefined || DEPENDENCY.test(path)) return [path];
  // A name alone would be found by chance.
  return [path, ...parts.slice(1, -1).map((_, index) => join(root, ...parts.slice(index + 1)))];
}

function rustcSysroot(): string | undefined {
  try {
    return execFileSync('rustc', ['--print', 'sysroot'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return undefined;
  }
}
