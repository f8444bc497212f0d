import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { build } from 'rolldown';

/** Gives what is imported with `?program` as text: that module and all that it imports, as a script for a page. For builds and tests. */
export function programPlugin() {
  return {
    name: 'program',
    // Before what reads files: it would drop the query.
    enforce: 'pre' as const,
    resolveId(source: string, importer: string | undefined): string | undefined {
      if (!source.endsWith('?program') || importer === undefined) return undefined;
      return `\0${fileURLToPath(new URL(source.slice(0, -'?program'.length).replace(/\.js$/, '.ts'), `file://${importer}`))}?program`;
    },
    async load(id: string): Promise<string | undefined> {
      if (!id.startsWith('\0') || !id.endsWith('?program')) return undefined;
      const { output } = await build({
        input: id.slice(1, -'?program'.length),
        platform: 'browser',
        write: false,
        output: { format: 'iife', minify: true, codeSplitting: false },
        resolve: { extensionAlias: { '.js': ['.ts', '.js'] } },
      });
      // It ends no element, whatever texts are in it.
      const code = output[0].code.trim().replaceAll('</', '<\\/').replaceAll('<!--', '<\\!--');
      const hash = `sha256-${createHash('sha256').update(code).digest('base64')}`;
      return `export default ${JSON.stringify(code)};\nexport const hash = ${JSON.stringify(hash)};\n`;
    },
  };
}
