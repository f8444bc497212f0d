//! sqlparser: statements that are parsed and written.

use std::collections::VecDeque;

use sqlparser::ast::Statement;
use sqlparser::{dialect::GenericDialect, parser::Parser};
use wasm_bindgen::prelude::*;

use crate::random::{checksum, Random};
use crate::state::state;

state!(STATEMENTS: VecDeque<Statement> = VecDeque::new());

/// Parses `size` statements, keeps the last `2 * size`, and writes the oldest.
#[wasm_bindgen]
pub fn sql(seed: u32, size: u32) -> u32 {
    let mut random = Random::new(seed);
    let text: String = (0..size)
        .map(|_| match random.below(3) {
            0 => format!("SELECT a.id, count(*) FROM t{} AS a JOIN u ON a.id = u.id WHERE a.name LIKE '{}%' AND x > {} GROUP BY 1 ORDER BY 2 DESC LIMIT 10;", random.below(9), random.word(), random.below(999)),
            1 => format!("INSERT INTO t{} (a, b) VALUES ({}, '{}'), (2, NULL);", random.below(9), random.below(999), random.word()),
            _ => format!("UPDATE t{} SET a = a * {} + 1, b = CASE WHEN b > 3 THEN 'x' ELSE b END WHERE id IN (1, 2, {});", random.below(9), random.below(99), random.below(99)),
        })
        .collect();
    STATEMENTS.with_borrow_mut(|statements| {
        statements.extend(Parser::parse_sql(&GenericDialect {}, &text).unwrap());
        while statements.len() > 2 * size as usize {
            statements.pop_front();
        }
        checksum(statements[0].to_string().as_bytes())
    })
}
