/** Mermaid's diagrams, drawn when the site is built: a reader's browser loads nothing for them. */
import { renderMermaidSVG } from 'beautiful-mermaid';

/** An `<img>` with the picture in itself, so that its styles are its own. */
export function drawDiagram(source: string): string {
  // The library asks for a font of the web; without that, the system's are taken.
  const svg = renderMermaidSVG(source, { bg: '#ffffff', fg: '#27272a', padding: 16 }).replace(/@import url\([^)]*\);/g, '');
  return `<img class="diagram" alt="Diagram; its text is in the source of this page." src="data:image/svg+xml;base64,${Buffer.from(svg).toString('base64')}">`;
}
