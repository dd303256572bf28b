//! Workers that are killed in the middle of runs, as a power cut does it: no handler runs.
//!
//! This program is its own worker: started with `work`, it executes runs like `openflow worker` does, and knows one node
//! more, a paid job at a vendor that answers when it is told to. The shipped program has no such node, so there is no
//! test harness that it could be asked to load one into; hence the `main` below.

#[path = "../server/support/mod.rs"]
#[allow(unused_imports, unused_macros, reason = "shared with the other tests, which need more of it")]
mod support;

mod job;
mod kill;
mod vendor;

use std::process::ExitCode;

use clap::Parser;
use collab_server::config::WorkerConfig;
use tokio_util::sync::CancellationToken;

#[derive(Parser)]
struct Work {
    #[command(flatten)]
    config: WorkerConfig,
}

#[expect(clippy::print_stdout, reason = "what a test runner prints")]
#[tokio::main]
async fn main() -> ExitCode {
    let mut args = std::env::args().peekable();
    let program = args.next().expect("the program's name");
    if args.peek().is_some_and(|arg| arg == "work") {
        let work = Work::parse_from(std::iter::once(program).chain(args.skip(1)));
        // Ends by being killed, or when whoever started it closes its input.
        let stop = CancellationToken::new();
        let parent = stop.clone();
        tokio::task::spawn_blocking(move || {
            std::io::read_to_string(std::io::stdin()).ok();
            parent.cancel();
        });
        collab_server::work(work.config, stop).await.expect("the worker works");
        return ExitCode::SUCCESS;
    }
    if args.any(|arg| arg == "--list") {
        return ExitCode::SUCCESS;
    }
    kill::a_killed_workers_run_goes_on_and_pays_nothing_twice().await;
    kill::random_kills_leave_a_consistent_state().await;
    // A failure panics. In the words of the test runner, so that these two are counted with the others.
    println!("\ntest result: ok. 2 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out");
    ExitCode::SUCCESS
}
