import type { CrashReport } from '@wasm-revive/kernel';
import { useEffect, useRef, useState } from 'preact/hooks';
import { TITLES } from '../protocol.ts';
import type { Model, ReportedFailure } from './model.ts';
import { placeName } from './names.ts';

/** How many are listed. */
const LISTED = 12;

/** What is done, in words. */
const RECOVERIES: Readonly<Record<CrashReport['recovery'], string>> = {
  keep: 'the instance is kept',
  rollback: 'the turn is undone',
  fresh: 'a fresh instance serves',
  retire: 'no instance serves any more',
};

/** The crash reports of wasm-revive, the last first; each opens in a dialog. */
export function Reports({ model }: { readonly model: Model }) {
  const [opened, setOpened] = useState<ReportedFailure | undefined>(undefined);
  const failures = model.failures.slice(-LISTED).reverse();
  return (
    <section aria-labelledby="reports-title">
      <h2 id="reports-title">Crash reports</h2>
      {failures.length === 0 ? (
        <p>None yet. Plain output and upstream’s shim have none.</p>
      ) : (
        <ol class="reports">
          {failures.map((failure) => (
            <li key={`${failure.kind} ${failure.id} ${failure.at}`}>
              <button type="button" class="report" onClick={() => setOpened(failure)}>
                <time dateTime={new Date(failure.at).toISOString()}>{new Date(failure.at).toLocaleTimeString()}</time>
                <span>
                  {TITLES[failure.kind]}, {placeName(failure.place)}: {headline(failure)}
                </span>
              </button>
            </li>
          ))}
        </ol>
      )}
      {opened !== undefined && <Dialog failure={opened} close={() => setOpened(undefined)} />}
    </section>
  );
}

function headline({ report: { failure, recovery } }: ReportedFailure): string {
  const what = failure.kind === 'unwound' ? 'panic' : failure.cause;
  return `${what}, ${RECOVERIES[recovery]}`;
}

/** What the log says, with the object by its number. */
function titleOf({ message, report: { instance }, place }: ReportedFailure): string {
  return instance === undefined ? message : message.replace(instance, placeName(place));
}

function Dialog({ failure, close }: { readonly failure: ReportedFailure; readonly close: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    dialog.current?.showModal();
    // Else the button at its end has the focus, and the beginning may be out of sight.
    heading.current?.focus();
  }, []);
  const { report } = failure;
  const { panic } = report.failure;
  const frames = report.failure.kind === 'unwound' ? report.failure.panic.frames : report.failure.frames;
  const facts: readonly (readonly [string, string | undefined])[] = [
    ['Rust said', panic?.message],
    ['Where', panic?.location && `${panic.location.file}:${panic.location.line}:${panic.location.column}`],
    ['Entrypoint', report.entrypoint],
    ['Instance', `${placeName(failure.place)}, generation ${report.generation}`],
    ['Trap', report.failure.kind === 'aborted' ? `${report.failure.trap.name}: ${report.failure.trap.message}` : undefined],
    ['Recovery', RECOVERIES[report.recovery]],
    ['Calls lost with it', String(report.callsLost)],
    ['Memory', `${(report.memoryBytes / 2 ** 20).toFixed(1)} MiB`],
    ['Error id', failure.id],
  ];
  return (
    <dialog ref={dialog} onClose={close} aria-labelledby="report-title">
      <h2 id="report-title" ref={heading} tabIndex={-1}>
        {titleOf(failure)}
      </h2>
      <dl>
        {facts.map(([name, value]) =>
          value === undefined ? null : (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ),
        )}
      </dl>
      <h3>Stack</h3>
      <ol class="frames">
        {frames.slice(0, 12).map(({ function: name, offset }, index) => (
          <li key={index}>
            {name ?? '(unknown)'}
            {offset !== undefined && ` (0x${offset.toString(16)})`}
          </li>
        ))}
      </ol>
      {frames.length > 12 && <p>… and {frames.length - 12} more</p>}
      <details>
        <summary>As JSON</summary>
        <pre>{JSON.stringify(report, undefined, 2)}</pre>
      </details>
      <form method="dialog">
        <button type="submit">Close</button>
      </form>
    </dialog>
  );
}
