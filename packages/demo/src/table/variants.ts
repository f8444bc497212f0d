import path from 'node:path';
import type { Service } from './service.ts';

/** How Rust was compiled. */
export type PanicMode = 'abort' | 'unwind';

/** Whose recovery the service has. */
export type Recovery = 'none' | 'upstream' | 'revive' | 'rollback';

/** One column of the comparison. */
export interface Variant {
  readonly recovery: Recovery;
  readonly panic: PanicMode;
}

/** What a program does around the service to make use of the recovery it has. */
export interface Policy {
  readonly title: string;
  /** Whether an error says that a handle belongs to an instance that is gone. */
  isStale(error: unknown): boolean;
  /** Whether an error says that the call was lost through another one's failure, so that an idempotent request may be sent again. */
  isLost(error: unknown): boolean;
  /** Called with every error the service threw, in a call or outside any. */
  failed(service: Service, error: unknown): void;
  /** How often the service was brought back, given how many instances were made in all. */
  recoveries(service: Service, instances: number): number;
}

/** Every variant, in the order of the table. */
export const VARIANTS: readonly Variant[] = (['abort', 'unwind'] as const).flatMap((panic) =>
  (['none', 'upstream', 'revive', 'rollback'] as const).map((recovery) => ({ recovery, panic })),
);

/** Whether it is wasm-revive's. */
export function isOurs({ recovery }: Pick<Variant, 'recovery'>): boolean {
  return recovery === 'revive' || recovery === 'rollback';
}

/** Where a variant's package is, under the repository's `.artifacts`. */
export function packageDir(artifacts: string, { recovery, panic }: Variant): string {
  switch (recovery) {
    case 'none':
      return path.join(artifacts, 'demo-service', panic, 'nodejs');
    case 'upstream':
      return path.join(artifacts, 'demo-service-upstream', panic, 'nodejs-reset');
    case 'revive':
      return path.join(artifacts, 'demo-service-revive', panic, 'transformed');
    case 'rollback':
      return path.join(artifacts, 'demo-service-revive', panic, 'rollback');
  }
}

/** How a program uses a variant. */
export function policyOf({ recovery, panic }: Variant): Policy {
  switch (recovery) {
    case 'none':
      return { title: 'plain wasm-bindgen', isStale: () => false, isLost: () => false, failed: () => {}, recoveries: () => 0 };
    case 'upstream':
      return {
        title: "upstream's recovery",
        isStale: (error) => error instanceof Error && error.message.startsWith('Invalid stale object'),
        // Its errors don't say which call failed: sending again would repeat the poison.
        isLost: () => false,
        failed: panic === 'abort' ? resetOnTrap : () => {},
        recoveries: (_, instances) => instances - 1,
      };
    case 'revive':
    case 'rollback':
      return {
        title: recovery === 'rollback' ? 'wasm-revive, rollback' : 'wasm-revive',
        isStale: (error) => hasCode(error, 'REVIVE_STALE_HANDLE'),
        isLost: (error) => hasCode(error, 'REVIVE_INSTANCE_LOST'),
        failed: () => {},
        recoveries: (service) => service.__revive?.stats.recoveries ?? 0,
      };
  }
}

/**
 * Under panic=abort the abort hook never fires (wasm-bindgen's guide: "the abort machinery is not emitted"), so the program
 * resets by hand when it sees a trap, as workers-rs does. A stack overflow, a RangeError, is taken for one too, to be generous.
 */
function resetOnTrap(service: Service, error: unknown): void {
  if (error instanceof WebAssembly.RuntimeError || error instanceof RangeError) service.__wbg_reset_state?.();
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
