//! Numbers: typed in, and calculated with.

use crate::{Choice, NodeError, node};

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
}
