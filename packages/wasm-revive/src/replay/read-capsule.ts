import { createHash } from 'node:crypto';
import { type Capsule, decodeArguments } from '@wasm-revive/entrypoint-shim';
import { readReport } from '@wasm-revive/symbolicate';
import { ReplayError } from './errors.js';

/** A capsule whose call can be made again. */
export type ReplayableCapsule = Capsule & { readonly args: readonly unknown[] };

/**
 * Reads a capsule that was written as JSON.
 * @throws ReplayError `REVIVE_BAD_CAPSULE`, `REVIVE_NO_REPLAY`; SymbolicateError of its report
 */
export function readCapsule(json: string): ReplayableCapsule {
  const value = parsed(json);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw notACapsule('it is no object');
  const capsule = value as Record<string, unknown>;
  if (capsule.version !== 1) throw notACapsule(`its \`version\` is ${JSON.stringify(capsule.version)}, and this command reads version 1`);
  for (const name of ['module', 'path']) if (typeof capsule[name] !== 'string') throw notACapsule(`\`${name}\` is no text`);
  for (const name of ['build', 'key', 'noArgs', 'image', 'imageHash', 'noImage'])
    if (!['string', 'undefined'].includes(typeof capsule[name])) throw notACapsule(`\`${name}\` is no text`);
  readReport(JSON.stringify(capsule.report ?? null));
  checkImage(capsule.image as string | undefined, capsule.imageHash);
  const { args, noArgs, path } = capsule;
  if (args === undefined) {
    throw new ReplayError(
      'REVIVE_NO_REPLAY',
      `The call of ${path} can't be made again: the capsule has no arguments (${noArgs ?? 'it does not say why'}). \`wasm-revive symbolicate\` shows the \`report\` that is in it.`,
    );
  }
  try {
    decodeArguments(args);
  } catch (error) {
    throw notACapsule(`\`args\` can't be read: ${(error as Error).message}`, error);
  }
  return value as ReplayableCapsule;
}

function checkImage(image: string | undefined, hash: unknown): void {
  if (image === undefined) return;
  const found = createHash('sha256').update(Buffer.from(image, 'base64')).digest('hex');
  if (found !== hash) throw notACapsule(`its image was damaged: its SHA-256 is ${found}, and should be ${String(hash)}`);
}

function parsed(json: string): unknown {
  try {
    // What PowerShell writes begins with a byte order mark.
    return JSON.parse(json.replace(/^\ufeff/, ''));
  } catch (error) {
    throw notACapsule(`it is not JSON (${(error as Error).message})`, error);
  }
}

function notACapsule(why: string, cause?: unknown): ReplayError {
  return new ReplayError(
    'REVIVE_BAD_CAPSULE',
    `This is no crash capsule of wasm-revive: ${why}. A capsule is what the option \`capsule\` of \`quarantine\` is given; write it with \`JSON.stringify(capsule)\`.`,
    { cause },
  );
}
