//! The table at the end.

use std::fmt::Write;

/// What was promised of a value.
#[derive(Debug, Clone, Copy)]
pub enum Bar {
    AtMost(f64),
    AtLeast(f64),
}

/// One value.
#[derive(Debug)]
pub struct Row {
    name: String,
    value: f64,
    unit: &'static str,
    bar: Option<Bar>,
}

impl Row {
    pub fn new(name: impl Into<String>, value: f64, unit: &'static str) -> Self {
        Self { name: name.into(), value, unit, bar: None }
    }

    pub fn at_most(self, bar: f64) -> Self {
        Self { bar: Some(Bar::AtMost(bar)), ..self }
    }

    pub fn at_least(self, bar: f64) -> Self {
        Self { bar: Some(Bar::AtLeast(bar)), ..self }
    }

    fn cells(&self) -> [String; 5] {
        let shown = |value: f64| format!("{} {}", number(value), self.unit).trim_end().to_owned();
        let (bar, ratio, verdict) = match self.bar {
            None => (String::new(), String::new(), ""),
            Some(Bar::AtMost(bar)) => (format!("<= {}", shown(bar)), times(self.value, bar), verdict(self.value <= bar)),
            Some(Bar::AtLeast(bar)) => (format!(">= {}", shown(bar)), times(self.value, bar), verdict(self.value >= bar)),
        };
        [self.name.clone(), shown(self.value), bar, ratio, verdict.to_owned()]
    }
}

/// The rows under each other, the numbers to the right.
pub fn render(rows: &[Row]) -> String {
    let head = ["measure", "value", "bar", "value / bar", ""].map(str::to_owned);
    let cells: Vec<_> = std::iter::once(head).chain(rows.iter().map(Row::cells)).collect();
    let width = |column: usize| cells.iter().map(|row: &[String; 5]| row[column].chars().count()).max().unwrap_or_default();
    let [name, value, bar, ratio] = [0, 1, 2, 3].map(width);
    let mut out = String::new();
    for row in &cells {
        let line = format!("{:name$}  {:>value$}  {:>bar$}  {:>ratio$}  {}", row[0], row[1], row[2], row[3], row[4]);
        let _ = writeln!(out, "{}", line.trim_end());
    }
    out
}

fn verdict(holds: bool) -> &'static str {
    if holds { "ok" } else { "short" }
}

fn times(value: f64, bar: f64) -> String {
    if bar == 0.0 { String::new() } else { format!("{:.2}", value / bar) }
}

/// As many digits as mean something.
fn number(value: f64) -> String {
    match value {
        value if value == 0.0 || value >= 100.0 => format!("{value:.0}"),
        value if value >= 10.0 => format!("{value:.1}"),
        value => format!("{value:.2}"),
    }
}
