/** Mermaid's diagrams, drawn when the site is built: a reader's browser loads nothing for them. */
import { renderMermaidSVG } from 'beautiful-mermaid';

/** HTML with the picture in itself, so that its styles are its own. */
export function drawDiagram(source: string): string {
  // The library asks for a font of the web; without that, the system's are taken.
  const svg = renderMermaidSVG(source, { bg: '#ffffff', fg: '#27272a', padding: 16 }).replace(/@import url\([^)]*\);/g, '');
  const picture = `data:image/svg+xml;base64,${Buffer.from(svg).toString('base64')}`;
  // As large as it is drawn: a wide one is scrolled, for its words would be too small to read.
  return `<div tabindex="0" style="overflow-x: auto"><img style="max-width: none" alt="Diagram; its text is in the source of this page." src="${picture}"></div>`;
}
