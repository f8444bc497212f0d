/** Carries out mutations on the files of a package, in memory. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { withCustomSection } from '../drive/wasm-bytes.ts';
import { INSERTS, type Mutation } from './mutations.ts';

/** The files of a package, by their paths. */
export type Files = Map<string, Uint8Array>;

/** Reads all of them. */
export function readFiles(dir: string): Files {
  const paths = readdirSync(dir, { recursive: true, encoding: 'utf8' }).filter((path) => statSync(join(dir, path)).isFile());
  return new Map(paths.map((path) => [path, readFileSync(join(dir, path))]));
}

/** The files with one mutation made; they themselves stay as they are. */
export function mutate(files: Files, mutation: Mutation): Files {
  switch (mutation.do) {
    case 'delete':
      return onParts(files, mutation.what, (parts) => void parts.splice(placeIn(parts, mutation.at), mutation.count));
    case 'duplicate':
      return onParts(files, mutation.what, (parts) => {
        const place = placeIn(parts, mutation.at);
        parts.splice(place, 0, ...parts.slice(place, place + mutation.count));
      });
    case 'swap':
      return onParts(files, mutation.what, (parts) => {
        const [one, other] = [placeIn(parts, mutation.at), placeIn(parts, mutation.with)];
        [parts[one], parts[other]] = [parts[other] ?? '', parts[one] ?? ''];
      });
    case 'replace':
      return onParts(files, 'token', (parts) => void parts.splice(placeIn(parts, mutation.at), 1, mutation.by));
    case 'rename':
      return rename(files, mutation.at, mutation.to);
    case 'rename-module':
      return renameModule(files, mutation.to);
    case 'insert':
      return onParts(files, 'line', (parts) => void parts.splice(Math.round(mutation.at * parts.length), 0, INSERTS[mutation.what] ?? ''));
    case 'truncate': {
      const file = { glue: glueOf(files), wasm: wasmOf(files), manifest: 'package.json' }[mutation.file];
      return onBytes(files, file, (bytes) => bytes.subarray(0, Math.floor(bytes.length * mutation.at)));
    }
    case 'line-ends':
      return onText(files, glueOf(files), (text) => text.replaceAll('\n', mutation.end));
    case 'flip':
      return onBytes(files, wasmOf(files), (bytes) => {
        const flipped = Uint8Array.from(bytes);
        const place = Math.floor(bytes.length * mutation.at);
        flipped[place] = (flipped[place] ?? 0) ^ (1 << mutation.bit);
        return flipped;
      });
    case 'rename-in-wasm':
      return onBytes(files, wasmOf(files), (bytes) => renameInWasm(bytes, mutation.at));
    case 'section':
      return onBytes(files, wasmOf(files), (bytes) => withCustomSection(bytes, mutation.name, '\u0001'.repeat(mutation.bytes)));
    case 'file':
      return new Map([...files, [mutation.name, Buffer.from(mutation.text)]]);
    case 'edit':
      return onText(files, glueOf(files), (text) => text.replaceAll(mutation.from, () => mutation.to));
    case 'remove': {
      const gone = [...files.keys()][Math.floor(files.size * mutation.at)];
      return new Map([...files].filter(([path]) => path !== gone));
    }
  }
}

/** The file with the glue, which the target `bundler` has beside its entry. */
function glueOf(files: Files): string {
  const paths = [...files.keys()].filter((path) => !path.includes('/') && path.endsWith('.js'));
  return paths.find((path) => path.endsWith('_bg.js')) ?? paths[0] ?? '';
}

function wasmOf(files: Files): string {
  return [...files.keys()].find((path) => path.endsWith('_bg.wasm')) ?? '';
}

function onBytes(files: Files, path: string, change: (bytes: Uint8Array) => Uint8Array): Files {
  const bytes = files.get(path);
  return bytes === undefined ? files : new Map([...files, [path, change(bytes)]]);
}

function onText(files: Files, path: string, change: (text: string) => string): Files {
  return onBytes(files, path, (bytes) => Buffer.from(change(Buffer.from(bytes).toString('utf8'))));
}

/** Changes the glue, taken apart into lines or tokens. */
function onParts(files: Files, what: 'line' | 'token', change: (parts: string[]) => void): Files {
  return onText(files, glueOf(files), (text) => {
    const parts = text.match(what === 'line' ? /[^\n]*\n|[^\n]+$/g : /[\w$]+|\s+|[^\w$\s]/g) ?? [];
    change(parts);
    return parts.join('');
  });
}

function placeIn(parts: readonly string[], at: number): number {
  return Math.floor(parts.length * at);
}

/** Gives something that the glue declares another name, wherever it is used; what the wasm file calls it stays. */
function rename(files: Files, at: number, to: string): Files {
  const names = new Set<string>();
  const glue = Buffer.from(files.get(glueOf(files)) ?? '').toString('utf8');
  for (const [, name] of glue.matchAll(
    /(?:function|class|const|let|var|^ {4}(?:static |get |set |async )?)\s*\b([\w$]+)(?=\s*[=({;]| extends)/gm,
  ))
    names.add(name ?? '');
  const from = [...names][Math.floor(names.size * at)];
  if (from === undefined) return files;
  const used = new RegExp(`(?<!wasm\\.|[\\w$'"])${from.replaceAll('$', '\\$')}(?![\\w$'"])`, 'g');
  const renamed = (text: string): string => text.replace(used, () => to);
  return [...files.keys()].filter((path) => /\.(?:js|d\.ts)$/.test(path)).reduce((changed, path) => onText(changed, path, renamed), files);
}

/** Gives the module another name: its files, and wherever they name each other. */
function renameModule(files: Files, to: string): Files {
  const from = wasmOf(files).replace(/_bg\.wasm$/, '');
  if (from === '') return files;
  const quoted = JSON.stringify(to).slice(1, -1).replaceAll("'", "\\'").replaceAll('`', '\\`').replaceAll('\u2028', '\\u2028');
  const inUrl = /^[\w-]+$/.test(to) ? quoted : encodeURIComponent(to).replaceAll("'", '%27');
  return new Map(
    [...files].map(([path, bytes]) => {
      const changed = /\.(?:js|ts)$/.test(path)
        ? Buffer.from(
            Buffer.from(bytes)
              .toString('utf8')
              .replaceAll(
                new RegExp(`((?:from|import|source \\w+ from) ['"]\\./|URL\\(['"])${from}`, 'g'),
                (_, before: string) => before + inUrl,
              )
              .replaceAll(new RegExp(`(['"][^'"\\n]*)${from}(?=[^'"\\n]*['"])`, 'g'), (_, before: string) => before + quoted),
          )
        : bytes;
      return [path.includes('/') ? path : path.replace(from, () => to), changed];
    }),
  );
}

/** Changes one character of a name that is imported or exported, or of whatever else looks like one. */
function renameInWasm(bytes: Uint8Array, at: number): Uint8Array {
  const changed = Uint8Array.from(bytes);
  const text = Buffer.from(bytes).toString('latin1');
  const names = [...text.matchAll(/__wb(?:g|indgen)_\w+|counter_\w+|memory/g)];
  const place = names[Math.floor(names.length * at)]?.index;
  if (place !== undefined) changed[place + 3] = (changed[place + 3] ?? 0) ^ 1;
  return changed;
}
