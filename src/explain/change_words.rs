//! Changes in words.

use super::change::{Change, ChangeKind};
use crate::rules::{Blockers, Decision, Stage};

impl Change {
    /// What is otherwise, in words.
    pub fn what(&self) -> String {
        match &self.kind {
            ChangeKind::Pay { through, .. } if self.before.is_err() => {
                format!("had it been paid by {through}")
            }
            ChangeKind::Pay { from, through } if *from == self.asked_on => format!("pay by {through}"),
            ChangeKind::Pay { from, through } => format!("pay from {from} to {through}"),
            ChangeKind::PayTooLate { on } => format!("pay on {on}"),
            ChangeKind::Wait { until } if self.before.is_err() => format!("as of {until}"),
            ChangeKind::Wait { until } => format!("unpaid on {until}"),
            ChangeKind::MoveToPartnerCenter => "move off pmc".to_owned(),
            ChangeKind::MeetRequirements => "meet the requirements".to_owned(),
            ChangeKind::MissRequirements => "if the requirements are unmet".to_owned(),
            ChangeKind::WithoutPayment => "without last_renewal_date".to_owned(),
            ChangeKind::WithoutAnniversary => "without renewal_start_date".to_owned(),
            ChangeKind::OtherPolicy { id } => format!("by --policy {id}"),
        }
    }

    /// What comes of it, in words.
    pub fn then(&self) -> String {
        let after = match &self.outcome {
            Ok(after) => after,
            Err(contradiction) if matches!(self.kind, ChangeKind::PayTooLate { .. }) => {
                return format!("too late, such a row is rejected ({})", contradiction.as_str());
            }
            Err(contradiction) => return format!("rejected, {}", contradiction.as_str()),
        };
        let Ok(before) = &self.before else { return state(after) };
        let mut parts = Vec::new();
        if matches!(self.kind, ChangeKind::Pay { .. }) {
            parts.push(if before.stage == Stage::Reactivatable { "reactivated" } else { "renewed" }.to_owned());
            if let Some(term) = after.term {
                parts.push(format!("next anniversary {}", term.anniversary));
            }
        } else {
            add_difference(before, after, &mut parts);
        }
        parts.extend(blockers_gone_and_come(before.blockers, after.blockers));
        if parts.is_empty() { format!("nothing, still {}", after.stage.as_str()) } else { parts.join(", ") }
    }
}

fn state(decision: &Decision) -> String {
    let stage = decision.stage.as_str();
    decision.term.map_or_else(|| stage.to_owned(), |term| format!("{stage}, anniversary {}", term.anniversary))
}

fn add_difference(before: &Decision, after: &Decision, parts: &mut Vec<String>) {
    if before.stage != after.stage {
        parts.push(after.stage.as_str().to_owned());
    }
    if let (Some(old), Some(new)) = (before.term, after.term) {
        if old.anniversary != new.anniversary {
            parts.push(format!("anniversary {}", new.anniversary));
        }
        if old.next_anniversary != new.next_anniversary {
            parts.push(format!("next anniversary {}", new.next_anniversary));
        }
        if old.reactivate_by != new.reactivate_by && before.stage == after.stage {
            parts.push(match new.reactivate_by {
                Some(deadline) => format!("reactivation through {deadline}"),
                None => "no reactivation".to_owned(),
            });
        }
    }
    if before.requirements != after.requirements {
        parts.push(format!("requirements {}", after.requirements.as_str()));
    }
}

fn blockers_gone_and_come(before: Blockers, after: Blockers) -> Vec<String> {
    let each = [
        ("pmc_migration", before.pmc_migration, after.pmc_migration),
        ("requirements_unmet", before.requirements_unmet, after.requirements_unmet),
    ];
    let told = each.into_iter().filter(|(_, before, after)| before != after);
    told.map(|(name, _, is_there)| format!("blocker {name} {}", if is_there { "comes" } else { "goes" })).collect()
}
