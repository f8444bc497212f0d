//! Ways to fail, and to wait.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;
use worker::Delay;

/// How many calls of this instance wait now.
static WAITING: AtomicU32 = AtomicU32::new(0);

/// Whether calls of this instance that hold may go on.
static RELEASED: AtomicBool = AtomicBool::new(false);

/// How many calls of this instance wait now.
pub fn waiting() -> u32 {
    WAITING.load(Ordering::Relaxed)
}

/// Counted as one that waits, until it is dropped.
struct Waits;

impl Waits {
    fn new() -> Waits {
        WAITING.fetch_add(1, Ordering::Relaxed);
        Waits
    }
}

impl Drop for Waits {
    fn drop(&mut self) {
        WAITING.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Waits (`wait-50`: for 50 ms; `hold`: until another call of this instance does `release`) or fails. Gives whether the step is one of these.
pub async fn step(name: &str) -> bool {
    if let Some(ms) = name.strip_prefix("wait-") {
        let _waits = Waits::new();
        sleep(ms.parse().unwrap_or(0)).await;
        return true;
    }
    match name {
        "hold" => {
            let _waits = Waits::new();
            // With a timer of its own: workerd cancels a request that waits for another one alone.
            while !RELEASED.load(Ordering::Relaxed) {
                sleep(5).await;
            }
        }
        "release" => RELEASED.store(true, Ordering::Relaxed),
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

async fn sleep(ms: u64) {
    Delay::from(Duration::from_millis(ms)).await;
}

fn dive(depth: u64) -> u64 {
    let block = std::hint::black_box([depth; 64]);
    if block[0] == 0 {
        0
    } else {
        dive(depth + 1) + block[1]
    }
}
