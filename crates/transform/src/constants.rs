//! Constant expressions: read to the end, so that a broken one is found.

use wasmparser::{ConstExpr, Element, ElementItems, ElementKind};

use crate::Error;

pub(crate) fn read_constant(expression: &ConstExpr<'_>) -> Result<(), Error> {
    let mut operators = expression.get_operators_reader();
    while !operators.eof() {
        operators.read()?;
    }
    Ok(operators.finish()?)
}

pub(crate) fn read_element(element: Element<'_>) -> Result<(), Error> {
    if let ElementKind::Active { offset_expr, .. } = &element.kind {
        read_constant(offset_expr)?;
    }
    match element.items {
        ElementItems::Functions(functions) => {
            for function in functions {
                function?;
            }
        }
        ElementItems::Expressions(_, expressions) => {
            for expression in expressions {
                read_constant(&expression?)?;
            }
        }
    }
    Ok(())
}
