//! The formula field: integer arithmetic with parentheses, by recursive descent.

use wasm_bindgen::prelude::*;

/// Evaluates a formula such as `2 * (3 + 4) - 10 / 5`.
#[wasm_bindgen]
pub fn evaluate(formula: &str) -> Result<i32, JsError> {
    let mut parser = Parser {
        rest: formula.as_bytes(),
    };
    let tree = parser.sum().map_err(|error| JsError::new(&error))?;
    if !parser.rest.is_empty() {
        return Err(JsError::new("something follows the formula"));
    }
    Ok(tree.value())
}

enum Tree {
    Number(i32),
    Binary {
        operator: u8,
        left: Box<Tree>,
        right: Box<Tree>,
    },
}

impl Tree {
    fn value(&self) -> i32 {
        match self {
            Tree::Number(number) => *number,
            Tree::Binary {
                operator,
                left,
                right,
            } => {
                let (left, right) = (left.value(), right.value());
                match operator {
                    b'+' => left.wrapping_add(right),
                    b'-' => left.wrapping_sub(right),
                    b'*' => left.wrapping_mul(right),
                    // The failure: a division by zero panics.
                    _ => left / right,
                }
            }
        }
    }
}

struct Parser<'a> {
    rest: &'a [u8],
}

// The failure: one native frame a parenthesis, and nobody counts them.
impl Parser<'_> {
    fn sum(&mut self) -> Result<Tree, String> {
        let mut left = self.product()?;
        while let Some(operator) = self.take(|byte| matches!(byte, b'+' | b'-')) {
            left = Tree::Binary {
                operator,
                left: Box::new(left),
                right: Box::new(self.product()?),
            };
        }
        Ok(left)
    }

    fn product(&mut self) -> Result<Tree, String> {
        let mut left = self.factor()?;
        while let Some(operator) = self.take(|byte| matches!(byte, b'*' | b'/')) {
            left = Tree::Binary {
                operator,
                left: Box::new(left),
                right: Box::new(self.factor()?),
            };
        }
        Ok(left)
    }

    fn factor(&mut self) -> Result<Tree, String> {
        if self.take(|byte| byte == b'(').is_some() {
            let inner = self.sum()?;
            return match self.take(|byte| byte == b')') {
                Some(_) => Ok(inner),
                None => Err("a parenthesis is not closed".into()),
            };
        }
        let mut number: Option<i32> = None;
        while let Some(digit) = self.rest.first().filter(|byte| byte.is_ascii_digit()) {
            number = Some(
                number
                    .unwrap_or(0)
                    .wrapping_mul(10)
                    .wrapping_add(i32::from(digit - b'0')),
            );
            self.rest = &self.rest[1..];
        }
        self.skip_spaces();
        number
            .map(Tree::Number)
            .ok_or_else(|| "a number is missing".into())
    }

    /// Takes the next byte, and the spaces after it, if it is wanted.
    fn take(&mut self, wanted: impl Fn(u8) -> bool) -> Option<u8> {
        self.skip_spaces();
        let byte = *self.rest.first().filter(|byte| wanted(**byte))?;
        self.rest = &self.rest[1..];
        self.skip_spaces();
        Some(byte)
    }

    fn skip_spaces(&mut self) {
        self.rest = self.rest.trim_ascii_start();
    }
}
