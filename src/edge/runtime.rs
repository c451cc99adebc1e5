//! What std would bring: the allocator and the panic handler. One of two files with unsafe code; the other is `canonical.rs`.
#![allow(unsafe_code)]

use core::alloc::Layout;

#[global_allocator]
static ALLOCATOR: dlmalloc::GlobalDlmalloc = dlmalloc::GlobalDlmalloc;

// `memcmp` and its kin, which LLVM calls and only libc brings.
#[link(name = "c")]
unsafe extern "C" {}

/// A panic traps: the host throws the instance away. The lints keep the code free of panics; allocation may still fail.
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    core::arch::wasm32::unreachable()
}

/// Gives the host memory for parameters (the component model's canonical ABI).
///
/// # Safety
/// Called by the host alone, with a pointer that an earlier call returned and the size and alignment given then.
#[unsafe(no_mangle)]
unsafe extern "C" fn cabi_realloc(old: *mut u8, old_size: usize, align: usize, new_size: usize) -> *mut u8 {
    if new_size == 0 {
        // The canonical ABI wants an aligned pointer that nobody reads.
        return core::ptr::without_provenance_mut(align);
    }
    let Ok(layout) = Layout::from_size_align(if old_size == 0 { new_size } else { old_size }, align) else {
        core::arch::wasm32::unreachable()
    };
    // SAFETY: the layout has a size above zero and is the one `old` was allocated with, as the canonical ABI promises.
    let pointer = unsafe { if old_size == 0 { alloc::alloc::alloc(layout) } else { alloc::alloc::realloc(old, layout, new_size) } };
    if pointer.is_null() {
        core::arch::wasm32::unreachable()
    }
    pointer
}
