import type { WorkerKind } from '@wasm-revive/worker-fixture';
import { useState } from 'preact/hooks';
import { MOST_PER_SECOND, MOST_POISON_PERCENT, TITLES } from '../protocol.ts';
import { PLACES, type Place, POISON_KINDS, POISONS } from '../workers/requests.ts';
import type { Live } from './live.ts';
import type { Model, Trace } from './model.ts';
import { placeName } from './names.ts';

/** What the person at the page can do. */
export function Controls({ live }: { readonly live: Live }) {
  const [place, setPlace] = useState<Place | undefined>(undefined);
  const { settings } = live.model;
  return (
    <section class="controls" aria-labelledby="controls-title">
      <h2 id="controls-title">Poison</h2>
      <fieldset>
        <legend>Send one request that fails</legend>
        <label>
          to{' '}
          <select
            value={place === undefined ? 'any' : String(place)}
            onChange={({ currentTarget: { value } }) =>
              setPlace(value === 'any' ? undefined : value === 'worker' ? 'worker' : Number(value))
            }
          >
            <option value="any">any object</option>
            {PLACES.map((one) => (
              <option key={one} value={String(one)}>
                {placeName(one)}
              </option>
            ))}
          </select>
        </label>
        <div class="buttons">
          {POISON_KINDS.map((kind) => (
            <button
              key={kind}
              type="button"
              data-poison={kind}
              onClick={() => live.order({ do: 'poison', kind, ...(place !== undefined && { place }) })}
            >
              {POISONS[kind]}
            </button>
          ))}
        </div>
      </fieldset>
      <fieldset>
        <legend>Traffic</legend>
        <Slider
          id="poison-percent"
          label="Poison among all requests"
          value={settings.poisonPercent}
          most={MOST_POISON_PERCENT}
          unit="%"
          set={(poisonPercent) => live.order({ do: 'set', settings: { poisonPercent } })}
        />
        <Slider
          id="per-second"
          label="Requests a second"
          value={settings.perSecond}
          most={MOST_PER_SECOND}
          unit=""
          set={(perSecond) => live.order({ do: 'set', settings: { perSecond } })}
        />
        <div class="buttons">
          <button type="button" onClick={() => live.order({ do: 'set', settings: { paused: !settings.paused } })}>
            {settings.paused ? 'Go on' : 'Pause'}
          </button>
          <button type="button" onClick={() => live.order({ do: 'restart' })}>
            Start all anew
          </button>
        </div>
      </fieldset>
      <LastPoison model={live.model} />
    </section>
  );
}

interface SliderProps {
  readonly id: string;
  readonly label: string;
  readonly value: number;
  readonly most: number;
  readonly unit: string;
  readonly set: (value: number) => void;
}

function Slider({ id, label, value, most, unit, set }: SliderProps) {
  return (
    <div class="slider">
      <label for={id}>{label}</label>
      <input
        id={id}
        type="range"
        min="0"
        max={most}
        step="1"
        value={value}
        onInput={({ currentTarget }) => set(currentTarget.valueAsNumber)}
      />
      <output for={id}>
        {value}
        {unit && ` ${unit}`}
      </output>
    </div>
  );
}

/** What became of the last poison, in a sentence for each Worker. */
function LastPoison({ model }: { readonly model: Model }) {
  const last = model.lastPoison;
  return (
    <div class="last-poison" role="status">
      {last?.poison === undefined ? (
        <p>No poison was sent yet.</p>
      ) : (
        <>
          <p>
            Last poison: <strong>{POISONS[last.poison]}</strong> in {placeName(last.place)}. Its caller got
          </p>
          <ul>
            {model.kinds.map((kind) => {
              return (
                <li key={kind}>
                  {TITLES[kind]}: {whatCallerGot(last, kind)}
                </li>
              );
            })}
          </ul>
        </>
      )}
    </div>
  );
}

function whatCallerGot({ ends, sentAt }: Trace, kind: WorkerKind): string {
  const end = ends.get(kind);
  if (end === undefined) return '…';
  return end.verdict === 'hung' ? end.text : `${firstLine(end.text)}, after ${Math.round(end.at - sentAt)} ms`;
}

function firstLine(text: string): string {
  const line = text.split('\n', 1)[0] ?? '';
  return line.length > 60 ? `${line.slice(0, 60)}…` : line;
}
