/** What this package uses of the module that only workerd has. */
declare module 'cloudflare:workers' {
  abstract class Entrypoint<Context> {
    protected readonly ctx: Context;
    protected readonly env: unknown;
    constructor(ctx: Context, env: unknown);
  }
  /** The bindings. Since March 2025. */
  export const env: unknown;
  /** What serves a binding, or the Worker's own events. */
  export abstract class WorkerEntrypoint extends Entrypoint<{ waitUntil(promise: Promise<unknown>): void }> {}
  /** What runs a Workflow. */
  export abstract class WorkflowEntrypoint extends Entrypoint<object> {}
  /** An object with an identity and storage. */
  export abstract class DurableObject extends Entrypoint<{
    readonly id: object;
    readonly storage: object;
    blockConcurrencyWhile<T>(callback: () => Promise<T>): Promise<T>;
  }> {}
}
