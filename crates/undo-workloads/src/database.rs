//! redb: an embedded database, its pages in memory.

use redb::backends::InMemoryBackend;
use redb::{Database, ReadableDatabase, TableDefinition};
use wasm_bindgen::prelude::*;

use crate::random::Random;
use crate::state::state;

const TABLE: TableDefinition<'_, u32, &str> = TableDefinition::new("entries");

state!(DATABASE: Option<Database> = None);

/// One transaction that changes `size` entries, and one that reads a range.
#[wasm_bindgen]
pub fn database(seed: u32, size: u32) -> u32 {
    let mut random = Random::new(seed);
    DATABASE.with_borrow_mut(|database| {
        let database = database.get_or_insert_with(|| {
            Database::builder()
                .set_cache_size(64 * 1024)
                .create_with_backend(InMemoryBackend::new())
                .unwrap()
        });
        let writing = database.begin_write().unwrap();
        {
            let mut table = writing.open_table(TABLE).unwrap();
            for _ in 0..size {
                let key = random.below(size * 8);
                if random.below(4) == 0 {
                    table.remove(key).unwrap();
                } else {
                    table.insert(key, random.word()).unwrap();
                }
            }
        }
        writing.commit().unwrap();
        let reading = database.begin_read().unwrap();
        let table = reading.open_table(TABLE).unwrap();
        let entries = table.range(0..size * 4).unwrap().map(Result::unwrap);
        entries.fold(0, |sum: u32, (key, value)| {
            sum.wrapping_mul(31)
                .wrapping_add(key.value() + value.value().len() as u32)
        })
    })
}
