//! How messages about configuration files quote, list and suggest.

/// Most characters of a foreign text that a message repeats.
const EXCERPT_CHARACTERS: usize = 60;

/// A foreign text for a message: short, on one line, and without characters that would act on a terminal.
pub fn excerpt(text: &str) -> String {
    let mut characters = text.chars();
    let shown: String = characters.by_ref().take(EXCERPT_CHARACTERS).collect();
    let escaped = shown.chars().flat_map(|character| match character {
        '"' | '\'' | '\\' => vec![character],
        _ => character.escape_debug().collect(),
    });
    let ellipsis = characters.next().map(|_| '…');
    escaped.chain(ellipsis).collect()
}

/// `a`, `b` and `c`, each in backticks.
pub fn listed<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let quoted: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
    match quoted.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
        None => String::new(),
    }
}

/// The candidate that `name` most likely misspells, the first of those equally close.
///
/// At most a third of the name may differ, or the suggestion would puzzle more than help. Long names are not
/// compared: none of the candidates is long, and the comparison takes memory for every pair of characters.
pub fn closest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if name.len() > EXCERPT_CHARACTERS {
        return None;
    }
    let lower_name = name.to_lowercase();
    candidates
        .into_iter()
        .map(|candidate| (strsim::osa_distance(&lower_name, candidate), candidate))
        .filter(|(distance, _)| distance * 3 <= name.chars().count())
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn excerpts_are_short_and_harmless() {
        assert_eq!(excerpt("Café \"5\""), "Café \"5\"");
        assert_eq!(excerpt("a\u{1b}[31m\nb"), "a\\u{1b}[31m\\nb");
        assert_eq!(excerpt(&"é".repeat(60)), "é".repeat(60));
        assert_eq!(excerpt(&"é".repeat(61)), format!("{}…", "é".repeat(60)));
    }

    #[test]
    fn lists() {
        assert_eq!(listed([]), "");
        assert_eq!(listed(["a"]), "`a`");
        assert_eq!(listed(["a", "b", "c"]), "`a`, `b` and `c`");
    }

    #[test]
    fn suggestions() {
        let candidates = ["length_days", "source"];
        assert_eq!(closest("lenght_days", candidates), Some("length_days"));
        assert_eq!(closest("SOURCE", candidates), Some("source"));
        assert_eq!(closest("sauce", candidates), None);
        assert_eq!(closest("", candidates), None);
        assert_eq!(closest(&"source".repeat(100), candidates), None);
    }
}
