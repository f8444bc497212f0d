//! Does what the command of an older wasm-bindgen does: `writer <wasm file> <target> <folder>`. The command itself can't be built any more: rustc
//! refuses every crate that is called `wasm_bindgen` and is older than 0.2.88.
use wasm_bindgen_cli_support::Bindgen;

fn main() {
    let [wasm, target, folder] =
        [1, 2, 3].map(|n| std::env::args().nth(n).expect("a wasm file, a target, a folder"));
    let mut bindgen = Bindgen::new();
    match target.as_str() {
        "web" => bindgen.web(true),
        "nodejs" => bindgen.nodejs(true),
        "bundler" => bindgen.bundler(true),
        _ => panic!("there is no target {target}"),
    }
    .expect("a target");
    bindgen.input_path(wasm).typescript(true).generate(folder).expect("glue");
}
