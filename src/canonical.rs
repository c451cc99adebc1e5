//! How values cross the component's border, by the canonical ABI: each type is read and written in one place.
//!
//! `build/` writes the impls of the records, enums and variants of `wit/`; the types that WIT brings are here. Offsets are in bytes
//! from the start of a value, and sizes go by the width of a pointer, so all of it runs natively too. The unsafe blocks without a
//! word of their own read and write within the value that the caller vouches for.
#![allow(unsafe_code)]

use alloc::{boxed::Box, string::String, vec::Vec};

use crate::bindings::glue::ANSWER;

/// The size and the alignment of a pointer and of a length.
pub const P: usize = size_of::<*const u8>();

/// What a value takes in memory.
pub trait Shape: Sized {
    const SIZE: usize;
    const ALIGN: usize;
}

/// A value that the component returns.
pub trait Lower: Shape {
    /// Writes the value to `at` and hands what it points to over to `kept`.
    ///
    /// # Safety
    ///
    /// `at` is aligned and has room for the value. What is written there is good for as long as `kept` lives.
    unsafe fn lower(self, at: *mut u8, kept: &mut Kept);
}

/// A value that the component is given.
pub trait Lift: Shape {
    /// How many core values the value takes as a parameter.
    const FLAT: usize;

    /// Reads the value from memory.
    ///
    /// # Safety
    ///
    /// `at` is aligned and holds a value of this type that nobody reads again: its memory changes hands.
    unsafe fn lift(at: *const u8) -> Self;

    /// Reads the value from core values.
    ///
    /// # Safety
    ///
    /// As for [`Self::lift`].
    unsafe fn lift_flat(flat: &mut Flat<'_>) -> Self;
}

/// The core values of a call that are not read yet. Narrow ones are extended, pointers are cast.
pub struct Flat<'a>(pub &'a [u64]);

impl Flat<'_> {
    #[inline(never)]
    pub fn next(&mut self) -> u64 {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        *first
    }

    /// Reads a case's payload: however many values that takes, the next value starts behind the longest case.
    pub fn payload<T>(&mut self, longest: usize, read: impl FnOnce(&mut Self) -> T) -> T {
        let after = self.0.get(longest..).unwrap_or_default();
        let value = read(self);
        self.0 = after;
        value
    }
}

/// The memory that an answer points to.
#[derive(Default)]
pub struct Kept {
    texts: Vec<Vec<u8>>,
    // Of u64, since that is the strictest alignment.
    lists: Vec<Vec<u64>>,
}

/// An answer until the host has read it. The host knows the address of `value` alone, and hands that back.
#[repr(C)]
struct Answer {
    value: [u64; ANSWER.div_ceil(8)],
    kept: Kept,
}

/// Writes what a function returns, for the host to read until it calls [`release`].
pub fn answer<T: Lower>(value: T) -> *mut u8 {
    const { assert!(T::SIZE <= ANSWER && T::ALIGN <= 8) }
    let answer = Box::into_raw(empty());
    // SAFETY: the answer is not shared yet, and the value fits, as is asserted above.
    unsafe { value.lower((&raw mut (*answer).value).cast(), &mut (*answer).kept) };
    answer.cast()
}

#[inline(never)]
fn empty() -> Box<Answer> {
    Box::new(Answer { value: [0; _], kept: Kept::default() })
}

/// Frees an answer and all that it points to.
///
/// # Safety
///
/// The answer comes from [`answer`] and was not released before.
#[inline(never)]
pub unsafe fn release(answer: *mut u8) {
    // SAFETY: as the caller promises; the value is the first field.
    drop(unsafe { Box::from_raw(answer.cast::<Answer>()) });
}

/// Frees memory that the host asked for by `cabi_realloc`.
///
/// # Safety
///
/// `memory` is of this size and alignment, and nobody reads it again.
pub unsafe fn free(memory: *mut u8, size: usize, align: usize) {
    if size > 0 {
        // SAFETY: as the caller promises.
        unsafe { alloc::alloc::dealloc(memory, core::alloc::Layout::from_size_align_unchecked(size, align)) };
    }
}

macro_rules! number {
    ($($type:ty)*) => {$(
        impl Shape for $type {
            const SIZE: usize = size_of::<$type>();
            const ALIGN: usize = size_of::<$type>();
        }

        impl Lower for $type {
            #[inline]
            unsafe fn lower(self, at: *mut u8, _: &mut Kept) {
                unsafe { at.cast::<$type>().write(self) }
            }
        }

        impl Lift for $type {
            const FLAT: usize = 1;

            #[inline]
            unsafe fn lift(at: *const u8) -> Self {
                unsafe { at.cast::<$type>().read() }
            }

            #[inline]
            unsafe fn lift_flat(flat: &mut Flat<'_>) -> Self {
                flat.next() as $type
            }
        }
    )*};
}

number!(u8 u16 u32 u64 i8 i16 i32 i64);

impl Shape for bool {
    const SIZE: usize = 1;
    const ALIGN: usize = 1;
}

impl Lower for bool {
    unsafe fn lower(self, at: *mut u8, _: &mut Kept) {
        unsafe { at.write(u8::from(self)) }
    }
}

impl Lift for bool {
    const FLAT: usize = 1;

    unsafe fn lift(at: *const u8) -> Self {
        unsafe { at.read() != 0 }
    }

    unsafe fn lift_flat(flat: &mut Flat<'_>) -> Self {
        flat.next() != 0
    }
}

/// Stands for the payload of a case that has none.
impl Shape for () {
    const SIZE: usize = 0;
    const ALIGN: usize = 1;
}

impl Lower for () {
    unsafe fn lower(self, _: *mut u8, _: &mut Kept) {}
}

impl Lift for () {
    const FLAT: usize = 0;

    unsafe fn lift(_: *const u8) -> Self {}

    unsafe fn lift_flat(_: &mut Flat<'_>) -> Self {}
}

impl Shape for String {
    const SIZE: usize = 2 * P;
    const ALIGN: usize = P;
}

impl Lower for String {
    #[inline(never)]
    unsafe fn lower(self, at: *mut u8, kept: &mut Kept) {
        let text = self.into_bytes();
        unsafe { write_list(at, text.as_ptr(), text.len()) };
        kept.texts.push(text);
    }
}

impl Lift for String {
    const FLAT: usize = 2;

    unsafe fn lift(at: *const u8) -> Self {
        let (text, length) = unsafe { read_list(at) };
        unsafe { Self::from_raw_parts(text, length, length) }
    }

    unsafe fn lift_flat(flat: &mut Flat<'_>) -> Self {
        let (text, length) = flat_list(flat);
        unsafe { Self::from_raw_parts(text, length, length) }
    }
}

impl<T: Shape> Shape for Vec<T> {
    const SIZE: usize = 2 * P;
    const ALIGN: usize = P;
}

impl<T: Lower> Lower for Vec<T> {
    unsafe fn lower(self, at: *mut u8, kept: &mut Kept) {
        let mut memory: Vec<u64> = Vec::with_capacity((self.len() * T::SIZE).div_ceil(8));
        let mut item_at = memory.as_mut_ptr().cast::<u8>();
        unsafe { write_list(at, item_at, self.len()) };
        for item in self {
            unsafe {
                item.lower(item_at, kept);
                item_at = item_at.add(T::SIZE);
            }
        }
        kept.lists.push(memory);
    }
}

impl<T: Lift> Lift for Vec<T> {
    const FLAT: usize = 2;

    unsafe fn lift(at: *const u8) -> Self {
        unsafe { lift_list(read_list(at)) }
    }

    unsafe fn lift_flat(flat: &mut Flat<'_>) -> Self {
        unsafe { lift_list(flat_list(flat)) }
    }
}

unsafe fn write_list(at: *mut u8, list: *const u8, length: usize) {
    unsafe {
        at.cast::<*const u8>().write(list);
        at.add(P).cast::<usize>().write(length);
    }
}

unsafe fn read_list(at: *const u8) -> (*mut u8, usize) {
    unsafe { (at.cast::<*mut u8>().read(), at.add(P).cast::<usize>().read()) }
}

fn flat_list(flat: &mut Flat<'_>) -> (*mut u8, usize) {
    (flat.next() as usize as *mut u8, flat.next() as usize)
}

unsafe fn lift_list<T: Lift>((list, length): (*mut u8, usize)) -> Vec<T> {
    let items = (0..length).map(|index| unsafe { T::lift(list.add(index * T::SIZE)) }).collect();
    unsafe { free(list, length * T::SIZE, T::ALIGN) };
    items
}

/// Where the payload of an option or a result begins: the byte before it says which case it is.
const fn payload(align: usize) -> usize {
    align
}

impl<T: Shape> Shape for Option<T> {
    const SIZE: usize = payload(T::ALIGN) + T::SIZE;
    const ALIGN: usize = T::ALIGN;
}

impl<T: Lower> Lower for Option<T> {
    unsafe fn lower(self, at: *mut u8, kept: &mut Kept) {
        unsafe {
            at.write(u8::from(self.is_some()));
            if let Some(value) = self {
                value.lower(at.add(payload(T::ALIGN)), kept);
            }
        }
    }
}

impl<T: Lift> Lift for Option<T> {
    const FLAT: usize = 1 + T::FLAT;

    unsafe fn lift(at: *const u8) -> Self {
        unsafe { if at.read() == 0 { None } else { Some(T::lift(at.add(payload(T::ALIGN)))) } }
    }

    unsafe fn lift_flat(flat: &mut Flat<'_>) -> Self {
        let is_some = flat.next() != 0;
        flat.payload(T::FLAT, |flat| is_some.then(|| unsafe { T::lift_flat(flat) }))
    }
}

impl<T: Shape, E: Shape> Shape for Result<T, E> {
    const ALIGN: usize = if T::ALIGN > E::ALIGN { T::ALIGN } else { E::ALIGN };
    const SIZE: usize = (payload(Self::ALIGN) + if T::SIZE > E::SIZE { T::SIZE } else { E::SIZE }).next_multiple_of(Self::ALIGN);
}

impl<T: Lower, E: Lower> Lower for Result<T, E> {
    unsafe fn lower(self, at: *mut u8, kept: &mut Kept) {
        unsafe {
            at.write(u8::from(self.is_err()));
            let at = at.add(payload(Self::ALIGN));
            match self {
                Ok(value) => value.lower(at, kept),
                Err(error) => error.lower(at, kept),
            }
        }
    }
}

impl<T: Lift, E: Lift> Lift for Result<T, E> {
    const FLAT: usize = 1 + if T::FLAT > E::FLAT { T::FLAT } else { E::FLAT };

    unsafe fn lift(at: *const u8) -> Self {
        unsafe {
            let value = at.add(payload(Self::ALIGN));
            if at.read() == 0 { Ok(T::lift(value)) } else { Err(E::lift(value)) }
        }
    }

    unsafe fn lift_flat(flat: &mut Flat<'_>) -> Self {
        let is_ok = flat.next() == 0;
        flat.payload(Self::FLAT - 1, |flat| unsafe { if is_ok { Ok(T::lift_flat(flat)) } else { Err(E::lift_flat(flat)) } })
    }
}

#[cfg(test)]
mod tests;
