//! Matrices that are multiplied: loops over numbers, without any crate.

use wasm_bindgen::prelude::*;

use crate::random::Random;
use crate::state::state;

state!(MATRIX: Vec<f64> = Vec::new());

/// Multiplies a matrix of `4 * size` rows by another one; another size begins anew.
#[wasm_bindgen]
pub fn matrix(seed: u32, size: u32) -> u32 {
    let mut random = Random::new(seed);
    let rows = size as usize * 4;
    MATRIX.with_borrow_mut(|matrix| {
        if matrix.len() != rows * rows {
            *matrix = (0..rows * rows).map(|nth| (nth % 7) as f64).collect();
        }
        let factor: Vec<f64> = (0..rows * rows)
            .map(|_| f64::from(random.below(100)) / 100.0)
            .collect();
        let mut product = vec![0.0; rows * rows];
        for (row, left) in product
            .chunks_exact_mut(rows)
            .zip(matrix.chunks_exact(rows))
        {
            for (by, right) in left.iter().zip(factor.chunks_exact(rows)) {
                for (sum, value) in row.iter_mut().zip(right) {
                    *sum += by * value;
                }
            }
        }
        // So that it stays small.
        let most = product
            .iter()
            .fold(1.0, |most: f64, value| most.max(*value));
        for (value, new) in matrix.iter_mut().zip(&product) {
            *value = new / most;
        }
        matrix.iter().fold(0, |sum: u32, value| {
            sum.wrapping_mul(31) ^ (value.to_bits() >> 20) as u32
        })
    })
}
