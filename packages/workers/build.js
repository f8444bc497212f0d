import { createRequire } from "node:module";
import { spawnSync } from "node:child_process";
import { copyFileSync, cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, parse } from "node:path";
import { fileURLToPath } from "node:url";
import { transform } from "wasm-revive/transform";
import { parseSync } from "oxc-parser";
import { TransformError } from "@wasm-revive/bindgen";
//#region src/build/errors.ts
/** What is wrong with what worker-build, or the person who runs it, has given: said without a stack. */
var WorkersBuildError = class extends Error {
	name = "WorkersBuildError";
};
//#endregion
//#region src/build/exports-of.ts
/** Reads the exports of wasm-bindgen's glue from its syntax tree. Names that begin with `__` are the glue's own, and the `worker` crate's. */
function exportsOf(file, code) {
	const declared = /* @__PURE__ */ new Map();
	const exported = /* @__PURE__ */ new Map();
	const declare = (node) => {
		if ((node.type === "ClassDeclaration" || node.type === "FunctionDeclaration") && node.id !== null) declared.set(node.id.name, node);
	};
	for (const node of parseSync(file, code).program.body) {
		declare(node);
		if (node.type !== "ExportNamedDeclaration" || node.source !== null) continue;
		const { declaration, specifiers } = node;
		if (declaration !== null) {
			declare(declaration);
			if ("id" in declaration && declaration.id?.type === "Identifier") exported.set(declaration.id.name, declaration.id.name);
		}
		for (const { local, exported: as } of specifiers) if (local.type === "Identifier") exported.set(as.type === "Literal" ? as.value : as.name, local.name);
	}
	const functions = [];
	const classes = [];
	for (const [name, local] of exported) {
		const node = declared.get(local);
		if (node === void 0 || name.startsWith("__")) continue;
		if (node.type === "FunctionDeclaration") functions.push(name);
		else if (node.type === "ClassDeclaration" && parametersOf(node) === 2) classes.push(name);
	}
	return {
		functions,
		classes
	};
}
/** How many parameters the constructor takes; undefined where the class has none. */
function parametersOf({ body }) {
	const own = body.body.find((member) => member.type === "MethodDefinition" && member.kind === "constructor");
	return own?.type === "MethodDefinition" ? own.value.params.length : void 0;
}
//#endregion
//#region src/build/shim-text.ts
/** The Worker's main module, in place of worker-build's. @param options the path of the program's own options, where it has some */
function shimText({ functions, classes }, options, runToCompletion) {
	const known = {
		functions,
		objects: classes,
		...runToCompletion && { runToCompletion }
	};
	return [
		"import * as pkg from \"./index.js\";",
		"import { serve } from \"./wasm-revive-workers.js\";",
		...options === void 0 ? [] : [`import options from ${JSON.stringify(options)};`],
		`const worker = serve(pkg, { ...${JSON.stringify(known)}${options === void 0 ? "" : ", ...options"} });`,
		"export default worker.default;",
		...classes.map((name) => `export const ${name} = worker.classes.${name};`),
		""
	].join("\n");
}
//#endregion
//#region src/build/staging.ts
/**
* Finds out what worker-build wants bundled.
* @throws WorkersBuildError where that can't be transformed, or is not known
*/
function readStaging(dir, args, env) {
	if (args.some((arg) => arg === "--platform=node" || arg.startsWith("--external:node:"))) throw new WorkersBuildError("worker-build was run with --emscripten, whose glue is not wasm-bindgen’s alone. @wasm-revive/workers takes what worker-build makes for wasm32-unknown-unknown: leave --emscripten away, or leave ESBUILD_BIN away to build without recovery.");
	const at = (files) => new Map(Object.entries(files).map(([name, file]) => [name, join(dir, file)]));
	const found = [{
		files: at({
			"index.js": "index.js",
			"index_bg.wasm": "index_bg.wasm"
		}),
		wasm: "index_bg.wasm",
		hasOwnShim: false
	}, {
		files: at({
			"index.js": "../index.js",
			"index_bg.js": "index_bg.js",
			"index_bg.wasm": "index.wasm"
		}),
		wasm: "index.wasm",
		hasOwnShim: env.CUSTOM_SHIM !== void 0
	}].find(({ files }) => [...files.values()].every((file) => existsSync(file)));
	if (found === void 0 || !existsSync(join(dir, "shim.js"))) throw new WorkersBuildError(`${dir} is not a folder in which worker-build bundles: shim.js was expected, with index.js and index_bg.wasm, or index_bg.js and index.wasm. This command stands in for esbuild in worker-build 0.8: \`ESBUILD_BIN=… worker-build --release\`.`);
	return {
		dir,
		...found
	};
}
/** The program's own options of `serve`, beside its Cargo.toml. */
function findOptions(dir) {
	const { root } = parse(dir);
	for (let at = dir; at !== root; at = dirname(at)) {
		if (!existsSync(join(at, "Cargo.toml"))) continue;
		const file = join(at, "wasm-revive.workers.js");
		return existsSync(file) ? file : void 0;
	}
}
//#endregion
//#region src/build/bundle.ts
/** Where the transformed package is put together, in the folder that worker-build bundles: what snippets import is found from there, too. */
const OWN_FOLDER = ".wasm-revive";
/**
* Stands in for esbuild in worker-build: transforms what it would bundle, and bundles that, with the same arguments. Where anything fails the
* folder is as it was.
*
* @param dir the folder in which worker-build runs esbuild
* @param args esbuild's
* @throws WorkersBuildError, and TransformError of `@wasm-revive/bindgen`
*/
function bundle(dir, args, env = process.env) {
	const staging = readStaging(dir, args, env);
	const own = join(dir, OWN_FOLDER);
	rmSync(own, {
		recursive: true,
		force: true
	});
	mkdirSync(own);
	try {
		for (const [name, file] of staging.files) copyFileSync(file, join(own, name));
		if (existsSync(join(dir, "snippets"))) cpSync(join(dir, "snippets"), join(own, "snippets"), { recursive: true });
		const glue = staging.files.has("index_bg.js") ? "index_bg.js" : "index.js";
		const exports = exportsOf(glue, readFileSync(join(own, glue), "utf8"));
		transform({ dir: own });
		copyFileSync(fileURLToPath(new URL("./index.js", import.meta.url)), join(own, "wasm-revive-workers.js"));
		if (staging.hasOwnShim) copyFileSync(join(dir, "shim.js"), join(own, "shim.js"));
		else writeFileSync(join(own, "shim.js"), shimText(exports, findOptions(dir), env.RUN_TO_COMPLETION !== void 0));
		const code = runEsbuild(own, [...args, "--external:./index_bg.wasm"], env);
		if (code === 0) {
			const outfile = outfileOf(args);
			renameSync(join(own, outfile), join(dir, outfile));
			copyFileSync(join(own, "index_bg.wasm"), join(dir, "index_bg.wasm"));
			if (staging.hasOwnShim) copyFileSync(join(own, "index_bg.wasm"), join(dir, staging.wasm));
			else if (staging.wasm !== "index_bg.wasm") rmSync(join(dir, staging.wasm));
		}
		return {
			exports,
			code
		};
	} finally {
		rmSync(own, {
			recursive: true,
			force: true
		});
	}
}
function outfileOf(args) {
	const prefix = "--outfile=";
	const found = args.find((arg) => arg.startsWith(prefix))?.slice(10);
	if (found === void 0) throw new WorkersBuildError("esbuild was to be run without --outfile, which worker-build 0.8 gives.");
	return found;
}
/** Runs the real esbuild, and gives its exit code. `WASM_REVIVE_ESBUILD_BIN` names another one than the npm package beside this one. */
function runEsbuild(cwd, args, env = process.env) {
	const command = env.WASM_REVIVE_ESBUILD_BIN ?? createRequire(import.meta.url).resolve("esbuild/bin/esbuild");
	const { status, error } = spawnSync(command, args, {
		cwd,
		env,
		stdio: "inherit"
	});
	if (error !== void 0) throw new WorkersBuildError(`esbuild (${command}) could not be run: ${error.message}. Install it beside @wasm-revive/workers, or name it by WASM_REVIVE_ESBUILD_BIN.`);
	return status ?? 1;
}
//#endregion
//#region src/build/cli.ts
/** Does what worker-build asks of esbuild. Gives the exit code. */
function main(args) {
	try {
		if (!args.includes("--bundle")) return runEsbuild(process.cwd(), args);
		const { code, exports } = bundle(process.cwd(), args);
		if (code === 0) {
			const { functions, classes } = exports;
			const list = (names) => names.length === 0 ? "none" : names.join(", ");
			console.error(`wasm-revive: recovery built in. Functions: ${list(functions)}. Classes: ${list(classes)}.`);
		}
		return code;
	} catch (error) {
		if (error instanceof TransformError) console.error(`error ${error.code}: ${error.message}`);
		else if (error instanceof WorkersBuildError) console.error(`error: ${error.message}`);
		else throw error;
		return 1;
	}
}
//#endregion
export { WorkersBuildError, bundle, main };
