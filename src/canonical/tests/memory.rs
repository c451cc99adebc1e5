//! Reads an answer from memory by the WIT file alone, so that it can judge both kinds of glue.

use alloc::{format, string::String, vec::Vec};
use std::path::Path;

use wit_bindgen_core::wit_parser::{Function, Int, Resolve, SizeAlign, Type, TypeDefKind};

pub struct Reader {
    resolve: Resolve,
    sizes: SizeAlign,
}

impl Reader {
    /// By a file of this package.
    pub fn new(wit: &str) -> Self {
        let mut resolve = Resolve::default();
        resolve.push_path(Path::new(env!("CARGO_MANIFEST_DIR")).join(wit)).unwrap();
        let mut sizes = SizeAlign::default();
        sizes.fill(&resolve).unwrap();
        Self { resolve, sizes }
    }

    fn function(&self, interface: &str, function: &str) -> &Function {
        let (_, interface) = self.resolve.interfaces.iter().find(|(_, one)| one.name.as_deref() == Some(interface)).unwrap();
        &interface.functions[function]
    }

    /// The size of the parameters in memory, and where each of them is.
    pub fn parameters(&self, interface: &str, function: &str) -> (usize, Vec<usize>) {
        let types = || self.function(interface, function).params.iter().map(|parameter| &parameter.ty);
        let offsets = self.sizes.field_offsets(types()).iter().map(|(at, _)| at.size_wasm64()).collect();
        (self.sizes.params(types()).size.size_wasm64(), offsets)
    }

    /// What the function's answer at `at` says.
    ///
    /// # Safety
    ///
    /// There is such an answer.
    pub unsafe fn answer(&self, interface: &str, function: &str, at: *const u8) -> String {
        unsafe { self.read(&self.function(interface, function).result.unwrap(), at) }
    }

    unsafe fn read(&self, ty: &Type, at: *const u8) -> String {
        assert!(at.addr().is_multiple_of(self.sizes.align(ty).align_wasm64()), "a {ty:?} is not aligned");
        unsafe {
            match ty {
                Type::Bool => format!("{}", at.read() == 1),
                Type::U8 => format!("{}", at.read()),
                Type::S8 => format!("{}", at.cast::<i8>().read()),
                Type::U16 => format!("{}", at.cast::<u16>().read()),
                Type::S16 => format!("{}", at.cast::<i16>().read()),
                Type::U32 => format!("{}", at.cast::<u32>().read()),
                Type::S32 => format!("{}", at.cast::<i32>().read()),
                Type::U64 => format!("{}", at.cast::<u64>().read()),
                Type::S64 => format!("{}", at.cast::<i64>().read()),
                Type::String => {
                    let (text, length) = list(at);
                    format!("'{}'", core::str::from_utf8(core::slice::from_raw_parts(text, length)).unwrap())
                }
                Type::Id(id) => self.read_kind(&self.resolve.types[*id].kind, at),
                other => panic!("the reader has yet to learn {other:?}"),
            }
        }
    }

    unsafe fn read_kind(&self, kind: &TypeDefKind, at: *const u8) -> String {
        let tag = || usize::from(unsafe { at.read() });
        let case = |name: &str, payloads: &[Option<Type>]| {
            let offset = self.sizes.payload_offset(Int::U8, payloads.iter().map(Option::as_ref)).size_wasm64();
            let payload = payloads[tag()].map(|ty| unsafe { self.read(&ty, at.add(offset)) });
            format!("{name}({})", payload.unwrap_or_default())
        };
        let named = |(name, (offset, ty)): (&String, (_, &Type))| {
            let offset: wit_bindgen_core::wit_parser::ArchitectureSize = offset;
            format!("{name}: {}", unsafe { self.read(ty, at.add(offset.size_wasm64())) })
        };
        match kind {
            TypeDefKind::Type(ty) => unsafe { self.read(ty, at) },
            TypeDefKind::Option(ty) => case(["none", "some"][tag()], &[None, Some(*ty)]),
            TypeDefKind::Result(result) => case(["ok", "err"][tag()], &[result.ok, result.err]),
            TypeDefKind::Enum(cases) => cases.cases[tag()].name.clone(),
            TypeDefKind::Variant(variant) => {
                case(&variant.cases[tag()].name, &variant.cases.iter().map(|case| case.ty).collect::<Vec<_>>())
            }
            TypeDefKind::List(ty) => {
                let ((items, length), width) = (unsafe { list(at) }, self.sizes.size(ty).size_wasm64());
                let items = (0..length).map(|index| unsafe { self.read(ty, items.add(index * width)) });
                format!("[{}]", items.collect::<Vec<_>>().join(", "))
            }
            TypeDefKind::Record(record) => {
                let offsets = self.sizes.field_offsets(record.fields.iter().map(|field| &field.ty));
                let fields = record.fields.iter().map(|field| &field.name).zip(offsets).map(named);
                format!("{{{}}}", fields.collect::<Vec<_>>().join(", "))
            }
            other => panic!("the reader has yet to learn {other:?}"),
        }
    }
}

unsafe fn list(at: *const u8) -> (*const u8, usize) {
    unsafe { (at.cast::<*const u8>().read(), at.cast::<usize>().add(1).read()) }
}
