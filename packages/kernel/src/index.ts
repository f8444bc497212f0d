/**
 * What a turn, an instance, a failure and a plugin are. Every other package stands on this one; it stands on none.
 * @module
 */

export { checkContract } from './contract/check-contract.js';
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
} from './contract/contract.js';
export { pointerBase, spaceOf } from './contract/handle.js';
export {
  ERROR_CODES,
  isReviveError,
  PanicError,
  ReviveError,
  type ReviveErrorCode,
  type ReviveErrorInit,
} from './errors.js';
export { isAbort, saidCause } from './failure/aborts.js';
export {
  type AbortCause,
  type Aborted,
  type Failure,
  type Frame,
  isForeign,
  type Location,
  type PanicInfo,
  type Recovery,
  type Unwound,
} from './failure/failure.js';
export { errorWithDeepStack } from './failure/panic-site.js';
export { Panicking, type PanickingView, type PanicPhase } from './failure/panicking.js';
export type { CaughtPanic } from './failure/panics.js';
export { realTrap } from './failure/real-trap.js';
export { type Registry, SharedRegistry } from './instance/finalizers.js';
export { askForLeftMemory } from './instance/garbage.js';
export { markHandled } from './instance/in-flight.js';
export { Instance, type Loss, type Owner } from './instance/instance.js';
export { foreignHandleError, staleHandleError } from './instance/instance-errors.js';
export { REGISTERING_METHODS, REMOVING_METHODS } from './instance/registrations.js';
export { type GuardActions, RuntimeGuards } from './instance/runtime-guards.js';
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
} from './module/abi.js';
export { type BlackBox, blackBoxView, forgetPanic, persistView, type Running, readBlackBox, readBreadcrumbs } from './module/black-box.js';
export { type CrateRecord, checkCrates, type MatchedPackage, readCrates } from './module/crates.js';
export { checkEngine, type ExceptionEncoding, type ExceptionHandling, explainCompileError } from './module/exception-handling.js';
export { type FunctionType, type FunctionTypes, readFunctionTypes } from './module/function-types.js';
export { catchesPanics, describedModule, type Module, type ModuleFacts } from './module/module.js';
export { STACK_POINTER_EXPORT, StackPointers, stackPointerNames } from './module/stack-pointers.js';
export { bytesMissingForLog, UNDO_EXPORTS } from './module/undo-exports.js';
export { composePlugins, type Hooks, type InstanceState, type InstanceView, type Plugin, type Thrown } from './plugin.js';
export { complain } from './program/complain.js';
export { bare, define, hasOwn, inMicrotask, isInstance, keys, whenSettled } from './program/intrinsics.js';
export { hasStackRoom } from './program/stack-room.js';
export { describeThrown, isError, lookAt } from './program/thrown.js';
export { fingerprint } from './report/fingerprint.js';
export { framesIn, NO_FRAMES, nameIn, wasmFrames, wasmLines } from './report/frames.js';
export { lazyProperty } from './report/lazy.js';
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
} from './report/report.js';
export { LONGEST_NAME, shorten } from './report/text-limits.js';
export { type ReportDraft, writeReport } from './report/write-report.js';
export type { CheckpointPolicy, GivenUp } from './rollback/checkpoints.js';
export type { Image } from './rollback/image.js';
export { copySupport, type UndoSupport, undoSupport } from './rollback/undo-support.js';
export type { CarriedValue, CarriedValues, Given, MadeValue } from './saved-state/carried-values.js';
export type { SavedAlong } from './saved-state/save-state.js';
export type { HandleClass, RestoredAlong } from './saved-state/saved-handles.js';
export type { SavedValues } from './saved-state/saved-state.js';
export { joinState, type StatePages, splitState } from './saved-state/state-pages.js';
