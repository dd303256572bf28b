//! Numbers: typed in, and calculated with.

use rand::{RngExt, SeedableRng, rngs::StdRng};

use crate::{Choice, NodeError, Seed, node};

use super::input_name;

/// Gives a number to the workflow. Set it here, or hand it over by its name when the workflow is run from outside.
#[node("number.input", title = "Number", role = "input", example = r#"{"params":{"name":"seconds","value":2.5}}"#)]
fn input(
    /// What the number is called when the workflow is run from outside. Empty: it cannot be handed over.
    #[param(title = "Name", default = "", wire = false)]
    name: String,
    /// The number.
    #[param(title = "Number", default = 0.0)]
    value: f64,
) -> Result<f64, NodeError> {
    input_name(&name)?;
    Ok(value)
}

#[derive(Debug, Clone, Copy, PartialEq, Choice)]
enum Operation {
    #[choice(title = "a + b")]
    Add,
    #[choice(title = "a − b")]
    Subtract,
    #[choice(title = "a × b")]
    Multiply,
    #[choice(title = "a ÷ b")]
    Divide,
    #[choice(title = "remainder of a ÷ b")]
    Remainder,
    #[choice(title = "a to the power of b")]
    Power,
    #[choice(title = "the smaller")]
    Min,
    #[choice(title = "the larger")]
    Max,
    #[choice(title = "a, rounded to b decimals")]
    Round,
}

/// Calculates with two numbers. Wire them in, or set them here.
#[node("number.math", title = "Maths", example = r#"{"params":{"operation":"multiply","a":3,"b":2.5}}"#)]
fn math(
    /// What to do with the two numbers.
    #[param(title = "Operation", default = Operation::Add)]
    operation: Operation,
    /// The first number.
    #[param(title = "a", default = 0.0)]
    a: f64,
    /// The second number.
    #[param(title = "b", default = 0.0)]
    b: f64,
) -> Result<f64, NodeError> {
    if b == 0.0 && matches!(operation, Operation::Divide | Operation::Remainder) {
        return Err(NodeError::invalid("b", "a number cannot be divided by zero"));
    }
    let result = match operation {
        Operation::Add => a + b,
        Operation::Subtract => a - b,
        Operation::Multiply => a * b,
        Operation::Divide => a / b,
        // Like a clock: the remainder of -1 by 12 is 11.
        Operation::Remainder => a.rem_euclid(b),
        Operation::Power => a.powf(b),
        Operation::Min => a.min(b),
        Operation::Max => a.max(b),
        Operation::Round => {
            let scale = 10f64.powi(b.clamp(0.0, 15.0) as i32);
            (a * scale).round() / scale
        }
    };
    if result.is_finite() { Ok(result) } else { Err(NodeError::invalid("a", "the result is not a finite number")) }
}

#[derive(Debug, Clone, Copy, PartialEq, Choice)]
enum Comparison {
    #[choice(title = "a < b")]
    Less,
    #[choice(title = "a ≤ b")]
    LessOrEqual,
    #[choice(title = "a = b")]
    Equal,
    #[choice(title = "a ≥ b")]
    MoreOrEqual,
    #[choice(title = "a > b")]
    More,
}

/// Compares two numbers, for switches and conditions.
#[node("number.compare", title = "Compare numbers", example = r#"{"params":{"comparison":"more","a":3,"b":2.5}}"#)]
fn compare(
    /// How they are compared.
    #[param(title = "Comparison", default = Comparison::More)]
    comparison: Comparison,
    /// The first number.
    #[param(title = "a", default = 0.0)]
    a: f64,
    /// The second number.
    #[param(title = "b", default = 0.0)]
    b: f64,
) -> Result<bool, NodeError> {
    Ok(match comparison {
        Comparison::Less => a < b,
        Comparison::LessOrEqual => a <= b,
        Comparison::Equal => a == b,
        Comparison::MoreOrEqual => a >= b,
        Comparison::More => a > b,
    })
}

/// Draws a number by chance. The same seed draws the same number.
#[node("number.random", title = "Random number", example = r#"{"params":{"from":1,"to":6,"whole":true,"seed":3}}"#)]
fn random(
    /// The least number.
    #[param(title = "From", default = 0.0)]
    from: f64,
    /// The greatest number.
    #[param(title = "To", default = 1.0)]
    to: f64,
    /// Whole numbers only.
    #[param(title = "Whole", default = false)]
    whole: bool,
    /// Decides which number.
    #[param(title = "Seed")]
    seed: Seed,
) -> Result<f64, NodeError> {
    /// Whole numbers beyond this are not exact.
    const EXACT: f64 = 9e15;
    if from > to || from.abs() > EXACT || to.abs() > EXACT {
        return Err(NodeError::invalid("to", "the greatest number is less than the least, or too great"));
    }
    let mut random = StdRng::seed_from_u64(seed.0);
    if !whole {
        return Ok(random.random_range(from..=to));
    }
    let (least, most) = (from.ceil() as i64, to.floor() as i64);
    if least > most {
        return Err(NodeError::invalid("to", format!("there is no whole number between {from} and {to}")));
    }
    Ok(random.random_range(least..=most) as f64)
}

/// Writes a number as text, with as many decimals as asked for.
#[node(
    "number.format",
    title = "Write number",
    example = r#"{"inputs":{"number":{"type":"number","value":1234.5}},"params":{"decimals":2,"thousands":","}}"#
)]
fn format(
    /// The number.
    number: f64,
    /// How many decimals.
    #[param(title = "Decimals", default = 0, min = 0, max = 12)]
    decimals: u32,
    /// What stands between thousands.
    #[param(title = "Thousands", default = "")]
    thousands: String,
    /// What stands before the decimals.
    #[param(title = "Point", default = ".")]
    point: String,
    /// Zeros are put before it until it has this many digits.
    #[param(title = "Digits", default = 0, min = 0, max = 30)]
    digits: u32,
    /// Put behind the number, for example ` €`.
    #[param(title = "Unit", default = "")]
    unit: String,
) -> Result<String, NodeError> {
    let plain = format!("{:.*}", decimals as usize, number.abs());
    let (whole, rest) = plain.split_once('.').map_or((plain.as_str(), None), |(whole, rest)| (whole, Some(rest)));
    let whole = format!("{whole:0>width$}", width = digits as usize);
    let mut grouped = String::new();
    for (i, digit) in whole.chars().enumerate() {
        if i > 0 && (whole.len() - i) % 3 == 0 {
            grouped += &thousands;
        }
        grouped.push(digit);
    }
    // What rounds to zero has no sign.
    let sign = if number < 0.0 && plain.contains(|c: char| ('1'..='9').contains(&c)) { "-" } else { "" };
    let rest = rest.map_or_else(String::new, |rest| format!("{point}{rest}"));
    Ok(format!("{sign}{grouped}{rest}{unit}"))
}

/// Reads a number out of a text: the first one that is there.
#[node("number.parse", title = "Read number", example = r#"{"inputs":{"text":"about 12.5 seconds"}}"#)]
fn parse(
    /// The text.
    text: String,
) -> Result<f64, NodeError> {
    let regex = super::text::pattern(r"[-+]?\d+(\.\d+)?([eE][-+]?\d+)?", "text", false)?;
    let found = regex.find(&text).and_then(|found| found.as_str().parse::<f64>().ok()).filter(|n| n.is_finite());
    found.ok_or_else(|| NodeError::invalid("text", "there is no number in the text"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_calculate() {
        for (operation, a, b, expected) in [
            (Operation::Subtract, 3.0, 5.0, -2.0),
            (Operation::Remainder, -1.0, 12.0, 11.0),
            (Operation::Round, 2.345, 1.0, 2.3),
            (Operation::Power, 2.0, 10.0, 1024.0),
        ] {
            assert_eq!(math(operation, a, b), Ok(expected), "{operation:?}");
        }
    }

    #[test]
    fn impossible_results_are_refused() {
        assert!(math(Operation::Divide, 1.0, 0.0).is_err());
        assert!(math(Operation::Power, -1.0, 0.5).is_err());
    }

    #[test]
    fn numbers_are_written_and_read() {
        let write =
            |number, decimals, digits| format(number, decimals, ",".into(), ".".into(), digits, " s".into()).unwrap();
        assert_eq!((write(1_234_567.891, 2, 0), write(-0.4, 0, 3)), ("1,234,567.89 s".into(), "000 s".into()));
        assert_eq!(parse("take -3.5e1 now".into()), Ok(-35.0));
        assert!(parse("none".into()).is_err());
    }

    #[test]
    fn a_seed_decides_the_number() {
        let draw = |seed| random(1.0, 6.0, true, Seed(seed)).unwrap();
        assert_eq!(draw(5), draw(5));
        let drawn: Vec<f64> = (0..200).map(draw).collect();
        assert!((1..=6).all(|n| drawn.contains(&f64::from(n))) && drawn.iter().all(|n| (1.0..=6.0).contains(n)));
        assert!(random(1.2, 1.8, true, Seed(0)).is_err());
    }
}
