//! A few lines of code between nodes, in Rhai. It calculates; it has no files, no network, no clock, no modules.
//!
//! What it may use up is bounded: operations, time, depth, and the size of everything it makes.

use std::time::{Duration, Instant};

use rhai::{Dynamic, Engine, Scope};
use serde_json::Value as Json;

use crate::{Any, NodeContext, NodeError, Outputs, node};

use super::json::value_of;

const CODE_MAX_BYTES: usize = 64 << 10;
const OPERATIONS_MAX: u64 = 20_000_000;
const TEXT_MAX_BYTES: usize = 4 << 20;
const ITEMS_MAX: usize = 100_000;
const VARIABLES_MAX: usize = 128;

#[derive(Outputs)]
struct Outcome {
    /// What the last line gives: a text, a number, a truth value, or JSON.
    value: Any,
    /// The same as text.
    text: String,
}

/// Runs a few lines of code (Rhai, much like JavaScript). What is wired in is `input`; the last line is the result.
///
/// `input.shots.map(|shot| shot.seconds).reduce(|sum, seconds| sum + seconds, 0.0)` adds up the seconds of all shots.
#[node(
    "code.run",
    title = "Code",
    resource = "cpu",
    timeout_seconds = 60,
    example = r#"{"inputs":{"input":{"type":"json","value":{"shots":[{"seconds":2},{"seconds":3.5}]}}},"params":{"code":"let sum = 0.0;\nfor shot in input.shots { sum += shot.seconds; }\nsum"}}"#
)]
async fn run(
    /// What the code works on. Several wires make a list.
    input: Option<Json>,
    /// The code.
    #[param(title = "Code", prompt, default = "input")]
    code: String,
    /// How long it may take.
    #[param(title = "Time limit", default = 5.0, min = 0.1, max = 30.0, step = 0.5, unit = "s", advanced)]
    seconds: f64,
    ctx: &NodeContext,
) -> Result<Outcome, NodeError> {
    if code.len() > CODE_MAX_BYTES {
        return Err(NodeError::invalid("code", "the code is longer than 64 KB"));
    }
    let cancel = ctx.cancel().clone();
    let work = move || {
        let engine = fenced(Duration::from_secs_f64(seconds), move || cancel.is_cancelled());
        let input = rhai::serde::to_dynamic(input.unwrap_or(Json::Null)).map_err(|error| {
            NodeError::invalid("input", "the code cannot take this in").with_raw(&error.to_string())
        })?;
        let mut scope = Scope::new();
        scope.push_dynamic("input", input);
        let result = engine.eval_with_scope::<Dynamic>(&mut scope, &code);
        let result = result.map_err(|error| NodeError::invalid("code", plain(&error)))?;
        rhai::serde::from_dynamic::<Json>(&result)
            .map_err(|error| NodeError::invalid("code", "the result is no data").with_raw(&error.to_string()))
    };
    let result = ctx.blocking(work).await;
    ctx.check_cancelled()?;
    let json = result?;
    let text = json.as_str().map_or_else(|| json.to_string(), str::to_owned);
    Ok(Outcome { value: Any(value_of(json)), text: super::text::within_limit(text)? })
}

/// An engine with all its limits.
fn fenced(time: Duration, cancelled: impl Fn() -> bool + Send + Sync + 'static) -> Engine {
    let mut engine = Engine::new();
    engine.set_max_operations(OPERATIONS_MAX);
    engine.set_max_call_levels(32);
    engine.set_max_expr_depths(64, 32);
    engine.set_max_string_size(TEXT_MAX_BYTES);
    engine.set_max_array_size(ITEMS_MAX);
    engine.set_max_map_size(ITEMS_MAX);
    engine.set_max_variables(VARIABLES_MAX);
    engine.set_max_functions(64);
    // Code that makes code would get round the limits on its length.
    engine.disable_symbol("eval");
    // It would wait where no limit looks.
    engine.register_fn("sleep", |_: i64| no_sleep());
    engine.register_fn("sleep", |_: f64| no_sleep());
    // They would write to the server's own output.
    engine.on_print(|_| {}).on_debug(|_, _, _| {});
    let end = Instant::now() + time;
    engine.on_progress(move |operations| {
        // Looking at the clock costs more than an operation.
        let over = operations % 256 == 0 && (Instant::now() >= end || cancelled());
        over.then(|| "time".into())
    });
    engine
}

fn no_sleep() -> Result<(), Box<rhai::EvalAltResult>> {
    Err("code here cannot wait".into())
}

fn plain(error: &rhai::EvalAltResult) -> String {
    use rhai::EvalAltResult as E;
    match error {
        E::ErrorTerminated(..) => "the code takes too long".into(),
        E::ErrorTooManyOperations(..) => "the code takes too many steps".into(),
        E::ErrorDataTooLarge(what, ..) => format!("the code makes too much: {what}"),
        E::ErrorStackOverflow(..) => "functions call each other too deeply".into(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn evaluated(code: &str) -> Result<Json, String> {
        let engine = fenced(Duration::from_secs(5), || false);
        let result = engine.eval::<Dynamic>(code).map_err(|error| plain(&error))?;
        Ok(rhai::serde::from_dynamic(&result).unwrap())
    }

    #[test]
    fn code_calculates() {
        assert_eq!(evaluated("[1, 2, 3].map(|n| n * 2)"), Ok(serde_json::json!([2, 4, 6])));
        assert_eq!(evaluated("let m = #{a: 1}; m.b = \"x\".to_upper(); m"), Ok(serde_json::json!({"a": 1, "b": "X"})));
    }

    #[test]
    fn code_that_would_never_end_ends() {
        for (code, why) in [
            ("loop {}", "too"),
            ("fn f(n) { f(n + 1) } f(0)", "deeply"),
            ("let s = \"x\"; loop { s += s; }", "too much"),
            ("let a = []; loop { a.push(1); }", "too"),
            ("let a = [\"x\"]; loop { a += a; }", "too much"),
            ("let m = #{}; let i = 0; loop { m[i.to_string()] = \"x\"; i += 1; }", "too"),
            ("let a = []; a.pad(1000000000, 0)", "too"),
            ("let b = blob(1000000000, 0); b.len()", "too"),
        ] {
            let found = evaluated(code).expect_err(code);
            assert!(found.contains(why), "{code}: {found}");
        }
    }

    #[test]
    fn many_long_texts_are_too_much_as_well() {
        let code = "let s = \"x\"; s.pad(1000000, 'y'); let a = []; loop { a.push(s + a.len()); }";
        let found = evaluated(code).unwrap_err();
        assert!(found.contains("too much"), "{found}");
    }

    #[test]
    fn code_reaches_nothing_outside() {
        for code in [
            "import \"std\" as s;",
            "eval(\"1\")",
            "open_file(\"/etc/passwd\")",
            "timestamp()",
            "sleep(1)",
            "sleep(0.5)",
        ] {
            assert!(evaluated(code).is_err(), "{code}");
        }
    }
}
