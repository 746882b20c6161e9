//! The text format of Prometheus: families of samples, written and read.
//!
//! <https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format>. Samples have no timestamps, which
//! node_exporter refuses in a textfile.

use std::fmt::Write;

/// Samples of one name.
#[derive(Debug)]
pub struct Family {
    /// The name; its last words are the unit.
    pub name: &'static str,
    /// What it is, for people.
    pub help: &'static str,
    /// Its samples, in order.
    pub samples: Vec<Sample>,
}

/// A value with its labels.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sample {
    /// Names and values of the labels, in order.
    pub labels: Vec<(String, String)>,
    /// The value as text, a number.
    pub value: String,
}

/// The text of families of gauges; one without samples is left out.
pub fn write(families: &[Family]) -> String {
    let mut text = String::new();
    for Family { name, help, samples } in families.iter().filter(|family| !family.samples.is_empty()) {
        // Writing to a `String` cannot fail.
        let _ = writeln!(text, "# HELP {name} {}\n# TYPE {name} gauge", escaped(help, false));
        for Sample { labels, value } in samples {
            let labels: Vec<String> =
                labels.iter().map(|(label, text)| format!("{label}=\"{}\"", escaped(text, true))).collect();
            let _ = writeln!(text, "{name}{{{}}} {value}", labels.join(","));
        }
    }
    text
}

/// Escapes a help text, or the value of a label, which has quotes around it.
fn escaped(text: &str, is_quoted: bool) -> String {
    let text = text.replace('\\', "\\\\").replace('\n', "\\n");
    if is_quoted { text.replace('"', "\\\"") } else { text }
}

/// The sample on a line that [`write`] has written, with its family's name; `None` for any other line.
pub fn read(line: &str) -> Option<(&str, Sample)> {
    let (name, mut rest) = line.split_once('{')?;
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let mut labels = Vec::new();
    loop {
        let (label, after) = rest.split_once("=\"")?;
        let (value, after) = unquote(after)?;
        if label.is_empty() || !label.bytes().all(is_name) {
            return None;
        }
        labels.push((label.to_owned(), value));
        match after.strip_prefix(',') {
            Some(next) => rest = next,
            None => {
                let value = after.strip_prefix("} ")?;
                let is_number = value.parse::<f64>().is_ok_and(f64::is_finite);
                return is_number.then(|| (name, Sample { labels, value: value.to_owned() }));
            }
        }
    }
}

/// The text up to the closing quote, and what follows that.
fn unquote(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut characters = text.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return Some((value, &text[at + 1..])),
            '\\' => value.push(match characters.next()?.1 {
                'n' => '\n',
                other @ ('\\' | '"') => other,
                _ => return None,
            }),
            other => value.push(other),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sample(labels: &[(&str, &str)], value: &str) -> Sample {
        let labels = labels.iter().map(|(label, text)| ((*label).to_owned(), (*text).to_owned()));
        Sample { labels: labels.collect(), value: value.to_owned() }
    }

    #[test]
    fn a_family_has_help_type_and_samples() {
        let families = [
            Family { name: "empty", help: "Nothing.", samples: Vec::new() },
            Family {
                name: "a_bytes",
                help: "Bytes\\of\n\"two\" lines.",
                samples: vec![sample(&[("out", "/a\\b\"c\nd"), ("code", "x")], "12"), sample(&[("out", "")], "0.5")],
            },
        ];
        let expected = "# HELP a_bytes Bytes\\\\of\\n\"two\" lines.\n# TYPE a_bytes gauge\n\
            a_bytes{out=\"/a\\\\b\\\"c\\nd\",code=\"x\"} 12\na_bytes{out=\"\"} 0.5\n";
        assert_eq!(write(&families), expected);
    }

    #[test]
    fn lines_that_are_no_samples_of_ours_are_not_read() {
        for line in [
            "",
            "# HELP a_bytes Bytes.",
            "a_bytes 12",
            "a_bytes{} 12",
            "a_bytes{out=\"x\"}",
            "a_bytes{out=\"x\"} ",
            "a_bytes{out=\"x\"} twelve",
            "a_bytes{out=\"x\"} NaN",
            "a_bytes{out=\"x\"} 12 1591315200000",
            "a_bytes{out=\"x} 12",
            "a_bytes{out=\"x\\y\"} 12",
            "a_bytes{out =\"x\"} 12",
            "a_bytes{out=\"x\",} 12",
        ] {
            assert_eq!(read(line), None, "{line}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(first in ".{0,20}", second in "[\\\\\"\n,{}= a-z]{0,20}", value in 0_u64..u64::MAX) {
            let sample = sample(&[("out", &first), ("code", &second)], &value.to_string());
            let text = write(&[Family { name: "a", help: "b", samples: vec![sample.clone()] }]);
            let lines: Vec<&str> = text.strip_suffix('\n').expect("lines").split('\n').collect();
            prop_assert_eq!(lines.len(), 3);
            prop_assert_eq!(read(lines[2]), Some(("a", sample)));
        }
    }
}
