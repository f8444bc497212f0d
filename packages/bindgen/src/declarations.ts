/** Adds the control handle to the declarations that wasm-bindgen wrote. */
export function emitDeclarations(code: string, runtime: string): string {
  return `${code.trimEnd()}

/** Recovery of this module: its state, its events, its options. */
export const __revive: import(${JSON.stringify(runtime)}).Revive;
`;
}

/** Lists new files in a `package.json` that lists its files; undefined when there is nothing to change. */
export function addPackageFiles(packageJson: string, files: readonly string[]): string | undefined {
  const json: unknown = JSON.parse(packageJson);
  if (typeof json !== 'object' || json === null || !('files' in json) || !Array.isArray(json.files)) return undefined;
  const present = new Set<unknown>(json.files);
  const missing = files.filter((file) => !present.has(file));
  if (missing.length === 0) return undefined;
  return `${JSON.stringify({ ...json, files: [...json.files, ...missing] }, undefined, 2)}\n`;
}
