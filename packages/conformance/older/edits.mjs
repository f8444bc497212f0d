/**
 * What `crates/fixtures` asks of wasm-bindgen that older versions don't know, in words that they do. Each has to be found in the file.
 *
 * @typedef {{ file: string, from: string | RegExp, to: string }} Edit
 */

/** Files in which closures are made with words of panic=unwind, of which older versions know nothing. */
const CLOSURES = ['async_exports.rs', 'closures.rs', 'held.rs', 'owed.rs', 'registrations.rs', 'ways_in.rs'];

const WITH_RESOLVERS = `{
                #[wasm_bindgen]
                extern "C" {
                    #[wasm_bindgen(js_namespace = Promise, js_name = withResolvers)]
                    fn with_resolvers() -> JsValue;
                }
                with_resolvers()
            };
            let part = |name: &str| Reflect::get(&made, &name.into()).expect("a property");
            keep(part("resolve").unchecked_into());
            part("promise")`;

/** What the child has of its parent, where no class of Rust can extend another. */
const INHERITED = `    /// Its name.
    #[wasm_bindgen(getter)]
    pub fn name(&self) -> String {
        self.parent.name()
    }

    /// Gives it another.
    pub fn rename(&mut self, name: String) {
        self.parent.rename(name);
    }

    /// Counts how often.`;

/** @type {readonly Edit[]} */
const UP_TO_100 = [
  ...CLOSURES.map((file) => ({ file, from: /(wrap|once)_assert_unwind_safe/g, to: '$1' })),
  { file: 'lib.rs', from: 'mod namespaces;\n', to: '' },
  // Methods whose names are no identifiers of Rust.
  { file: 'names.rs', from: /\/\/\/ A class whose methods are called as tools[\s\S]*?(?=\/\/\/ What every object has, too\.)/, to: '' },
  { file: 'values.rs', from: /\/\/\/ A function that is called as a method[\s\S]*?\n}\n/, to: '' },
  { file: 'values.rs', from: 'use wasm_bindgen::__rt::WasmPtr;\n', to: '' },
  { file: 'values.rs', from: 'WasmPtr::from_ptr(address as *mut _)', to: 'address as u32' },
  {
    file: 'owed.rs',
    from: /Promise::with_resolvers::<JsValue, JsValue>\(\);[\s\S]*?made\.promise\(\)\.into\(\)/,
    to: WITH_RESOLVERS,
  },
  { file: 'inheritance.rs', from: '(extends = Animal)', to: '' },
  { file: 'inheritance.rs', from: 'pub struct Dog {', to: 'pub struct Dog {\n    parent: Animal,' },
  { file: 'inheritance.rs', from: 'Animal::new(name).into()', to: 'Animal::new(name)' },
  { file: 'inheritance.rs', from: 'self.parent.borrow().name', to: 'self.parent.name' },
  { file: 'inheritance.rs', from: '    /// Counts how often.', to: INHERITED },
];

/** @type {readonly Edit[]} */
const UP_TO_84 = [
  ...UP_TO_100,
  // Of Rust, which has to be older, too.
  { file: 'classes.rs', from: 'self.n.is_multiple_of(2)', to: 'self.n % 2 == 0' },
  { file: 'classes.rs', from: 'Vec<Counter>', to: 'js_sys::Array' },
  {
    file: 'classes.rs',
    from: 'vec![Counter::new(half), Counter::new(self.n - half)]',
    to: '[half, self.n - half].map(|n| JsValue::from(Counter::new(n))).iter().collect()',
  },
  {
    file: 'values.rs',
    from: 'pub fn points(count: u32) -> Vec<Point> {\n    (0..count).map(|n| Point::new(f64::from(n), 0.0)).collect()',
    to: 'pub fn points(count: u32) -> Array {\n    (0..count).map(|n| JsValue::from(Point::new(f64::from(n), 0.0))).collect()',
  },
  {
    file: 'values.rs',
    from: 'pub fn sum_points(points: Vec<Point>) -> f64 {\n    points.iter().map(Point::length).sum()',
    to: 'pub fn sum_points(points: &Array) -> Result<f64, JsValue> {\n    points.iter().map(|point| length_by_pointer(&point)).sum()',
  },
  { file: 'values.rs', from: /\/\/\/ An array of strings in and out[\s\S]*?\n}\n/, to: '' },
  { file: 'corpus.rs', from: 'pub fn ways_to_fail() -> Vec<String> {', to: 'pub fn ways_to_fail() -> js_sys::Array {' },
  { file: 'corpus.rs', from: 'format!("{line} {name}"))', to: 'JsValue::from(format!("{line} {name}")))' },
  { file: 'fail.rs', from: 'Vec<String>', to: 'js_sys::Array' },
  { file: 'fail.rs', from: '(*name).to_owned()', to: 'JsValue::from(*name)' },
  { file: 'imports.rs', from: 'thread_local_v2, ', to: '' },
  { file: 'imports.rs', from: 'HOST_NAME.with(Clone::clone)', to: 'HOST_NAME.clone()' },
  { file: 'imports.rs', from: /\/\/ rustfmt takes the text away\.[\s\S]*?\n}\n/, to: '' },
  { file: 'imports.rs', from: /\/\/\/ The static string\.[\s\S]*?\n}\n/, to: '' },
];

/** By version: what is edited, and the versions of the crates that go with it. */
export const OLDER = {
  '0.2.84': { edits: UP_TO_84, jsSys: '0.3.61', futures: '0.4.34' },
  '0.2.100': { edits: UP_TO_100, jsSys: '0.3.77', futures: '0.4.50' },
};
