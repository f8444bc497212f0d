import { type CrashReport, isReviveError } from '@wasm-revive/kernel';
import { toBase64 } from './base64.js';
import type { EncodedCall, NotPlain } from './encode-data.js';
import { Sha256 } from './sha-256.js';

/** The version of {@link Capsule}. */
export const CAPSULE_VERSION = 1;

/**
 * A call that crashed, as plain JSON: `wasm-revive replay` runs it again. **It holds what the call was given**, and with an image all that was in the
 * memory of the instance.
 */
export interface Capsule {
  readonly version: typeof CAPSULE_VERSION;
  readonly module: string;
  /** The id of the module's build, as in reports. */
  readonly build?: string;
  /** How the user reached the entrypoint: `render`, `new Session`, `Session.open`. */
  readonly path: string;
  /** The SHA-256 of path and arguments; where they are plain data. */
  readonly key?: string;
  /** The arguments, as `decodeArguments` reads them; where they are plain data, and not too large. */
  readonly args?: readonly unknown[];
  /** Why there are no arguments. */
  readonly noArgs?: string;
  /** They were read after the call had failed, and hold objects, which the program may have changed since it made the call. */
  readonly readLate?: true;
  /** The state in which the call failed, as `__revive.checkpoint()` gives it, as base64. */
  readonly image?: string;
  /** The SHA-256 of the image's bytes. */
  readonly imageHash?: string;
  /** Why there is no image, where one was asked for. */
  readonly noImage?: string;
  readonly report: CrashReport;
}

/** What a capsule is made of. */
export interface CapsuleSource {
  readonly path: string;
  readonly data: EncodedCall | NotPlain;
  readonly isReadLate: boolean;
  readonly report: CrashReport;
  readonly longest: number;
  /** Gives the state of the instance. */
  readonly image: ((report: CrashReport) => Uint8Array | undefined) | undefined;
}

export function makeCapsule({ path, data, isReadLate, report, longest, image }: CapsuleSource): Capsule {
  return {
    version: CAPSULE_VERSION,
    module: report.module,
    ...(report.build && { build: report.build.id }),
    path,
    ...argumentsOf(data, longest),
    ...(isReadLate && { readLate: true }),
    ...(image && imageOf(image, report)),
    report,
  };
}

function argumentsOf(data: EncodedCall | NotPlain, longest: number): Pick<Capsule, 'key' | 'args' | 'noArgs'> {
  if ('notPlain' in data) return { noArgs: data.notPlain };
  const { key, args } = data;
  if (args === undefined) return { key, noArgs: `as JSON, the arguments are more than ${longest} bytes` };
  return { key, args: JSON.parse(args) as unknown[] };
}

/** Note: only where the turn that failed was undone is the present state the one that it failed in. */
function imageOf(
  image: (report: CrashReport) => Uint8Array | undefined,
  report: CrashReport,
): Pick<Capsule, 'image' | 'imageHash' | 'noImage'> {
  const { recovery, givenUp } = report;
  if (recovery !== 'rollback') return { noImage: `the state before the call is gone (recovery: ${recovery})` };
  if (givenUp !== undefined) return { noImage: 'the state before the call is gone: the instance went back to an older one' };
  try {
    const bytes = image(report);
    if (bytes === undefined) return { noImage: 'the program gave none' };
    return { image: toBase64(bytes), imageHash: new Sha256().update(bytes).hex() };
  } catch (error) {
    // Until the outermost call has ended, the instance is lost for everybody.
    if (isReviveError(error) && error.report === report) return { noImage: 'it was made within another call, which was still running' };
    return { noImage: error instanceof Error ? error.message : String(error) };
  }
}
