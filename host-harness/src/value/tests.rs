//! Conversion in both directions, by example and by property.

use super::{Case, Field, Name, Record, Shape, Val};
use proptest::prelude::*;
use serde_json::{Value, json};

fn field(name: &str, shape: Shape) -> Field {
    Field { name: Name::new(name), shape }
}

fn optional(shape: Shape) -> Shape {
    Shape::Option(Box::new(shape))
}

fn file_entry() -> Shape {
    Shape::Record(Record::new(vec![
        field("extension", optional(Shape::String)),
        field("mime-type", optional(Shape::String)),
        field("name", optional(Shape::String)),
        field("url", Shape::String),
    ]))
}

fn input() -> Shape {
    Shape::Record(Record::new(vec![
        field("text", Shape::String),
        field("media", optional(Shape::List(Box::new(file_entry())))),
        field("first-poll", optional(Shape::Enum(vec![Name::new("nothing"), Name::new("the-latest")]))),
        field("count", optional(Shape::U8)),
        field(
            "answer",
            optional(Shape::Variant(vec![
                Case { name: Name::new("nobody"), payload: None },
                Case { name: Name::new("only-these"), payload: Some(Shape::List(Box::new(Shape::String))) },
            ])),
        ),
    ]))
}

/// The error as `field: code`, and its whole message.
fn refused(json: &Value) -> (String, String) {
    let error = input().read(json).expect_err("it does not fit");
    (format!("{}: {}", error.field, error.code), error.to_string())
}

#[test]
fn three_spellings_of_a_field_are_one_field() {
    let read = |name: &str| file_entry().read(&json!({"url": "https://example.com", name: "image/png"})).expect("it fits");
    assert_eq!(read("mimeType"), read("mime_type"));
    assert_eq!(read("MIME-type"), read("mimetype"));
}

#[test]
fn output_has_snake_case_names_and_no_absent_fields() {
    let value = input()
        .read(&json!({
            "text": "hello",
            "media": [{"URL": "https://example.com/a.png", "mimeType": "image/png"}],
            "firstPoll": "The_Latest",
            "answer": {"onlyThese": ["a", "b"]},
        }))
        .expect("it fits");
    assert_eq!(
        input().write(&value),
        json!({
            "text": "hello",
            "media": [{"url": "https://example.com/a.png", "mime_type": "image/png"}],
            "first_poll": "the_latest",
            "answer": {"only_these": ["a", "b"]},
        })
    );
}

#[test]
fn null_and_absence_are_both_nothing() {
    let absent = input().read(&json!({"text": "a"})).expect("it fits");
    let null = json!({"text": "a", "media": null, "firstPoll": null, "count": null, "answer": null});
    assert_eq!(input().read(&null).expect("it fits"), absent);
}

#[test]
fn every_mistake_names_its_place_and_the_next_step() {
    let table = [
        (json!([]), "parameters: wrong-type", "wants an object, found an array; give an object"),
        (json!({}), "text: missing-field", "text is missing; give a string"),
        (json!({"text": null}), "text: wrong-type", "wants a string, found null"),
        (json!({"text": 5}), "text: wrong-type", "wants a string, found a number"),
        (json!({"txt": "a"}), "txt: unknown-field", "did you mean `text`? known are `text`, `media`"),
        (json!({"zebra": "a"}), "zebra: unknown-field", "is not known; known are `text`"),
        (json!({"text": "a", "TEXT": "b"}), "text: duplicate-field", "text is given twice"),
        (json!({"text": "a", "media": {}}), "media: wrong-type", "wants an array, found an object"),
        (json!({"text": "a", "media": [{"url": "u"}, {"url": 5}]}), "media[1].url: wrong-type", "media[1].url wants"),
        (json!({"text": "a", "media": [{}]}), "media[0].url: missing-field", "media[0].url is missing"),
        (json!({"text": "a", "media": [{"mimetyp": "x", "url": "u"}]}), "media[0].mimetyp: unknown-field", "`mime_type`"),
        (json!({"text": "a", "count": 256}), "count: out-of-range", "wants a whole number from 0 to 255"),
        (json!({"text": "a", "count": -1}), "count: out-of-range", "from 0 to 255"),
        (json!({"text": "a", "count": 1.5}), "count: out-of-range", "from 0 to 255"),
        (json!({"text": "a", "count": 1e300}), "count: out-of-range", "from 0 to 255"),
        (json!({"text": "a", "count": "7"}), "count: wrong-type", "found a string"),
        (json!({"text": "a", "firstPoll": "lates"}), "first_poll: unknown-choice", "the choices are `nothing`, `the_latest`"),
        (json!({"text": "a", "firstPoll": 1}), "first_poll: wrong-type", "one of the choices"),
        (json!({"text": "a", "answer": "someone"}), "answer: unknown-choice", "`nobody`, `only_these`"),
        (json!({"text": "a", "answer": {"nobody": 1}}), "answer.nobody: wrong-type", "takes no value"),
        (json!({"text": "a", "answer": {"onlyThese": [1]}}), "answer.only_these[0]: wrong-type", "wants a string"),
        (json!({"text": "a", "answer": {"a": 1, "b": 2}}), "answer: wrong-type", "found an object"),
    ];
    for (json, place, words) in table {
        let (found, message) = refused(&json);
        assert_eq!(found, place, "{json}");
        assert!(message.contains(words), "{json} gives: {message}");
        assert!(message.starts_with(found.split(':').next().unwrap_or_default()), "{message}");
    }
}

#[test]
fn a_message_never_holds_a_value() {
    for json in [
        json!({"text": "a", "count": "canary"}),
        json!({"text": {"canary": 1}}),
        json!({"text": "a", "firstPoll": "canary"}),
        json!({"text": "a", "media": "canary"}),
    ] {
        assert!(!refused(&json).1.contains("canary"));
    }
}

#[test]
fn an_unknown_name_from_outside_is_shown_short_and_clean() {
    let name = format!("{}\u{1b}[31m", "n".repeat(10_000));
    let (_, message) = refused(&json!({"text": "a", name: 1}));
    assert!(message.len() < 400);
    assert!(!message.contains('\u{1b}'));
}

#[test]
fn whole_numbers_reach_to_both_ends_of_their_types() {
    let ends: [(Shape, i128, i128); 8] = [
        (Shape::S8, i8::MIN.into(), i8::MAX.into()),
        (Shape::U8, 0, u8::MAX.into()),
        (Shape::S16, i16::MIN.into(), i16::MAX.into()),
        (Shape::U16, 0, u16::MAX.into()),
        (Shape::S32, i32::MIN.into(), i32::MAX.into()),
        (Shape::U32, 0, u32::MAX.into()),
        (Shape::S64, i64::MIN.into(), i64::MAX.into()),
        (Shape::U64, 0, u64::MAX.into()),
    ];
    for (shape, low, high) in ends {
        let parse = |number: i128| serde_json::from_str::<Value>(&number.to_string()).expect("it is JSON");
        for end in [low, high] {
            let value = shape.read(&parse(end)).expect("it is in range");
            assert_eq!(shape.write(&value).to_string(), end.to_string());
        }
        for outside in [low - 1, high + 1] {
            assert_eq!(shape.read(&parse(outside)).expect_err("it is outside").code, "out-of-range");
        }
    }
}

#[test]
fn deep_json_is_refused_where_it_leaves_the_shape() {
    let mut deep = json!(1);
    for _ in 0..100 {
        deep = json!([deep]);
    }
    assert_eq!(refused(&json!({"text": deep})).0, "text: wrong-type");
}

/// Any shape, with a value of it.
fn shape_and_value() -> impl Strategy<Value = (Shape, Val)> {
    let leaf = prop_oneof![
        any::<bool>().prop_map(|value| (Shape::Bool, Val::Bool(value))),
        any::<i8>().prop_map(|value| (Shape::S8, Val::S8(value))),
        any::<u8>().prop_map(|value| (Shape::U8, Val::U8(value))),
        any::<i16>().prop_map(|value| (Shape::S16, Val::S16(value))),
        any::<u16>().prop_map(|value| (Shape::U16, Val::U16(value))),
        any::<i32>().prop_map(|value| (Shape::S32, Val::S32(value))),
        any::<u32>().prop_map(|value| (Shape::U32, Val::U32(value))),
        any::<i64>().prop_map(|value| (Shape::S64, Val::S64(value))),
        any::<u64>().prop_map(|value| (Shape::U64, Val::U64(value))),
        prop::num::f32::NORMAL.prop_map(|value| (Shape::F32, Val::Float32(value))),
        prop::num::f64::NORMAL.prop_map(|value| (Shape::F64, Val::Float64(value))),
        any::<char>().prop_map(|value| (Shape::Char, Val::Char(value))),
        any::<String>().prop_map(|value| (Shape::String, Val::String(value))),
        (0..3_usize).prop_map(|index| {
            let names = vec![Name::new("red"), Name::new("dark-green"), Name::new("b2")];
            let chosen = names[index].wit.clone();
            (Shape::Enum(names), Val::Enum(chosen))
        }),
        prop::sample::subsequence(vec!["read", "write-all"], 0..=2).prop_map(|chosen| {
            let names = vec![Name::new("read"), Name::new("write-all")];
            (Shape::Flags(names), Val::Flags(chosen.into_iter().map(str::to_owned).collect()))
        }),
    ];
    leaf.prop_recursive(4, 32, 4, |inner| {
        prop_oneof![
            // A list of one shape: the first one's value, some times.
            (inner.clone(), 0..4_usize).prop_map(|((shape, value), count)| (Shape::List(Box::new(shape)), Val::List(vec![value; count]))),
            (inner.clone(), any::<bool>()).prop_map(|((shape, value), some)| {
                if matches!(shape, Shape::Option(_)) {
                    return (shape, value);
                }
                (optional(shape), Val::Option(some.then(|| Box::new(value))))
            }),
            prop::collection::vec(inner.clone(), 1..4).prop_map(|parts| {
                let (shapes, values) = parts.into_iter().unzip();
                (Shape::Tuple(shapes), Val::Tuple(values))
            }),
            prop::collection::vec(inner.clone(), 1..5).prop_map(|parts| {
                let mut fields = Vec::new();
                let mut values = Vec::new();
                for (index, (shape, value)) in parts.into_iter().enumerate() {
                    let name = format!("field-{index}");
                    fields.push(field(&name, shape));
                    values.push((name, value));
                }
                (Shape::Record(Record::new(fields)), Val::Record(values))
            }),
            (inner.clone(), any::<bool>()).prop_map(|((shape, value), with)| {
                let cases =
                    vec![Case { name: Name::new("bare-one"), payload: None }, Case { name: Name::new("full-one"), payload: Some(shape) }];
                let value = if with {
                    Val::Variant("full-one".to_owned(), Some(Box::new(value)))
                } else {
                    Val::Variant("bare-one".to_owned(), None)
                };
                (Shape::Variant(cases), value)
            }),
            (inner, any::<bool>()).prop_map(|((shape, value), ok)| {
                let value = if ok { Ok(Some(Box::new(value))) } else { Err(None) };
                let shape = Shape::Result { ok: Some(Box::new(shape)), error: None };
                (shape, Val::Result(value))
            }),
        ]
    })
}

/// Any JSON.
fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::btree_map("text|media|url|count|answer|[a-z]{1,6}", inner, 0..5)
                .prop_map(|object| object.into_iter().collect()),
        ]
    })
}

proptest! {
    #[test]
    fn what_is_written_reads_back_as_it_was((shape, value) in shape_and_value()) {
        let json = shape.write(&value);
        prop_assert_eq!(shape.read(&json), Ok(value), "{}", json);
    }

    #[test]
    fn any_json_is_read_or_refused_with_a_field_and_a_next_step(json in json()) {
        match input().read(&json) {
            Ok(value) => prop_assert!(matches!(value, Val::Record(_))),
            Err(error) => {
                prop_assert!(!error.field.is_empty());
                prop_assert!(!error.next_step.is_empty());
            }
        }
    }
}
