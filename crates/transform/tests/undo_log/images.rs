//! The whole state of an instance, copied by the host and put back: into the same instance, and into another one.

use wasm_revive_transform::{undo_log, COMMIT, LOAD, ROLLBACK, SAVE};

use super::{seeds, Random, Running, PAGE, WAYS, WRITES};

/// What the host has of a state: the program's memory, by addresses, and what the module has written down.
struct Image {
    ranges: Vec<(usize, Vec<u8>)>,
    record: (usize, Vec<u8>),
    end: usize,
}

fn save(run: &mut Running) -> Image {
    let address = run.call(SAVE, &[]).unwrap().unwrap() as usize;
    let all = run.memory(run.pages() as usize * PAGE);
    let word = |at: usize| {
        u32::from_le_bytes(all[address + at..address + at + 4].try_into().unwrap()) as usize
    };
    let (initial, grown, end) = (word(0), word(4), word(8));
    let (chunks, globals, chunk) = (word(24), word(28), word(32));
    let size = 48 + globals * 16 + chunks * 4;
    let mut ranges = vec![(0, all[..initial].to_vec())];
    let mut from = grown;
    for nth in 0..chunks {
        let at = word(48 + globals * 16 + nth * 4);
        ranges.push((from, all[from..at].to_vec()));
        from = at + chunk;
    }
    if from < end {
        ranges.push((from, all[from..end].to_vec()));
    }
    Image {
        ranges,
        record: (address, all[address..address + size].to_vec()),
        end,
    }
}

fn put_back(run: &mut Running, image: &Image) {
    let pages = image.end.div_ceil(PAGE) as u64;
    if run.pages() < pages {
        run.grow(pages - run.pages());
    }
    for (address, bytes) in image.ranges.iter().chain([&image.record]) {
        run.write(*address, bytes);
    }
    run.call(LOAD, &[]).unwrap();
}

/// Writes as a turn does, here and there in what the program has, and may have it grow.
fn turn(run: &mut Running, random: &mut Random, writes: u32) {
    for _ in 0..random.below(writes) {
        let size = run.call("size", &[]).unwrap().unwrap() as u32;
        if random.below(20) == 0 {
            run.call("grow", &[random.below(4) as i32]).unwrap();
        }
        let way = WAYS[random.below(WAYS.len() as u32) as usize];
        // What traps has changed nothing.
        let _ = run.call(
            way,
            &[
                random.below(size * PAGE as u32) as i32,
                random.below(1 << 30) as i32,
            ],
        );
    }
}

fn same(run: &mut Running, image: &Image, seed: u64) {
    let now = save(run);
    assert!(now.ranges == image.ranges, "the memory, seed {seed}");
    let words = |record: &(usize, Vec<u8>)| -> Vec<u32> {
        let words = record.1.chunks(4);
        words
            .map(|word| u32::from_le_bytes(word.try_into().unwrap()))
            .collect()
    };
    assert_eq!(
        words(&now.record),
        words(&image.record),
        "all else, seed {seed}"
    );
    // What the program is given from here on is new.
    let page = run.call("grow", &[1]).unwrap().unwrap() as usize;
    if page as i32 != -1 {
        let all = run.memory((page + 1) * PAGE);
        assert!(
            all[page * PAGE..].iter().all(|byte| *byte == 0),
            "a new page, seed {seed}"
        );
    }
    run.call(ROLLBACK, &[]).unwrap();
}

#[test]
fn a_state_is_put_back_in_the_same_instance_and_in_another() {
    let (changed, _) = undo_log(&wat::parse_str(WRITES).unwrap()).unwrap();
    for seed in seeds(12) {
        let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        let mut run = Running::new(&changed);
        for _ in 0..12 {
            for _ in 0..random.below(4) {
                turn(&mut run, &mut random, 20);
                // A turn that writes so much that the log takes further chunks.
                if random.below(6) == 0 {
                    let from = run.call("grow", &[20]).unwrap().unwrap();
                    for granule in 0..if from < 0 { 0 } else { 20 * 64 } {
                        run.call("i32", &[from * PAGE as i32 + granule * 1024, -1])
                            .unwrap();
                    }
                }
                let end = if random.below(3) == 0 {
                    ROLLBACK
                } else {
                    COMMIT
                };
                run.call(end, &[]).unwrap();
            }
            run.call(COMMIT, &[]).unwrap();
            let image = save(&mut run);
            for _ in 0..random.below(4) {
                turn(&mut run, &mut random, 20);
                run.call(COMMIT, &[]).unwrap();
            }
            // In the middle of a turn, which never was.
            turn(&mut run, &mut random, 20);
            put_back(&mut run, &image);
            same(&mut run, &image, seed);
            let mut other = Running::new(&changed);
            put_back(&mut other, &image);
            same(&mut other, &image, seed);
            turn(&mut other, &mut random, 20);
            other.call(ROLLBACK, &[]).unwrap();
            same(&mut other, &image, seed);
        }
    }
}

#[test]
fn to_put_a_state_back_again_and_again_takes_no_more_memory() {
    let (changed, _) = undo_log(&wat::parse_str(WRITES).unwrap()).unwrap();
    let mut run = Running::new(&changed);
    let image = save(&mut run);
    let mut pages = Vec::new();
    for _ in 0..20 {
        run.call("grow", &[10]).unwrap();
        run.call(COMMIT, &[]).unwrap();
        put_back(&mut run, &image);
        pages.push(run.pages());
    }
    assert!(pages.iter().all(|size| *size == pages[0]), "{pages:?}");
}
