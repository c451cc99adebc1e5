//! The glue against wit-bindgen's own, which `generate!` makes as well: both must read the same input and write the same answer.
//!
//! `border.wit` has what the connector's functions have, and what later ones may have.

mod memory;

use alloc::alloc::{Layout, alloc};
use alloc::{format, string::String, vec, vec::Vec};
use core::fmt::Debug;
use core::ptr::null_mut;
use std::cell::Cell;
use std::sync::Mutex;

use border::exports::test::border::calls as own;
use border::exports::test::border::kinds::{Choice, Color, Fault, Nested, Numbers, Shape, Texts};
use border::glue::exports::test::border::calls as shared;
use memory::Reader;

use super::P;

const BORDER: &str = "src/canonical/tests/border.wit";

pub mod border {
    #![allow(clippy::all, clippy::pedantic, clippy::unwrap_used, clippy::panic)]

    wit_bindgen::generate!({ path: "src/canonical/tests/border.wit", pub_export_macro: true });

    #[allow(dead_code, unused_imports, unused_unsafe)]
    pub mod glue {
        include!(concat!(env!("OUT_DIR"), "/border.rs"));
    }
}

thread_local! {
    /// Which of its answers the guest gives, and what it was given last.
    static ROUND: Cell<usize> = const { Cell::new(0) };
    static GIVEN: Cell<String> = const { Cell::new(String::new()) };
}

/// wit-bindgen writes each answer to one place, which the tests have to share.
static AREA: Mutex<()> = Mutex::new(());

struct Guest;

/// Takes note of the input and picks one of the answers.
fn pick<T>(given: impl Debug, mut answers: Vec<T>) -> T {
    GIVEN.set(format!("{given:?}"));
    answers.swap_remove(ROUND.get() % answers.len())
}

impl own::Guest for Guest {
    fn no_parameters() -> Result<Texts, Fault> {
        pick(
            (),
            vec![
                Ok(texts(3)),
                Ok(texts(0)),
                Err(Fault::One(texts(1))),
                Err(Fault::Four(texts(0))),
                Err(Fault::Three("✓".into())),
                Err(Fault::None),
            ],
        )
    }

    fn no_value(name: String) -> Result<(), Fault> {
        pick(name, vec![Ok(()), Err(Fault::Two(texts(2))), Err(Fault::None)])
    }

    fn small_error(color: Color, is_it: Option<bool>) -> Result<String, Color> {
        pick((color, is_it), vec![Ok("a".into()), Ok(String::new()), Err(Color::Red), Err(Color::Blue)])
    }

    fn bare(numbers: Numbers) -> Vec<String> {
        pick(numbers, vec![vec![], vec!["a".into(), String::with_capacity(9)]])
    }

    fn lists(numbers: Vec<Numbers>, colors: Vec<Color>, pairs: Vec<Vec<String>>) -> Result<Vec<Nested>, String> {
        pick((numbers, colors, pairs), vec![Ok(vec![]), Ok(vec![nested(0), nested(1), nested(2)]), Err("no".into())])
    }

    fn in_memory(nested_: Nested, number: i8, name: Option<String>) -> Result<Nested, Fault> {
        pick((nested_, number, name), vec![Ok(nested(0)), Ok(nested(1)), Ok(nested(2)), Err(Fault::None)])
    }

    fn move_(a: Option<Option<u8>>, b: Result<String, Color>, c: Option<i64>, d: Option<i16>) -> Result<Shape, Fault> {
        let answers = shapes().into_iter().map(Ok).chain([Err(Fault::Two(texts(1)))]);
        pick((a, b, c, d), answers.collect())
    }

    fn choose(choice: Choice, after: u8) -> Result<Option<Choice>, String> {
        let choices =
            [Choice::Nothing, Choice::Name("a".into()), Choice::Number(-1), Choice::Colors(None), Choice::Colors(Some(Color::Blue))];
        let answers = choices.map(|choice| Ok(Some(choice))).into_iter().chain([Ok(None), Err("no".into())]);
        pick((choice, after), answers.collect())
    }

    fn number(number: u32) -> u32 {
        number
    }

    fn without_memory(number: u32) -> Result<u32, Color> {
        Ok(number)
    }

    fn float(_: f64) -> Result<String, Color> {
        Err(Color::Red)
    }
}

fn texts(count: usize) -> Texts {
    let names: Vec<String> = (0..count).map(|index| format!("name {index}")).collect();
    let pairs = vec![names.clone(); count];
    Texts { type_: String::with_capacity(50) + "type", more: names.first().cloned(), names, pairs }
}

fn numbers(high: bool) -> Numbers {
    if high {
        Numbers {
            a: i8::MAX,
            b: u64::MAX,
            c: u8::MAX,
            d: i16::MAX,
            e: true,
            f: u16::MAX,
            g: i64::MAX,
            h: Color::Blue,
            i: u32::MAX,
            j: i32::MAX,
        }
    } else {
        Numbers { a: i8::MIN, b: 0, c: 0, d: i16::MIN, e: false, f: 0, g: i64::MIN, h: Color::Red, i: 0, j: i32::MIN }
    }
}

fn shapes() -> Vec<Shape> {
    let many = Shape::Many(vec![numbers(true), numbers(false)]);
    vec![
        Shape::Point,
        Shape::Circle(u64::MAX),
        Shape::Label("a".into()),
        Shape::Named("b".into()),
        many,
        Shape::Perhaps(Some(7)),
        Shape::Perhaps(None),
        Shape::Last,
    ]
}

fn nested(round: usize) -> Nested {
    Nested {
        first: [None, Some(None), Some(Some(255))][round],
        numbers: numbers(round == 1),
        shapes: shapes().into_iter().skip(round * 4).collect(),
        outcome: if round == 0 { Err(Color::Green) } else { Ok(texts(round)) },
        done: if round == 2 { Err(u16::MAX) } else { Ok(()) },
        alias: [None, Some(Color::Blue), Some(Color::Red)][round],
    }
}

/// What the host's `cabi_realloc` gives: exactly as large as what is written.
fn memory(size: usize, align: usize) -> *mut u8 {
    if size == 0 { core::ptr::without_provenance_mut(align) } else { unsafe { alloc(Layout::from_size_align(size, align).unwrap()) } }
}

fn text(text: &str) -> (*mut u8, usize) {
    let at = memory(text.len(), 1);
    unsafe { text.as_ptr().copy_to_nonoverlapping(at, text.len()) };
    (at, text.len())
}

fn lines(lines: &[&str]) -> (*mut u8, usize) {
    list(&lines.iter().map(|line| text(line)).collect::<Vec<_>>())
}

fn list(items: &[(*mut u8, usize)]) -> (*mut u8, usize) {
    let at = memory(items.len() * 2 * P, P);
    for (index, (item, length)) in items.iter().enumerate() {
        unsafe {
            at.cast::<*mut u8>().add(2 * index).write(*item);
            at.cast::<usize>().add(2 * index + 1).write(*length);
        }
    }
    (at, items.len())
}

/// What a function of the glue wrote, put in words by the WIT file alone, and what the guest was given.
fn said(name: &str, answer: *mut u8, release: unsafe fn(*mut u8)) -> (String, String) {
    let said = unsafe { Reader::new(BORDER).answer("calls", name, answer) };
    unsafe { release(answer) };
    (said, GIVEN.take())
}

/// Calls both kinds of glue for each of the guest's answers.
macro_rules! compare {
    ($name:literal, $export:ident, $release:ident, $rounds:literal, $given:expr, { $($prepare:tt)* } ($($argument:expr),*)) => {
        for round in 0..$rounds {
            ROUND.set(round);
            let call = |is_own: bool| {
                $($prepare)*
                unsafe {
                    if is_own {
                        said($name, own::$export::<Guest>($($argument),*), own::$release::<Guest>)
                    } else {
                        said($name, shared::$export::<Guest>($($argument),*), shared::$release::<Guest>)
                    }
                }
            };
            let _area = AREA.lock();
            let (own, shared) = (call(true), call(false));
            assert_eq!(own, shared, "round {round}");
            assert_eq!(shared.1, $given);
        }
    };
}

#[test]
fn answers_are_alike_where_there_are_no_parameters() {
    compare!("no-parameters", _export_no_parameters_cabi, __post_return_no_parameters, 6, "()", {}());
}

#[test]
fn answers_are_alike_where_success_has_no_value() {
    compare!(
        "no-value",
        _export_no_value_cabi,
        __post_return_no_value,
        3,
        r#""héllo""#,
        {
            let (at, length) = text("héllo");
        }(at, length)
    );
}

#[test]
fn answers_are_alike_where_an_error_is_small() {
    let given = format!("{:?}", (Color::Green, Some(true)));
    compare!("small-error", _export_small_error_cabi, __post_return_small_error, 4, given, {}(1, 1, 1));
    compare!(
        "small-error",
        _export_small_error_cabi,
        __post_return_small_error,
        1,
        format!("{:?}", (Color::Red, None::<bool>)),
        {}(0, 0, 0)
    );
}

#[test]
fn numbers_keep_their_sign_and_width() {
    let given = format!("{:?}", numbers(false));
    compare!("bare", _export_bare_cabi, __post_return_bare, 2, given, {}(-128, 0, 0, -32_768, 0, 0, i64::MIN, 0, 0, i32::MIN));
    let given = format!("{:?}", numbers(true));
    compare!("bare", _export_bare_cabi, __post_return_bare, 2, given, {}(127, -1, 255, 32_767, 1, 65_535, i64::MAX, 2, -1, i32::MAX));
}

#[test]
fn lists_are_alike_in_both_directions() {
    let given = format!("{:?}", (Vec::<Numbers>::new(), [Color::Blue, Color::Red], [vec!["a", ""], vec![], vec!["b"]]));
    compare!(
        "lists",
        _export_lists_cabi,
        __post_return_lists,
        3,
        given,
        {
            let (colors, color_count) = text("\u{2}\0");
            let (pairs, pair_count) = list(&[lines(&["a", ""]), lines(&[]), lines(&["b"])]);
        }(memory(0, 8), 0, colors, color_count, pairs, pair_count)
    );
}

#[test]
fn many_parameters_are_read_from_memory() {
    let (size, offsets) = Reader::new(BORDER).parameters("calls", "in-memory");
    for index in 0..3 {
        let given = format!("{:?}", (nested(index), -5_i8, Some("x")));
        compare!(
            "in-memory",
            _export_in_memory_cabi,
            __post_return_in_memory,
            4,
            given,
            {
                let at = memory(size, 8);
                let (name, length) = text("x");
                unsafe {
                    lowered(index).copy_to_nonoverlapping(at, offsets[1]);
                    at.add(offsets[1]).cast::<i8>().write(-5);
                    at.add(offsets[2]).write(1);
                    at.add(offsets[2] + P).cast::<*mut u8>().write(name);
                    at.add(offsets[2] + 2 * P).cast::<usize>().write(length)
                }
            }(at)
        );
    }
}

/// Where wit-bindgen's glue put one of the nested records, in memory of the exact size as the host's would be.
fn lowered(index: usize) -> *const u8 {
    // Called under the lock of `compare!`.
    let round = ROUND.replace(1);
    let width = Reader::new(BORDER).parameters("calls", "in-memory").1[1];
    unsafe {
        let answer = own::_export_lists_cabi::<Guest>(null_mut(), 0, null_mut(), 0, null_mut(), 0);
        ROUND.set(round);
        answer.add(P).cast::<*const u8>().read().add(index * width)
    }
}

#[test]
fn cases_of_different_width_are_told_apart() {
    let given = r#"(Some(None), Ok("y"), None, Some(-2))"#;
    compare!(
        "move",
        _export_move_cabi,
        __post_return_move,
        9,
        given,
        {
            let (name, length) = text("y");
        }(1, 0, 0, 0, name, length, 0, 0, 1, -2)
    );
    let given = format!("(Some(Some(9)), Err({:?}), Some(-1), None)", Color::Blue);
    compare!("move", _export_move_cabi, __post_return_move, 1, given, {}(1, 1, 9, 1, core::ptr::without_provenance_mut(2), 0, 1, -1, 0, 0));
    let given = format!("(None, Err({:?}), None, None)", Color::Red);
    compare!("move", _export_move_cabi, __post_return_move, 1, given, {}(0, 0, 0, 1, null_mut(), 0, 0, 0, 0, 0));
}

#[test]
fn what_follows_a_variant_is_read_from_its_place() {
    let value = core::ptr::without_provenance_mut;
    compare!(
        "choose",
        _export_choose_cabi,
        __post_return_choose,
        7,
        r#"(Choice::Name("y"), 9)"#,
        {
            let (name, length) = text("y");
        }(1, name, length, 9)
    );
    compare!("choose", _export_choose_cabi, __post_return_choose, 1, "(Choice::Nothing, 8)", {}(0, value(0), 0, 8));
    compare!("choose", _export_choose_cabi, __post_return_choose, 1, "(Choice::Number(-2), 7)", {}(2, value(usize::MAX - 1), 0, 7));
    let given = format!("(Choice::Colors(Some({:?})), 6)", Color::Green);
    compare!("choose", _export_choose_cabi, __post_return_choose, 1, given, {}(3, value(1), 1, 6));
}

#[test]
fn what_the_glue_does_not_know_is_left_to_wit_bindgen() {
    assert_eq!(unsafe { shared::_export_number_cabi::<Guest>(7) }, 7);
    let glue = include_str!(concat!(env!("OUT_DIR"), "/border.rs"));
    for left in ["number", "without_memory", "float"] {
        assert!(!glue.contains(&format!("_export_{left}_cabi")), "{left}");
    }
    assert!(glue.contains("_export_move_cabi"));
}
