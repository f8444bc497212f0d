//! From wasmparser's types to the ones of [`info`](crate::info).

use wasmparser::{CompositeInnerType, FuncType, TypeSectionReader};

use crate::{Error, GlobalType, Limits, Memory, Signature, Table, Tag};

/// The type section: by type index, the function type, or `None` for a type of another kind.
#[derive(Default)]
pub(crate) struct Types(Vec<Option<FuncType>>);

impl Types {
    pub(crate) fn read(section: TypeSectionReader<'_>) -> Result<Self, Error> {
        let mut types = Vec::new();
        for group in section {
            types.extend(group?.into_types().map(|ty| match ty.composite_type.inner {
                CompositeInnerType::Func(function) => Some(function),
                _ => None,
            }));
        }
        Ok(Types(types))
    }

    /// The signature with this type index; `offset` is where it is asked for.
    pub(crate) fn signature(&self, index: u32, offset: u64) -> Result<Signature, Error> {
        let Some(Some(ty)) = self.0.get(index as usize) else {
            return Err(Error::new(
                format!("type {index} is not a function type"),
                offset,
            ));
        };
        let names = |types: &[wasmparser::ValType]| types.iter().map(ToString::to_string).collect();
        Ok(Signature {
            params: names(ty.params()),
            results: names(ty.results()),
        })
    }

    pub(crate) fn tag(
        &self,
        ty: wasmparser::TagType,
        imported: bool,
        offset: u64,
    ) -> Result<Tag, Error> {
        let params = self.signature(ty.func_type_idx, offset)?.params;
        Ok(Tag { params, imported })
    }
}

pub(crate) fn memory(ty: wasmparser::MemoryType, imported: bool) -> Memory {
    Memory {
        limits: Limits {
            initial: ty.initial,
            maximum: ty.maximum,
        },
        page_size: 1 << ty.page_size_log2.unwrap_or(16),
        shared: ty.shared,
        memory64: ty.memory64,
        imported,
    }
}

pub(crate) fn table(ty: wasmparser::TableType, imported: bool) -> Table {
    Table {
        limits: Limits {
            initial: ty.initial,
            maximum: ty.maximum,
        },
        element: ty.element_type.to_string(),
        imported,
    }
}

pub(crate) fn global(ty: wasmparser::GlobalType) -> GlobalType {
    GlobalType {
        ty: ty.content_type.to_string(),
        mutable: ty.mutable,
    }
}
