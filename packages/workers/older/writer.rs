//! Does what the command of an older wasm-bindgen does as worker-build of its age calls it: `writer <wasm file> <folder>`.
use wasm_bindgen_cli_support::Bindgen;

fn main() {
    let [wasm, folder] = [1, 2].map(|n| std::env::args().nth(n).expect("a wasm file, a folder"));
    Bindgen::new()
        .module(true)
        .expect("the target module")
        .reset_state_function(true)
        .typescript(false)
        .out_name("index")
        .input_path(wasm)
        .generate(folder)
        .expect("glue");
}
