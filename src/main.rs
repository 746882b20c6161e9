//! Parses the command line, runs the command, and maps its outcome to an exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    renewals::cli::main()
}
