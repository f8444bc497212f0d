/**
 * What a turn, an instance, a failure and a plugin are. Every other package stands on this one; it stands on none.
 * @module
 */
export {
  ABI_VERSION,
  BLACK_BOX_EXPORT,
  BLACK_BOX_MAGIC,
  BlackBoxOffset,
  BlackBoxSize,
  BREADCRUMBS_EXPORT,
  BREADCRUMBS_MAGIC,
  BreadcrumbsOffset,
  BreadcrumbsSize,
  CATCH_EXPORT,
  CRATE_SECTION,
  GLOBAL_EXPORT_PREFIX,
  IMPORT_MODULE,
  INSTALL_EXPORT,
  PANICKED_IMPORT,
  PANICKING_EXPORT,
  PERSIST_EXPORT,
  PersistAnswer,
  PersistOffset,
  PersistRequest,
  RESTORED_ENTRY,
  RESTORED_EXPORT,
  RETHROW_IMPORT,
  SIGNAL_IMPORT,
  UNWIND_EXPORT,
  UNWINDING_SECTION,
} from './abi.js';
export { isAbort, saidCause } from './aborts.js';
export { type BlackBox, blackBoxView, forgetPanic, persistView, type Running, readBlackBox, readBreadcrumbs } from './black-box.js';
export type { Given } from './carried-values.js';
export { checkContract } from './check-contract.js';
export type { CheckpointPolicy, GivenUp } from './checkpoints.js';
export { complain } from './complain.js';
export {
  type Api,
  type Application,
  CONTRACT,
  type Entry,
  type Factory,
  type Formatters,
  type GuardedExports,
  type Host,
  type Live,
  type ModuleDescription,
  type PromiseExecutor,
  type Raw,
  RESERVED_NAMES,
  type Scope,
  type SiblingApplication,
  type SiblingClass,
  type SiblingExports,
  type SiblingFacade,
  type Thenable,
} from './contract.js';
export { type CrateRecord, checkCrates, type MatchedPackage, readCrates } from './crates.js';
export {
  ERROR_CODES,
  isReviveError,
  PanicError,
  ReviveError,
  type ReviveErrorCode,
  type ReviveErrorInit,
} from './errors.js';
export { checkEngine, type ExceptionEncoding, type ExceptionHandling, explainCompileError } from './exception-handling.js';
export type { AbortCause, Aborted, Failure, Frame, Location, PanicInfo, Recovery, Unwound } from './failure.js';
export { type Registry, SharedRegistry } from './finalizers.js';
export { fingerprint } from './fingerprint.js';
export { framesIn, NO_FRAMES, nameIn, wasmFrames, wasmLines } from './frames.js';
export { askForLeftMemory } from './garbage.js';
export { pointerBase, spaceOf } from './handle.js';
export type { Image } from './image.js';
export { markHandled } from './in-flight.js';
export { Instance, type Loss, type Owner } from './instance.js';
export { foreignHandleError, staleHandleError } from './instance-errors.js';
export { bare, define, hasOwn, inMicrotask, isInstance, keys, whenSettled } from './intrinsics.js';
export { lazyProperty } from './lazy.js';
export { catchesPanics, describedModule, type Module, type ModuleFacts } from './module.js';
export { errorWithDeepStack } from './panic-site.js';
export { Panicking, type PanickingView, type PanicPhase } from './panicking.js';
export type { CaughtPanic } from './panics.js';
export { composePlugins, type Hooks, type InstanceState, type InstanceView, type Plugin, type Thrown } from './plugin.js';
export { realTrap } from './real-trap.js';
export { REGISTERING_METHODS } from './registrations.js';
export {
  type Build,
  type CrashReport,
  describeFailure,
  type FailureRecord,
  REPORT_VERSION,
  type Redact,
  safely,
  toFailureRecord,
  UNKNOWN_PANIC,
} from './report.js';
export { type GuardActions, RuntimeGuards } from './runtime-guards.js';
export type { SavedAlong } from './save-state.js';
export type { HandleClass, RestoredAlong } from './saved-handles.js';
export { STACK_POINTER_EXPORT, StackPointers, stackPointerNames } from './stack-pointers.js';
export { hasStackRoom } from './stack-room.js';
export { joinState, type StatePages, splitState } from './state-pages.js';
export { LONGEST_NAME, shorten } from './text-limits.js';
export { describeThrown, isError, lookAt } from './thrown.js';
export { bytesMissingForLog, UNDO_EXPORTS } from './undo-exports.js';
export { type UndoSupport, undoSupport } from './undo-support.js';
export { type ReportDraft, writeReport } from './write-report.js';
