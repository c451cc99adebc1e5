//! The exported functions: from core values to a call of the guest's trait, and its answer back.

use heck::ToSnakeCase;
use wit_bindgen_core::abi::guest_export_needs_post_return;
use wit_bindgen_core::wit_parser::abi::{AbiVariant, WasmType};
use wit_bindgen_core::wit_parser::{Function, FunctionKind};
use wit_bindgen_rust::to_rust_ident;

use crate::types::place;
use crate::{Glue, Named};

impl Glue {
    /// An exported function, and what frees its answer. Nothing where it has what the glue does not know: a type that
    /// [`Glue::visit`] refuses, or an answer that is no pointer to memory.
    pub fn function(&self, function: &Function, lifted: &mut Named, lowered: &mut Named) -> Option<String> {
        let signature = self.resolve.wasm_signature(AbiVariant::GuestExport, function);
        if function.kind != FunctionKind::Freestanding || !signature.retptr || !guest_export_needs_post_return(&self.resolve, function) {
            return None;
        }
        let (mut taken, mut given) = (Named::new(), Named::new());
        function.params.iter().try_for_each(|parameter| self.visit(&parameter.ty, &mut taken))?;
        self.visit(function.result.as_ref()?, &mut given)?;
        let core: Vec<&str> = signature.params.iter().copied().map(core_type).collect::<Option<_>>()?;
        lifted.append(&mut taken);
        lowered.append(&mut given);

        let (name, method) = (function.name.to_snake_case(), to_rust_ident(&function.name));
        let parameters: String = core.iter().enumerate().map(|(at, core)| format!("a{at}: {core}, ")).collect();
        let types = function.params.iter().map(|parameter| &parameter.ty);
        let (arguments, then) = if signature.indirect_params {
            // More core values than a function may have: they lie in memory that is ours to free.
            let offsets = self.sizes.field_offsets(types.clone());
            let whole = self.sizes.params(types);
            let arguments = offsets.iter().map(|(at, _)| format!("Lift::lift(a0.add({}))", place(*at))).collect::<Vec<_>>();
            (arguments.join(", "), format!("free(a0, {}, {});\n", place(whole.size), whole.align.format("P")))
        } else {
            (vec!["Lift::lift_flat(&mut flat)"; function.params.len()].join(", "), String::new())
        };
        let flat = if arguments.contains("flat)") {
            let words: String = core.iter().enumerate().map(|(at, core)| format!("a{at}{} as u64, ", through(core))).collect();
            format!("let flat = [{words}];\nlet mut flat = Flat(&flat);\n")
        } else {
            String::new()
        };
        let call = format!("let result = T::{method}({arguments});\n{then}answer(result)\n");
        Some(format!(
            "pub unsafe fn _export_{name}_cabi<T: Guest>({parameters}) -> *mut u8 {{ unsafe {{\n\
             #[cfg(target_arch = \"wasm32\")]\nwit_bindgen::rt::run_ctors_once();\n{flat}{call}}} }}\n\
             pub unsafe fn __post_return_{name}<T: Guest>(answer: *mut u8) {{ unsafe {{ release(answer) }} }}\n"
        ))
    }
}

/// How wit-bindgen writes a core type; nothing for those that no type known here has.
fn core_type(core: WasmType) -> Option<&'static str> {
    match core {
        WasmType::I32 => Some("i32"),
        WasmType::I64 => Some("i64"),
        WasmType::Pointer => Some("*mut u8"),
        WasmType::Length => Some("usize"),
        WasmType::F32 | WasmType::F64 | WasmType::PointerOrI64 => None,
    }
}

/// A pointer becomes an integer by way of `usize` alone.
fn through(core: &str) -> &'static str {
    if core == "*mut u8" { " as usize" } else { "" }
}
