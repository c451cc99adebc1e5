//! The records, enums and variants: how they are named in Rust, and what reads and writes them.

use heck::{ToSnakeCase, ToUpperCamelCase};
use wit_bindgen_core::name_package_module;
use wit_bindgen_core::wit_parser::abi::{FlatTypes, WasmType};
use wit_bindgen_core::wit_parser::{ArchitectureSize, Int, InterfaceId, Type, TypeDefKind, TypeId, TypeOwner, Variant, WorldItem};
use wit_bindgen_rust::to_rust_ident;

use crate::{Glue, Named};

impl Glue {
    /// Collects the named types in `ty`; nothing where one of them is not known here.
    pub fn visit(&self, ty: &Type, named: &mut Named) -> Option<()> {
        let id = match ty {
            Type::F32 | Type::F64 | Type::Char | Type::ErrorContext => return None,
            Type::Id(id) => *id,
            _ => return Some(()),
        };
        match &self.resolve.types[id].kind {
            TypeDefKind::Type(of) | TypeDefKind::Option(of) | TypeDefKind::List(of) => return self.visit(of, named),
            TypeDefKind::Result(result) => return result.ok.iter().chain(&result.err).try_for_each(|of| self.visit(of, named)),
            TypeDefKind::Record(record) => record.fields.iter().try_for_each(|field| self.visit(&field.ty, named))?,
            TypeDefKind::Variant(variant) if variant.tag() == Int::U8 => {
                variant.cases.iter().filter_map(|case| case.ty.as_ref()).try_for_each(|of| self.visit(of, named))?;
            }
            TypeDefKind::Enum(cases) if cases.tag() == Int::U8 => {}
            _ => return None,
        }
        self.path(id)?;
        named.insert(id);
        Some(())
    }

    /// The modules that wit-bindgen puts an interface in: namespace, package and name. Nothing for one without a name of its own.
    pub fn module(&self, id: InterfaceId) -> Option<[String; 3]> {
        let interface = &self.resolve.interfaces[id];
        let package = interface.package?;
        let namespace = to_rust_ident(&self.resolve.packages[package].name.namespace);
        Some([namespace, name_package_module(&self.resolve, package), interface.name.as_ref()?.to_snake_case()])
    }

    /// Where wit-bindgen puts a named type.
    fn path(&self, id: TypeId) -> Option<String> {
        let TypeOwner::Interface(interface) = self.resolve.types[id].owner else { return None };
        let is_it = |item: &WorldItem| matches!(item, WorldItem::Interface { id, .. } if *id == interface);
        let root = if self.resolve.worlds[self.world].exports.values().any(is_it) { "exports::" } else { "" };
        let name = self.resolve.types[id].name.as_ref()?.to_upper_camel_case();
        Some(format!("{}::{root}{}::{name}", self.bindings, self.module(interface)?.join("::")))
    }

    fn implement(&self, what: &str, id: TypeId, body: &str) -> String {
        format!("impl {what} for {} {{\n{body}}}\n", self.path(id).unwrap_or_default())
    }

    pub fn shape(&self, id: TypeId) -> String {
        let (size, align) = (self.sizes.size(&Type::Id(id)), self.sizes.align(&Type::Id(id)));
        self.implement("Shape", id, &format!("const SIZE: usize = {};\nconst ALIGN: usize = {};\n", place(size), align.format("P")))
    }

    /// A field's name in Rust and its place in memory.
    fn fields(&self, id: TypeId) -> Vec<(String, String)> {
        let TypeDefKind::Record(record) = &self.resolve.types[id].kind else { return Vec::new() };
        let offsets = self.sizes.field_offsets(record.fields.iter().map(|field| &field.ty));
        record.fields.iter().zip(offsets).map(|(field, (at, _))| (to_rust_ident(&field.name), place(at))).collect()
    }

    fn payload(&self, variant: &Variant) -> String {
        place(self.sizes.payload_offset(variant.tag(), variant.cases.iter().map(|case| case.ty.as_ref())))
    }

    pub fn lower(&self, id: TypeId) -> String {
        let body = match &self.resolve.types[id].kind {
            TypeDefKind::Variant(variant) => {
                let at = self.payload(variant);
                let mut tags = String::new();
                // Cases with one payload share the code that writes it.
                let mut arms = Vec::<(Option<Type>, Vec<String>)>::new();
                for (tag, case) in variant.cases.iter().enumerate() {
                    let name = case.name.to_upper_camel_case();
                    tags += &format!("Self::{name}{} => {tag}, ", if case.ty.is_some() { "(_)" } else { "" });
                    let pattern = format!("Self::{name}{}", if case.ty.is_some() { "(value)" } else { "" });
                    match arms.iter_mut().find(|(ty, _)| *ty == case.ty) {
                        Some((_, patterns)) => patterns.push(pattern),
                        None => arms.push((case.ty, vec![pattern])),
                    }
                }
                let arm = |(ty, patterns): &(Option<Type>, Vec<String>)| {
                    let write = ty.map_or_else(|| "{}".to_owned(), |_| format!("value.lower(at.add({at}), kept)"));
                    format!("{} => {write},\n", patterns.join(" | "))
                };
                format!("at.write(match &self {{ {tags}}});\nmatch self {{\n{}}}\n", arms.iter().map(arm).collect::<String>())
            }
            TypeDefKind::Enum(_) => "let _ = kept;\nat.write(self as u8);\n".to_owned(),
            _ => self.fields(id).iter().map(|(name, at)| format!("self.{name}.lower(at.add({at}), kept);\n")).collect(),
        };
        let body = format!("unsafe fn lower(self, at: *mut u8, kept: &mut Kept) {{ unsafe {{\n{body}}} }}\n");
        self.implement("Lower", id, &body)
    }

    pub fn lift(&self, id: TypeId) -> String {
        let flat = self.flat(&Type::Id(id));
        let (memory, core) = match &self.resolve.types[id].kind {
            TypeDefKind::Variant(variant) => {
                let at = self.payload(variant);
                let cases = |read: &str| {
                    let case = |(tag, name): (usize, String), has_payload| {
                        // The last case stands for every other tag, which the host does not let through.
                        let tag = if tag + 1 == variant.cases.len() { "_".to_owned() } else { tag.to_string() };
                        format!("{tag} => Self::{name}{},\n", if has_payload { read } else { "" })
                    };
                    let names = variant.cases.iter().map(|one| one.name.to_upper_camel_case()).enumerate();
                    names.zip(&variant.cases).map(|(name, one)| case(name, one.ty.is_some())).collect::<String>()
                };
                let memory = format!("match at.read() {{\n{}}}", cases(&format!("(Lift::lift(at.add({at})))")));
                let core = format!(
                    "let tag = flat.next();\nflat.payload({} - 1, |flat| match tag {{\n{}}})",
                    flat,
                    cases("(Lift::lift_flat(flat))")
                );
                (memory, core)
            }
            TypeDefKind::Enum(cases) => {
                let names = cases.cases.iter().map(|case| case.name.to_upper_camel_case()).enumerate();
                let arm = |(tag, name)| {
                    if tag + 1 == cases.cases.len() { format!("_ => Self::{name}, ") } else { format!("{tag} => Self::{name}, ") }
                };
                let arms: String = names.map(arm).collect();
                (format!("match at.read() {{ {arms}}}"), format!("match flat.next() {{ {arms}}}"))
            }
            _ => {
                let fields = self.fields(id);
                let memory: String = fields.iter().map(|(name, at)| format!("{name}: Lift::lift(at.add({at})), ")).collect();
                let core: String = fields.iter().map(|(name, _)| format!("{name}: Lift::lift_flat(flat), ")).collect();
                (format!("Self {{ {memory}}}"), format!("Self {{ {core}}}"))
            }
        };
        let memory = format!("unsafe fn lift(at: *const u8) -> Self {{ unsafe {{ {memory} }} }}\n");
        let core = format!("unsafe fn lift_flat(flat: &mut Flat<'_>) -> Self {{ unsafe {{ {core} }} }}\n");
        self.implement("Lift", id, &format!("const FLAT: usize = {flat};\n{memory}{core}"))
    }

    /// How many core values a type takes as a parameter.
    fn flat(&self, ty: &Type) -> usize {
        let mut core = vec![WasmType::I32; 1024];
        let mut flat = FlatTypes::new(&mut core);
        self.resolve.push_flat(ty, &mut flat);
        flat.to_vec().len()
    }
}

/// A size or an offset as Rust, by the width `P` of a pointer.
pub fn place(size: ArchitectureSize) -> String {
    size.format_term("P", true)
}
