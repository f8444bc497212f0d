import ts from 'typescript';

/**
 * Checks declarations: which complaints TypeScript has about the transformed `.d.ts` that it doesn't have about upstream's own (those
 * import modules that don't exist here).
 *
 * @param {{ id: string, plain: string, ours: string }[]} pairs paths of `.d.ts` files
 * @returns {Map<string, string[]>} per id the new complaints, if any
 */
export function newTypeErrors(pairs) {
  const program = ts.createProgram(
    pairs.flatMap(({ plain, ours }) => [plain, ours]),
    {
      noEmit: true,
      strict: true,
      types: [],
      target: ts.ScriptTarget.ES2022,
      lib: ['lib.es2023.d.ts', 'lib.esnext.disposable.d.ts', 'lib.dom.d.ts'],
      module: ts.ModuleKind.ESNext,
      moduleResolution: ts.ModuleResolutionKind.Bundler,
    },
  );
  const complaints = (/** @type {string} */ file) => {
    const source = program.getSourceFile(file);
    if (!source) return [`${file} is missing`];
    const found = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)];
    return found.map((each) => ts.flattenDiagnosticMessageText(each.messageText, ' '));
  };
  const result = new Map();
  for (const { id, plain, ours } of pairs) {
    const known = complaints(plain);
    const fresh = complaints(ours).filter((text) => !known.includes(text));
    if (fresh.length > 0) result.set(id, fresh);
  }
  return result;
}
