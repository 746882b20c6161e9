//! Profiles that are wrong: where each is refused, and in which words.

use super::parse;

const HEAD: &str = "schema = 1\nid = \"own\"\ntitle = \"t\"\nsource = \"s\"\n";

fn refusal(rest: &str) -> (String, String) {
    let error = parse("own.toml", &format!("{HEAD}{rest}")).map(|_| ()).expect_err(rest);
    (error.to_string(), error.hint().unwrap_or_default())
}

#[test]
fn what_is_wrong_has_a_place_and_words() {
    for (rest, message) in [
        ("x = 1", "own.toml:5:1: unknown field `x`"),
        ("[headers]\npartnerid = []", "own.toml:6:1: unknown field `partnerid`"),
        ("[headers]\npartner_id = 5", "own.toml:6:14: invalid type: integer `5`"),
        (
            "[headers]\nfee = [\"Price\"]\nlevel = [\"Tier\", \"PRICE\"]",
            "own.toml:6:8: the header `Price` is already one of `level`",
        ),
        ("[headers]\nfee = [\"level\"]", "own.toml:6:8: the header `level` is already one of `level`"),
        ("[headers]\nfee = [\" _-\"]", "own.toml:6:8: a header of `fee` has no letter"),
        (
            "[constants]\nlevel = \"platinum\"",
            "own.toml:6:9: `platinum` is no value of `level`: it must be silver or gold",
        ),
        ("[constants]\nlevel = \"gold\"\n[headers]\nlevel = [\"L\"]", "own.toml:8:10: `level` is constant"),
        ("[values.level]\n\"金\" = \"golden\"", "own.toml:6:7: `golden` is no value of `level`"),
        ("[values.fee]\n\"free\" = \"0\"", "own.toml:6:10: a text of `fee` may only stand for an empty cell"),
        ("[values.level]\n\"G\" = \"gold\"\n\"g\" = \"gold\"", "`g` stands there twice, ignoring case"),
        ("[dates]\nformats = []", "own.toml:6:11: `formats` is empty"),
        (
            "[dates]\nformats = [\"%d/%m/%Y\", \"%H:%M\"]",
            "own.toml:6:24: `%H:%M` does not name a year, a month and a day",
        ),
        ("[dates]\nformats = [\"%Q\"]", "own.toml:6:12: `%Q` is not a date format"),
        ("[dates]\ntime_of_day = \"noon\"", "own.toml:6:15: unknown variant `noon`"),
        ("[dates.fee]\nformats = []", "own.toml:5:8: unknown field `fee`"),
        ("[fees]\ndecimal_mark = \";\"", "own.toml:6:16: `decimal_mark` must be"),
        ("[fees]\ndecimal_mark = \".\"\ngrouping = \".\"", "own.toml:7:12: `grouping` must be"),
        ("[fees]\ndecimal_mark = \".\"\ngrouping = \"ab\"", "own.toml:7:12: `grouping` must be"),
        ("[fees]\ndecimal_mark = \".\"\ndecimal_places_max = 5", "own.toml:7:22: `decimal_places_max` must be"),
        ("[fees]\ngrouping = \",\"", "missing field `decimal_mark`"),
        ("[fees]\ndecimal_mark = \".\"\n[fees.symbols]\n\"1\" = \"USD\"", "own.toml:8:1: a currency symbol"),
        ("[fees]\ndecimal_mark = \".\"\n[fees.symbols]\n\"$\" = \"dollar\"", "own.toml:8:7: a symbol stands for"),
        ("delimiter = \"pipe\"", "own.toml:5:13: unknown variant `pipe`"),
        ("id = \"again\"", "own.toml:5:1: duplicate key"),
    ] {
        let (found, hint) = refusal(rest);
        assert!(found.contains(message), "{rest}\n{found}");
        assert!(!hint.is_empty(), "{rest}");
    }
    for (text, message) in [
        ("", "missing field `schema`"),
        ("schema = 2\nid = 'x'\ntitle = 't'\nsource = 's'", "x:1:10: `schema` is 2, but this version reads 1"),
        ("schema = 1\nid = ''\ntitle = 't'\nsource = 's'", "x:2:6: `id` must be one line of text"),
        ("schema", "x:1:"),
    ] {
        let error = parse("x", text).map(|_| ()).expect_err(text).to_string();
        assert!(error.contains(message), "{text}\n{error}");
    }
}

#[test]
fn deep_texts_are_refused_or_read() {
    for text in
        ["[".repeat(100_000), format!("{HEAD}a{}=1", ".a".repeat(100_000)), "x=".to_owned() + &"{x=".repeat(9_999)]
    {
        assert!(parse("deep.toml", &text).is_err());
    }
}
