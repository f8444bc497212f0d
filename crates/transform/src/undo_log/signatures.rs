//! Types of a module's functions, and what each instruction takes off the stack and gives to it.

use wasmparser::{
    BlockType, CompositeInnerType, FrameKind, ModuleArity, Operator, RefType, SubType,
};

/// Types of a module's functions.
#[derive(Default)]
pub(super) struct Signatures {
    pub(super) types: Vec<SubType>,
    /// Indices of types, of imported functions first.
    pub(super) functions: Vec<u32>,
    /// The same of exception tags.
    pub(super) tags: Vec<u32>,
}

impl Signatures {
    /// How many parameters a function has.
    pub(super) fn parameters(&self, function: u32) -> usize {
        let ty = self
            .functions
            .get(function as usize)
            .and_then(|ty| self.types.get(*ty as usize));
        match ty.map(|ty| &ty.composite_type.inner) {
            Some(CompositeInnerType::Func(ty)) => ty.params().len(),
            _ => 0,
        }
    }

    /// How many values an instruction takes and gives, where so many blocks are open.
    pub(super) fn arity(&self, operator: &Operator<'_>, open: usize) -> Option<(u32, u32)> {
        let signatures = self;
        operator.operator_arity(&Here { signatures, open })
    }

    /// How many values a block takes and gives.
    pub(super) fn block_arity(&self, ty: BlockType) -> (u32, u32) {
        let here = Here {
            signatures: self,
            open: 0,
        };
        here.block_type_arity(ty).unwrap_or((0, 0))
    }
}

/// What instructions take and give depends on where they are.
struct Here<'a> {
    signatures: &'a Signatures,
    open: usize,
}

impl ModuleArity for Here<'_> {
    fn sub_type_at(&self, index: u32) -> Option<&SubType> {
        self.signatures.types.get(index as usize)
    }

    fn tag_type_arity(&self, at: u32) -> Option<(u32, u32)> {
        let ty = self.signatures.tags.get(at as usize)?;
        self.sub_type_arity(self.sub_type_at(*ty)?)
    }

    fn type_index_of_function(&self, index: u32) -> Option<u32> {
        self.signatures.functions.get(index as usize).copied()
    }

    fn func_type_of_cont_type(&self, _: &wasmparser::ContType) -> Option<&wasmparser::FuncType> {
        None
    }

    fn sub_type_of_ref_type(&self, _: &RefType) -> Option<&SubType> {
        None
    }

    fn control_stack_height(&self) -> u32 {
        self.open as u32
    }

    fn label_block(&self, _: u32) -> Option<(BlockType, FrameKind)> {
        None
    }
}
