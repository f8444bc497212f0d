//! yrs: a document that two replicas edit and merge.

use wasm_bindgen::prelude::*;
use yrs::updates::decoder::Decode;
use yrs::{Array, Doc, GetString, Map, ReadTxn, Text, Transact, Update};

use crate::random::{checksum, Random};
use crate::state::state;

state!(REPLICAS: Vec<Doc> = vec![Doc::with_client_id(1), Doc::with_client_id(2)]);
state!(TURNS: u32 = 0);

/// `size` edits of one replica, which the other one merges. After 16 turns, both begin anew.
#[wasm_bindgen]
pub fn document(seed: u32, size: u32) -> u32 {
    let mut random = Random::new(seed);
    let turn = TURNS.with_borrow_mut(|turns| {
        *turns += 1;
        *turns
    });
    REPLICAS.with_borrow_mut(|replicas| {
        if turn.is_multiple_of(16) {
            *replicas = vec![Doc::with_client_id(1), Doc::with_client_id(2)];
        }
        let which = (turn % 2) as usize;
        let (one, other) = (&replicas[which], &replicas[1 - which]);
        let (text, map, list) = (
            one.get_or_insert_text("text"),
            one.get_or_insert_map("map"),
            one.get_or_insert_array("list"),
        );
        let known = other.transact().state_vector();
        let update = {
            let mut transaction = one.transact_mut();
            for _ in 0..size {
                let length = text.len(&transaction);
                match random.below(4) {
                    0 if length > 20 => {
                        text.remove_range(&mut transaction, random.below(length - 16), 8)
                    }
                    1 => {
                        map.insert(&mut transaction, random.word(), random.below(1000));
                    }
                    2 => {
                        list.push_back(&mut transaction, random.word());
                    }
                    _ => text.insert(
                        &mut transaction,
                        random.below(length + 1),
                        random.word_of_ascii(),
                    ),
                }
            }
            transaction.encode_state_as_update_v1(&known)
        };
        let update = Update::decode_v1(&update).unwrap();
        let text = other.get_or_insert_text("text");
        let mut transaction = other.transact_mut();
        transaction.apply_update(update).unwrap();
        checksum(text.get_string(&transaction).as_bytes())
    })
}
