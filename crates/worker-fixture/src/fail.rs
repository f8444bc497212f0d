//! Ways to fail, and to wait.

use std::time::Duration;
use worker::Delay;

/// Waits (`wait-50`: for 50 ms) or fails. Gives whether the step is one of these.
pub async fn step(name: &str) -> bool {
    if let Some(ms) = name.strip_prefix("wait-") {
        Delay::from(Duration::from_millis(ms.parse().unwrap_or(0))).await;
        return true;
    }
    match name {
        "panic" => panic!("asked to panic"),
        "abort" => std::process::abort(),
        // More than there are addresses, and none of it is touched.
        "memory" => (0..3).for_each(|_| {
            std::mem::forget(std::hint::black_box(Vec::<u8>::with_capacity(0x7fff_0000)))
        }),
        "stack" => drop(std::hint::black_box(dive(1))),
        "touch" => {
            let block = std::hint::black_box(vec![1_u8; 32 << 20]);
            std::mem::forget(block);
        }
        _ => return false,
    }
    true
}

fn dive(depth: u64) -> u64 {
    let block = std::hint::black_box([depth; 64]);
    if block[0] == 0 {
        0
    } else {
        dive(depth + 1) + block[1]
    }
}
