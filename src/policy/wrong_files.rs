//! Tests: wrong policy files, each with the very message and place it is refused with.

use super::*;
use proptest::prelude::*;

/// A right file; the cases below each spoil one line of it.
const RIGHT: &str = r#"schema = 1
id = "own"
title = "Own rules"
source = "a page"

[term]
length_days = 365
source = "a page"

[window]
opens_after_days = 1
closes_after_days = 30
source = "a page"

[reminders]
first_offset_days = -15
second_offset_days = 23
source = "a page"

[[exemption]]
name = "first"
offer_type = "competency"
anniversary_from = 2020-01-01
anniversary_to = 2020-06-30
extended_to_year = 2021
reactivation_deadline = 2020-06-30
excluded_competencies = []
source = "a page"

[[exemption]]
name = "second"
offer_type = "competency"
anniversary_from = 2020-07-01
anniversary_to = 2020-12-31
extended_to_year = 2021
excluded_competencies = ["A", "B"]
source = "a page"
"#;

/// [`RIGHT`] with one line, counted from 1, replaced by others.
fn spoiled(line: usize, replacement: &str) -> String {
    let mut lines: Vec<&str> = RIGHT.lines().collect();
    lines[line - 1] = replacement;
    lines.join("\n")
}

fn refused(text: &str) -> PolicyError {
    match parse("own.toml", text) {
        Err(error) => error,
        Ok(_) => panic!("not refused:\n{text}"),
    }
}

/// Holds each spoiled line to its message: (line, replacement, `line:column: reason`).
fn check(cases: &[(usize, &str, &str)]) {
    for (line, replacement, expected) in cases {
        let error = refused(&spoiled(*line, replacement));
        assert_eq!(error.to_string(), format!("own.toml:{expected}"), "line {line} as {replacement}");
    }
}

#[test]
fn the_file_that_the_cases_spoil_is_right() {
    let file = parse("own.toml", RIGHT).unwrap();
    assert_eq!(file.policy.rounds().len(), 2);
    assert_eq!(file.text, RIGHT);
    let with_mark = format!("\u{feff}{}", RIGHT.replace('\n', "\r\n"));
    assert_eq!(parse("own.toml", &with_mark).unwrap().policy, file.policy);
    let without_rounds = RIGHT.split("[[exemption]]").next().unwrap();
    assert!(parse("own.toml", without_rounds).unwrap().policy.rounds().is_empty());
}

#[test]
fn texts_that_are_not_toml() {
    check(&[
        (7, "length_days 365", "7:13: not TOML: key with no value, expected `=`"),
        (7, "length_days = ", "7:15: not TOML: string values must be quoted, expected literal string"),
        (3, "title = \"Own rules", "3:19: not TOML: invalid basic string, expected `\"`"),
        (10, "[term]", "10:2: not TOML: duplicate key"),
        (8, "length_days = 365", "8:1: not TOML: duplicate key"),
        (23, "anniversary_from = 2019-02-29", "23:20: not TOML: invalid date, expected day between 01 and 28"),
        (36, "excluded_competencies = [\"A\"", "37:1: not TOML: missing comma between array elements, expected `,`"),
    ]);
}

#[test]
fn keys_that_are_unknown_or_missing() {
    check(&[
        (3, "tilte = \"Own rules\"", "3:1: unknown key `tilte` in the file"),
        (7, "  length = 365", "7:3: unknown key `length` in `[term]`"),
        (12, "closes_after_day = 30", "12:1: unknown key `closes_after_day` in `[window]`"),
        (26, "\"é\" = 1", "26:1: unknown key `é` in `[[exemption]]`"),
        (5, "\"\\u001b[2J\" = 1", "5:1: unknown key `\\u{1b}[2J` in the file"),
        (6, "[terms]", "6:2: unknown key `terms` in the file"),
        (1, "", "1:1: the file has no `schema`"),
        (2, "", "1:1: the file has no `id`"),
        (4, "", "1:1: the file has no `source`"),
        (13, "", "10:1: `[window]` has no `source`"),
        (17, "", "15:1: `[reminders]` has no `second_offset_days`"),
        (27, "", "20:1: `[[exemption]]` has no `excluded_competencies`"),
        (37, "", "30:1: `[[exemption]]` has no `source`"),
    ]);
    assert_eq!(refused("").to_string(), "own.toml:1:1: the file has no `schema`");
    let no_sections = "schema = 1\nid = 'own'\ntitle = 't'\nsource = 's'";
    assert_eq!(refused(no_sections).to_string(), "own.toml:1:1: the file has no `term`");
}

#[test]
fn another_schema_is_told_before_its_keys() {
    check(&[
        (1, "schema = 2\nwho_knows = 1", "1:10: `schema` is 2, but this version reads 1"),
        (1, "schema = 0x1", "1:10: `schema` is 0x1, but this version reads 1"),
        (1, "schema = \"1\"", "1:10: `schema` is a text, but must be a whole number"),
    ]);
}

#[test]
fn values_of_the_wrong_type() {
    check(&[
        (7, "length_days = \"365\"", "7:15: `length_days` is a text, but must be a whole number"),
        (7, "length_days = 365.0", "7:15: `length_days` is a decimal number, but must be a whole number"),
        (8, "source = true", "8:10: `source` is true or false, but must be a text"),
        (2, "id = 2020-06-05", "2:6: `id` is a date, but must be a text"),
        (23, "anniversary_from = \"2020-01-01\"", "23:20: `anniversary_from` is a text, but must be a date"),
        (
            23,
            "anniversary_from = 2020-01-01T00:00:00",
            "23:20: `anniversary_from` is a time or a date with a time, but must be a date",
        ),
        (
            26,
            "reactivation_deadline = 2020-06-30T00:00:00+02:00",
            "26:25: `reactivation_deadline` is a time or a date with a time, but must be a date",
        ),
        (
            24,
            "anniversary_to = 07:32:00",
            "24:18: `anniversary_to` is a time or a date with a time, but must be a date",
        ),
        (27, "excluded_competencies = \"A\"", "27:25: `excluded_competencies` is a text, but must be a list of texts"),
        (
            36,
            "excluded_competencies = [\n  \"A\",\n  5,\n]",
            "38:3: an entry of `excluded_competencies` is a whole number, but must be a text",
        ),
        (6, "[[term]]", "6:1: `term` is a list, but must be a section"),
    ]);
    let inline = "schema = 1\nid = 'own'\ntitle = 't'\nsource = 's'\n";
    for (more, expected) in [
        ("term = 365", "5:8: `term` is a whole number, but must be a section"),
        ("[exemption]\nname = 'x'", "5:1: `exemption` is a section, but must be a list of sections"),
        ("exemption = [1]", "5:14: an entry of `exemption` is a whole number, but must be a section"),
    ] {
        assert_eq!(refused(&format!("{inline}{more}")).to_string(), format!("own.toml:{expected}"));
    }
}

#[test]
fn values_that_cannot_be() {
    check(&[
        (2, "id = \"\"", "2:6: `id` is empty"),
        (8, "source = \" \\t\"", "8:10: `source` is empty"),
        (28, "source = ''", "28:10: `source` is empty"),
        (36, "excluded_competencies = [\"A\", \"\"]", "36:31: an entry of `excluded_competencies` is empty"),
        (21, "name = \"a\\nb\"", "21:8: `name` holds a control character, but must be one line of text"),
        (7, "length_days = 0", "7:15: `length_days` is 0, but must be from 1 to 3660"),
        (
            7,
            "length_days = 99999999999999999999",
            "7:15: `length_days` is 99999999999999999999, which is no plausible number of days",
        ),
        (7, "length_days = -2147483648", "7:15: `length_days` is -2147483648, which is no plausible number of days"),
        (12, "closes_after_days = 365", "12:21: `closes_after_days` is 365, but must be from 1 to 364"),
        (11, "opens_after_days = -1", "11:20: `opens_after_days` is -1, but must be from 0 to 364"),
        (16, "first_offset_days = 1", "16:21: `first_offset_days` is 1, but must be from -365 to 0"),
        (17, "second_offset_days = 31", "17:22: `second_offset_days` is 31, but must be from 1 to 30"),
        (
            23,
            "anniversary_from = 1899-12-31",
            "23:20: `anniversary_from` is 1899-12-31, but must be in the years 1900 to 2999",
        ),
        (
            24,
            "anniversary_to = 3000-01-01",
            "24:18: `anniversary_to` is 3000-01-01, but must be in the years 1900 to 2999",
        ),
        (25, "extended_to_year = 20211", "25:20: `extended_to_year` is 20211, but must be in the years 1900 to 2999"),
        (22, "offer_type = \"gold\"", "22:14: `offer_type` is `gold`, but must be `competency` or `action_pack`"),
    ]);
}

#[test]
fn rounds_that_the_rules_refuse() {
    check(&[
        (22, "offer_type = \"membership\"", "22:14: `offer_type` is `membership`, which needs no renewal (R1)"),
        (24, "anniversary_to = 2019-12-31", "24:18: the round ends (2019-12-31) before it begins (2020-01-01)"),
        (
            25,
            "extended_to_year = 2022",
            "25:20: `extended_to_year` is 2022, but anniversary 2020-01-01 renews to 2020-12-31 or 2021-01-01",
        ),
        (
            24,
            "anniversary_to = 2021-01-01",
            "25:20: `extended_to_year` is 2021, but anniversary 2021-01-01 renews to 2022-01-01 or 2022-01-01",
        ),
        (33, "anniversary_from = 2020-06-30", "30:1: the round overlaps `first`, which is for the same offer type"),
        (24, "anniversary_to = 2020-07-01", "30:1: the round overlaps `first`, which is for the same offer type"),
    ]);
    assert!(parse("own.toml", &RIGHT.replacen("competency", "action_pack", 1).replace("07-01", "06-30")).is_ok());
}

#[test]
fn hints_say_what_to_do() {
    for (line, replacement, expected) in [
        (12, "closes_after_day = 30", "did you mean `closes_after_days`?"),
        (7, "days = 1", "the keys here are `length_days` and `source`"),
        (6, "[terms]", "did you mean `term`?"),
        (24, "", "add `anniversary_to = 2020-06-30`"),
        (24, "anniversary_to = '2020-06-30'", "write it like `anniversary_to = 2020-06-30`"),
        (8, "source = ''", "every section says where its numbers come from"),
        (
            25,
            "extended_to_year = 2022",
            "a round reaches one year further: change the year, or the range, or split the round",
        ),
    ] {
        assert_eq!(refused(&spoiled(line, replacement)).hint().as_deref(), Some(expected), "{replacement}");
    }
}

#[test]
fn deep_and_long_texts_are_refused_not_followed() {
    let size = FILE_BYTES_MAX / 4;
    let key = format!("{}a", "a.".repeat(78));
    for text in [
        "[".repeat(size),
        format!("a = {}", "[".repeat(size)),
        format!("a = {}", "{a = ".repeat(size / 5)),
        format!("{}a = 1", "a.".repeat(size / 2)),
        format!("[{}a]", "a.".repeat(size / 2)),
        format!("{key} = {}1{}", format!("[{{{key} = ").repeat(39), "}]".repeat(39)),
        format!("{key} = {}1{}", format!("{{{key} = ").repeat(78), "}".repeat(78)),
        format!("[{key}]\n{}", format!("{key} = {{").repeat(79)),
        format!("schema = 1\n{} = 1", "a".repeat(size)),
        format!("schema = 1{}", "0".repeat(size)),
        format!("schema = 1\nid = {}", "[]".repeat(size / 2)),
    ] {
        let message = refused(&text).to_string();
        assert!(message.len() < 200, "{message}");
    }
}

proptest! {
    /// Whatever the text, there is an answer, and a problem has a place inside the text.
    #[test]
    fn no_text_is_too_strange(
        from in 0..=RIGHT.len(),
        length in 0..40_usize,
        replacement in r##"[\PC\n\[\]{}='"#.,0-9-]{0,12}"##,
    ) {
        let to = (from + length).min(RIGHT.len());
        let text = format!("{}{replacement}{}", &RIGHT[..from], &RIGHT[to..]);
        if let Err(error) = parse("own.toml", &text) {
            let place = error.place().cloned().unwrap();
            let lines: Vec<&str> = text.split('\n').collect();
            prop_assert!((1..=lines.len()).contains(&place.line), "{error}");
            prop_assert!((1..=lines[place.line - 1].chars().count() + 1).contains(&place.column), "{error}");
            prop_assert!(!error.to_string().contains('\n'));
            error.hint();
        }
    }

    /// Any text at all is read or refused.
    #[test]
    fn no_text_panics(text in any::<String>()) {
        let _ = parse("own.toml", &text);
    }
}
