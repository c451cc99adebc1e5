//! Each way in which a component can differ from its WIT package.

use wit_parser::SourceMap;

use super::*;

const WIT: &str = "package a:b@1.0.0;
    interface types {
        record point { x: u32, y: option<list<string>> }
        enum tone { low, high }
        variant error { bad(point), worse }
    }
    interface actions {
        use types.{error, point, tone};
        go: func(input: point, tone: tone) -> result<point, error>;
        stay: func() -> bool;
    }
    interface connection {
        use types.{error, tone};
        record keys { key: string, skew: option<s64>, tone: option<tone> }
        renew: func() -> result<keys, error>;
        look: func(input: keys) -> result<list<keys>, error>;
    }
    world w { export types; export actions; export connection; }";

fn world(text: &str) -> (Resolve, WorldId) {
    let mut map = SourceMap::new();
    map.push_str("test.wit", text);
    let mut resolve = Resolve::new();
    let package = resolve.push_group(map.parse().unwrap()).unwrap();
    let world = resolve.packages[package].worlds["w"];
    (resolve, world)
}

fn compare(other: &str) -> Vec<String> {
    let (wit, wit_world) = world(WIT);
    let (built, built_world) = world(other);
    differences(Side::new("the WIT files", &wit, wit_world), Side::new("the component", &built, built_world))
}

#[test]
fn the_same_world_does_not_differ() {
    assert!(compare(WIT).is_empty());
}

#[test]
fn every_kind_of_difference_is_told_both_ways() {
    for (from, to, difference) in [
        ("export types; ", "import types; ", "export `a:b/types@1.0.0` is in the WIT files and not in the component"),
        ("@1.0.0", "@1.1.0", "export `a:b/types@1.1.0` is in the component and not in the WIT files"),
        ("stay: func() -> bool;", "", "function `a:b/actions@1.0.0#stay` is in the WIT files and not in the component"),
        (
            "stay: func() -> bool;",
            "stay: func() -> bool; run: func();",
            "function `a:b/actions@1.0.0#run` is in the component and not in the WIT files",
        ),
        ("stay: func()", "stay: func(long: bool)", "function `a:b/actions@1.0.0#stay`: parameter `long` is in the component and not"),
        (
            "-> bool",
            "-> u8",
            "function `a:b/actions@1.0.0#stay`: parameter `(result)` is `bool` in the WIT files and `u8` in the component",
        ),
        ("input: point, tone: tone", "tone: tone, input: point", "function `a:b/actions@1.0.0#go`: the parameters stand in another order"),
        ("x: u32", "x: u64", "type `a:b/types@1.0.0/point`: field `x` is `u32` in the WIT files and `u64` in the component"),
        ("option<list<string>>", "list<string>", "field `y` is `option<list<string>>` in the WIT files and `list<string>`"),
        ("x: u32, ", "", "type `a:b/types@1.0.0/point`: field `x` is in the WIT files and not in the component"),
        ("low, high", "low, high, top", "type `a:b/types@1.0.0/tone`: enum case `top` is in the component and not"),
        ("low, high", "high, low", "type `a:b/types@1.0.0/tone`: the enum cases stand in another order"),
        ("bad(point)", "bad", "type `a:b/types@1.0.0/error`: variant case `bad` is `point` in the WIT files and `nothing`"),
        (
            "enum tone { low, high }",
            "variant tone { low, high }",
            "type `a:b/types@1.0.0/tone` has enum cases in the WIT files and variant cases",
        ),
        ("export connection; ", "", "export `a:b/connection@1.0.0` is in the WIT files and not in the component"),
        (
            "renew: func()",
            "renew: func(input: keys)",
            "function `a:b/connection@1.0.0#renew`: parameter `input` is in the component and not",
        ),
        ("look: func(input: keys)", "look: func()", "function `a:b/connection@1.0.0#look`: parameter `input` is in the WIT files and not"),
        ("result<keys, error>", "result<keys>", "parameter `(result)` is `result<keys, error>` in the WIT files and `result<keys, _>`"),
        ("result<list<keys>, error>", "result<keys, error>", "parameter `(result)` is `result<list<keys>, error>` in the WIT files"),
        (
            "option<s64>",
            "option<u64>",
            "type `a:b/connection@1.0.0/keys`: field `skew` is `option<s64>` in the WIT files and `option<u64>`",
        ),
        ("option<tone>", "tone", "type `a:b/connection@1.0.0/keys`: field `tone` is `option<tone>` in the WIT files and `tone`"),
        ("enum tone { low", "enum extra { a }\nenum tone { low", "type `a:b/types@1.0.0/extra` is in the component and not"),
    ] {
        assert!(WIT.contains(from), "{from}");
        let found = compare(&WIT.replacen(from, to, 1));
        assert!(found.iter().any(|line| line.contains(difference)), "{from}: {found:#?}");
    }
}

#[test]
fn bytes_that_are_no_component_are_refused() {
    let wit = [("notes.wit", include_str!("../tests/notes.wit"))];
    let manifest = Manifest::from_sources(&wit).unwrap();
    // Nothing, text, and a core module: eight bytes of magic and version.
    for bytes in [&b""[..], b"hello", b"\0asm\x01\0\0\0"] {
        let error = check_component(&manifest, bytes).unwrap_err();
        assert!(matches!(error, ComponentError::NotAComponent(_)), "{error}");
    }
}
