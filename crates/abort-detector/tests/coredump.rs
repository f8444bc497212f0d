//! The package writes WebAssembly coredumps, and this reads one with a parser that is not ours. The file is an example that the package's
//! tests write (`packages/abort-detector/test/coredump-format.test.ts`): lines of hexadecimal bytes, `xN` for one that stands there N times.

use wasmparser::{DataKind, KnownCustom, Operator, Parser, Payload};

const PAGE: usize = 0x1_0000;

fn example() -> Vec<u8> {
    let mut bytes = Vec::new();
    for line in include_str!("golden/coredump.txt").lines() {
        let (hex, times) = line.split_once(" x").unwrap_or((line, "1"));
        let row: Vec<u8> = (0..hex.len())
            .step_by(2)
            .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap())
            .collect();
        bytes.extend(row.repeat(times.parse().unwrap()));
    }
    bytes
}

#[test]
fn it_says_what_ran() {
    let bytes = example();
    let mut seen = Vec::new();
    for payload in Parser::new(0).parse_all(&bytes) {
        let Payload::CustomSection(section) = payload.unwrap() else {
            continue;
        };
        match section.as_known() {
            KnownCustom::CoreDump(core) => seen.push(format!("process {}", core.name)),
            KnownCustom::CoreDumpModules(core) => seen.push(format!("modules {:?}", core.modules)),
            KnownCustom::CoreDumpInstances(core) => {
                for instance in core.instances {
                    let (memories, globals) = (instance.memories, instance.globals);
                    seen.push(format!(
                        "instance of {}: {memories:?} {globals:?}",
                        instance.module_index
                    ));
                }
            }
            KnownCustom::CoreDumpStack(stack) => {
                seen.push(format!("thread {}", stack.name));
                for frame in stack.frames {
                    let values = frame.locals.len() + frame.stack.len();
                    let (instance, function) = (frame.instanceidx, frame.funcidx);
                    seen.push(format!(
                        "{instance} {function}+{} {values}",
                        frame.codeoffset
                    ));
                }
            }
            _ => panic!("another section: {}", section.name()),
        }
    }
    assert_eq!(
        seen,
        [
            "process app",
            "modules [\"äpp build 0123456789abcdef\"]",
            "instance of 0: [0] [0, 1, 2, 3, 4, 5, 6, 7]",
            "thread main",
            "0 884+1 0",
            "0 0+0 0",
            "0 7+300000 0",
        ]
    );
}

#[test]
fn it_holds_memory_and_globals() {
    let bytes = example();
    let mut memory = Vec::new();
    let mut globals = Vec::new();
    let mut segments = Vec::new();
    for payload in Parser::new(0).parse_all(&bytes) {
        match payload.unwrap() {
            Payload::MemorySection(memories) => {
                for found in memories {
                    memory = vec![0; usize::try_from(found.unwrap().initial).unwrap() * PAGE];
                }
            }
            Payload::GlobalSection(found) => {
                for global in found {
                    let global = global.unwrap();
                    assert!(!global.ty.mutable);
                    globals.push(global.init_expr.get_operators_reader().read().unwrap());
                }
            }
            Payload::DataSection(data) => {
                for segment in data {
                    let segment = segment.unwrap();
                    let DataKind::Active {
                        memory_index: 0,
                        offset_expr,
                    } = segment.kind
                    else {
                        panic!("a segment of another kind");
                    };
                    let offset = offset_expr.get_operators_reader().read().unwrap();
                    let Operator::I32Const { value } = offset else {
                        panic!("an offset of another type");
                    };
                    let at = usize::try_from(value).unwrap();
                    segments.push((at, segment.data.len()));
                    memory[at..at + segment.data.len()].copy_from_slice(segment.data);
                }
            }
            _ => {}
        }
    }

    // Empty pages are left out.
    assert_eq!(segments, [(PAGE, 2 * PAGE), (4 * PAGE, PAGE)]);
    let mut expected = vec![0; 6 * PAGE];
    expected[PAGE..PAGE + 3].copy_from_slice(&[1, 2, 3]);
    expected[3 * PAGE - 1] = 0xff;
    expected[5 * PAGE - 4] = 0x80;
    assert!(memory == expected);

    let said: Vec<String> = globals.iter().map(describe).collect();
    assert_eq!(
        said,
        [
            "i32 1048576",
            "f64 NaN",
            "i32 -1",
            "i32 -2147483648",
            "i32 64",
            "i64 -9223372036854775808",
            "i64 9223372036854775807",
            "f64 0.5",
        ]
    );
}

fn describe(constant: &Operator<'_>) -> String {
    match constant {
        Operator::I32Const { value } => format!("i32 {value}"),
        Operator::I64Const { value } => format!("i64 {value}"),
        Operator::F64Const { value } => format!("f64 {}", f64::from_bits(value.bits())),
        _ => panic!("another constant: {constant:?}"),
    }
}
