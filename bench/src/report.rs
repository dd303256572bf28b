//! The figures, as one table for people and as JSON for programs.

use std::{io::Write, path::Path};

use anyhow::{Context, bail};
use serde::Serialize;

/// One figure.
#[derive(Debug, Serialize)]
pub struct Row {
    part: &'static str,
    what: String,
    ours: f64,
    unit: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    promise: Option<Promise>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reference: Option<Reference>,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
}

#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "snake_case")]
enum Promise {
    Below(f64),
    Above(f64),
    RatioBelow(f64),
    /// Either of the two.
    BelowOrRatio(f64, f64),
}

/// What something else takes for the same.
#[derive(Debug, Serialize)]
struct Reference {
    name: &'static str,
    value: f64,
    /// Ours by theirs.
    ratio: f64,
}

impl Row {
    pub fn new(part: &'static str, what: impl Into<String>, ours: f64, unit: &'static str) -> Self {
        Self { part, what: what.into(), ours, unit, promise: None, reference: None, note: None }
    }

    pub fn below(self, most: f64) -> Self {
        Self { promise: Some(Promise::Below(most)), ..self }
    }

    pub fn above(self, least: f64) -> Self {
        Self { promise: Some(Promise::Above(least)), ..self }
    }

    /// At most this, or at most so many times what the reference takes.
    pub fn below_or_ratio(self, most: f64, ratio: f64) -> Self {
        Self { promise: Some(Promise::BelowOrRatio(most, ratio)), ..self }
    }

    /// Beside a reference, at most so many times what it takes.
    pub fn ratio_below(self, most: f64) -> Self {
        Self { promise: Some(Promise::RatioBelow(most)), ..self }
    }

    pub fn beside(self, name: &'static str, value: f64) -> Self {
        let ratio = self.ours / value;
        Self { reference: Some(Reference { name, value, ratio }), ..self }
    }

    pub fn note(self, note: impl Into<String>) -> Self {
        Self { note: Some(note.into()), ..self }
    }

    fn kept(&self) -> Option<bool> {
        Some(match self.promise? {
            Promise::Below(most) => self.ours < most,
            Promise::Above(least) => self.ours > least,
            Promise::RatioBelow(most) => self.reference.as_ref()?.ratio <= most,
            Promise::BelowOrRatio(most, ratio) => {
                self.ours <= most || self.reference.as_ref().is_some_and(|reference| reference.ratio <= ratio)
            }
        })
    }

    fn cells(&self) -> Vec<String> {
        let promise = self.promise.map_or_else(String::new, |promise| match promise {
            Promise::Below(most) => format!("< {most} {}", self.unit),
            Promise::Above(least) => format!("> {least} {}", self.unit),
            Promise::RatioBelow(most) => format!("ratio <= {most}"),
            Promise::BelowOrRatio(most, ratio) => format!("<= {most} {}, or ratio <= {ratio}", self.unit),
        });
        let kept = match self.kept() {
            Some(true) => "kept",
            Some(false) => "MISSED",
            None => "",
        };
        let (reference, ratio) = match &self.reference {
            Some(of) => (format!("{} ({})", short(of.value), of.name), format!("{:.2}", of.ratio)),
            None => Default::default(),
        };
        let ours = format!("{} {}", short(self.ours), self.unit);
        vec![self.part.to_owned(), self.what.clone(), ours, reference, ratio, promise, kept.to_owned()]
    }
}

const COLUMNS: [&str; 7] = ["part", "what", "ours", "reference", "ratio", "promise", ""];

#[derive(Debug, Default, Serialize)]
pub struct Report {
    rows: Vec<Row>,
    failures: Vec<String>,
}

impl Report {
    pub fn add(&mut self, row: Row) {
        self.rows.push(row);
    }

    pub fn fail(&mut self, part: &str, error: &anyhow::Error) {
        self.failures.push(format!("{part}: {error:#}"));
    }

    pub fn save(&self, file: &Path) -> anyhow::Result<()> {
        let json = serde_json::to_string_pretty(self).context("writing the figures")?;
        std::fs::write(file, json).with_context(|| format!("writing `{}`", file.display()))?;
        eprintln!("written to {}", file.display());
        Ok(())
    }

    /// A Markdown table, padded to be read as it is.
    pub fn print(&self) -> anyhow::Result<()> {
        let mut cells = vec![COLUMNS.map(str::to_owned).to_vec()];
        cells.extend(self.rows.iter().map(Row::cells));
        let width = |column: usize| cells.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
        let widths: Vec<usize> = (0..COLUMNS.len()).map(width).collect();
        let mut out = std::io::stdout().lock();
        for (at, row) in cells.iter().enumerate() {
            let line: Vec<String> = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}")).collect();
            writeln!(out, "| {} |", line.join(" | "))?;
            if at == 0 {
                let rules: Vec<String> = widths.iter().map(|width| "-".repeat(*width)).collect();
                writeln!(out, "|-{}-|", rules.join("-|-"))?;
            }
        }
        for (row, note) in self.rows.iter().filter_map(|row| Some((row, row.note.as_ref()?))) {
            writeln!(out, "{}: {note}", row.what)?;
        }
        for failure in &self.failures {
            writeln!(out, "failed: {failure}")?;
        }
        Ok(())
    }

    /// An error if a part could not be measured. A missed promise is a figure, and no error.
    pub fn whole(&self) -> anyhow::Result<()> {
        match self.failures.len() {
            0 => Ok(()),
            failed => bail!("{failed} parts could not be measured"),
        }
    }
}

fn short(value: f64) -> String {
    match value.abs() {
        size if size >= 100.0 => format!("{value:.0}"),
        size if size >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_promise_is_kept_or_missed() {
        let row = |ours: f64| Row::new("part", "what", ours, "ms");
        assert_eq!(row(1.0).kept(), None);
        assert_eq!((row(1.0).below(2.0).kept(), row(3.0).below(2.0).kept()), (Some(true), Some(false)));
        assert_eq!((row(1.0).above(2.0).kept(), row(3.0).above(2.0).kept()), (Some(false), Some(true)));
        assert_eq!(row(1.0).beside("other", 0.95).ratio_below(1.1).kept(), Some(true));
        assert_eq!(row(1.2).beside("other", 1.0).ratio_below(1.1).kept(), Some(false));
        assert_eq!(row(3.0).beside("other", 6.0).below_or_ratio(2.0, 0.7).kept(), Some(true));
        assert_eq!(row(3.0).beside("other", 4.0).below_or_ratio(2.0, 0.7).kept(), Some(false));
    }
}
