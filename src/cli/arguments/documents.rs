//! What the program writes about itself: completions and manual pages.

use clap::Args;
use clap_complete::Shell;
use std::path::PathBuf;

pub(super) const COMPLETIONS_EXAMPLES: &str = "\
Examples:
  renewals completions bash > ~/.local/share/bash-completion/completions/renewals
  renewals completions zsh > ~/.zfunc/_renewals
  renewals completions fish > ~/.config/fish/completions/renewals.fish";

pub(super) const MAN_EXAMPLES: &str = "\
Examples:
  renewals man run | man -l -
  renewals man --out /usr/local/share/man/man1";

/// Arguments of `completions`.
#[derive(Debug, Args)]
pub struct CompletionsArguments {
    /// Shell that is to complete command lines
    #[arg(value_name = "SHELL", value_enum)]
    pub shell: Shell,
}

/// Arguments of `man`.
#[derive(Debug, Args)]
pub struct ManArguments {
    /// Command whose page is printed, such as `run` or `policy show` [default: the program itself]
    #[arg(value_name = "COMMAND", conflicts_with = "out")]
    pub command: Vec<String>,
    /// Directory to write the pages of all commands into
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}
