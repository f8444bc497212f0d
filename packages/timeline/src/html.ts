/**
 * Draws a timeline as a page, or as a picture. Runs anywhere.
 * @module
 */
import program, { hash } from './client.js?program';
import { duration, factsOf, KIND_NAMES, kindOf, laneName, notesOf, outcomeOf, summaryOf, titleOf } from './describe.js';
import type { Timeline, TimelineEvent } from './document.js';
import { escaped, jsonInScript } from './escape.js';
import { glyph } from './glyphs.js';
import { layOut } from './layout.js';
import { PAGE_STYLE, PICTURE_STYLE } from './style.js';
import { drawSvg } from './svg.js';

/** Options of {@link renderSvg}. */
export interface SvgOptions {
  /** In pixels. Default 1,000. */
  readonly width?: number;
  /** The part to show, in milliseconds of the timeline. Default: all of it. */
  readonly from?: number;
  readonly to?: number;
}

/** A timeline as a picture: one SVG file with its own style, for light and dark surroundings. */
export function renderSvg(timeline: Timeline, { width = 1000, ...part }: SvgOptions = {}): string {
  const svg = drawSvg(layOut(timeline), { width, ...part });
  return `${svg.replace('>', `><style>${PICTURE_STYLE}</style>`)}\n`;
}

/**
 * A timeline as one HTML file. It asks for nothing from anywhere, and its policy forbids it to; what the program has said is shown as text.
 * Without its script it still shows the picture and the list.
 */
export function renderHtml(timeline: Timeline): string {
  const { module, startedAt, ms, events } = timeline;
  const when = `${new Date(startedAt).toISOString()}, ${duration(ms)}`;
  const title = `Timeline of ${escaped(module)}`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src '${hash}'">
<title>${title}</title>
<style>${PICTURE_STYLE}
${PAGE_STYLE}</style>
</head>
<body>
<header>
<h1>${title}</h1>
<p class="when">${escaped(when)}</p>
<ul class="counts">${summaryOf(timeline)
    .map((text) => `<li>${text}</li>`)
    .join('')}</ul>
${notesOf(timeline)
  .map((note) => `<p class="note">${escaped(note)}</p>`)
  .join('\n')}
</header>
<form class="tools" role="search" hidden>
<input type="search" id="filter" placeholder="Filter: name, message, key" aria-label="Show what has this in its name, message or key">
${kinds(events)}
<span class="zoom"><button type="button" data-do="out" aria-label="Zoom out">−</button><button type="button" data-do="in" aria-label="Zoom in">+</button><button type="button" data-do="all">All</button></span>
</form>
<main>
<div id="chart" tabindex="0" role="group" aria-label="Timeline: instances, one below the other; turns and events from left to right">${drawSvg(layOut(timeline), { width: 1200 })}</div>
<p class="keys" hidden><kbd>←</kbd> <kbd>→</kbd> next in the lane, <kbd>↑</kbd> <kbd>↓</kbd> other lanes, <kbd>+</kbd> <kbd>−</kbd> or the wheel zoom, <kbd>Shift</kbd>+wheel or dragging moves, <kbd>Enter</kbd> zooms to what is chosen, <kbd>0</kbd> shows all, <kbd>/</kbd> filters.</p>
<div class="columns">
<section aria-labelledby="list"><h2 id="list">What happened</h2>
<table><tbody>${events.map(row).join('\n')}</tbody></table></section>
<section id="details" aria-live="polite" aria-label="Details"><p class="note">Choose something, to see all that is known of it.</p></section>
</div>
</main>
<div id="tip" hidden></div>
<script type="application/json" id="timeline">${jsonInScript(timeline)}</script>
<script>${program}</script>
</body>
</html>
`;
}

function kinds(events: readonly TimelineEvent[]): string {
  const there = [...new Set(events.map(kindOf))];
  const boxes: [string, string, string][] = [
    ['turn', 'turns', '<g class="turn"><rect x="-5" y="-4" width="10" height="8" rx="2"/></g>'],
    ...there.map((kind): [string, string, string] => [kind, KIND_NAMES[kind], symbol(kind)]),
  ];
  return boxes
    .map(([kind, name, drawn]) => `<label><input type="checkbox" data-kind="${kind}" checked>${inline(drawn)}${name}</label>`)
    .join('\n');
}

function row(event: TimelineEvent, index: number): string {
  const kind = kindOf(event);
  const done = outcomeOf(event);
  const where = `${laneName(event)}${event.generation === undefined ? '' : `, generation ${event.generation}`}${done === undefined ? '' : ` → ${done}`}`;
  // What is in no other text can be searched for, too.
  const searched = [titleOf(event), ...factsOf(event).map(([, text]) => text)].join(' ').toLowerCase().slice(0, 4000);
  return (
    `<tr class="row" data-id="e${index}" data-kind="${kind}" data-text="${escaped(searched)}"><td class="time">+${duration(event.at)}</td><td class="symbol">${inline(symbol(kind))}</td>` +
    `<td class="what"><span class="clamp">${escaped(titleOf(event))}</span><small>${escaped(where)}</small></td></tr>`
  );
}

function symbol(kind: ReturnType<typeof kindOf>): string {
  return `<g class="mark ${kind}">${glyph(kind)}</g>`;
}

function inline(shape: string): string {
  return `<svg width="14" height="14" viewBox="-7 -7 14 14" aria-hidden="true">${shape}</svg>`;
}
