#!/usr/bin/env python3
"""Holds the oracle itself to cases worked out by hand. Run: test_oracle.py [DATES.csv]

DATES.csv is the table of worked date examples (case, offer_type, purchase_date, ...).
"""

import datetime
import sys
import unittest

import oracle

DATES_TABLE = sys.argv.pop(1) if len(sys.argv) > 1 and sys.argv[1].endswith(".csv") else None
POLICY = oracle.load_policy(oracle.DEFAULT_POLICY)
HEADER = b"partner_id,offer_type,purchase_date\n"


def framed(body, limit=1000, delimiter=","):
    """The cells or the problem of each record."""
    return [
        record.problem or record.fields
        for record in oracle.frame_all(body, ord(delimiter), limit)
    ]


def reject_codes(body, limit=1000):
    rows = oracle.read_csv("x.csv", HEADER + body, limit)
    _, rejects = oracle.evaluate(rows, datetime.date(2020, 6, 5), POLICY)
    return [(reject[1], reject[4]) for reject in rejects]


class Framing(unittest.TestCase):
    def test_line_endings(self):
        self.assertEqual(framed(b"a,b\r\nc\rd\n\n\r\n \n\r"), [
            [b"a", b"b"], [b"c\rd"], [b" "], [b"\r"],
        ])

    def test_quotes(self):
        self.assertEqual(framed(b'"a""b","c,\nd","",x"y"z\n'), [
            [b'a"b', b"c,\nd", b"", b'x"y"z'],
        ])

    def test_bad_quote_runs_to_the_next_delimiter(self):
        self.assertEqual(framed(b'"a"b"c,d\n"a"\rb\nok\n"a"\r\n'), [
            "bad_quote", "bad_quote", [b"ok"], [b"a"],
        ])

    def test_unclosed_quote_goes_on_at_the_next_line(self):
        self.assertEqual(framed(b'a,"b\nc,d\n'), ["unclosed_quote", [b"c", b"d"]])

    def test_limit(self):
        self.assertEqual(framed(b"12345\n123456\n12345\r\n1234\r5\n", 5), [
            [b"12345"], "record_too_long", [b"12345"], "record_too_long",
        ])
        # Closed by the limit's last byte; open after it; a double quote across it.
        self.assertEqual(framed(b'"123"\n"1234"\n"123""\n', 5), [
            [b"123"], "unclosed_quote", "unclosed_quote",
        ])
        # Too long outside quotes: its end is still found by the quotes.
        self.assertEqual(framed(b'123456,"a\nb"\nc\n', 5), ["record_too_long", [b"c"]])
        self.assertEqual(framed(b'123456,"a\nb\nc', 5), ["unclosed_quote", [b"b"], [b"c"]])

    def test_lines_and_order_of_codes(self):
        self.assertEqual(
            reject_codes(b'1,action_pack\n\n"a\nb",action_pack,2019-13-01\n"x"\xff,,,\n2,\xff\n'),
            [("2", "too_few_fields"), ("4", "bad_date"), ("6", "bad_quote"), ("7", "bad_utf8")],
        )


class Forecast(unittest.TestCase):
    def forecast(self, fees):
        offers = "".join(f"1,action_pack,2019-06-01,{fee},EUR\n" for fee in fees)
        data = "partner_id,offer_type,purchase_date,fee,currency\n" + offers
        rows = oracle.read_csv("x.csv", data.encode(), 1000)
        as_of = datetime.date(2020, 6, 5)
        decisions, rejects = oracle.evaluate(rows, as_of, POLICY)
        return oracle.build_reports(decisions, rejects, as_of)["fee_forecast"]

    def test_two_places_or_the_widest(self):
        row = ["2020-06", "EUR", "action_pack", ""]
        self.assertEqual(self.forecast(["0", "0.1"]), [row + ["2", "0", "0.10"]])
        self.assertEqual(self.forecast(["1.5000", "", "2"]), [row + ["3", "1", "3.5000"]])
        self.assertEqual(self.forecast([""]), [row + ["1", "1", ""]])
        wide, twice = "999999999999999999.9999", "1999999999999999999.9998"
        self.assertEqual(self.forecast([wide, wide]), [row + ["2", "0", twice]])


class Cells(unittest.TestCase):
    def test_guard_and_quotes(self):
        self.assertEqual(oracle.csv_cell("partner_name", "=a,b", False), "\"'=a,b\"")
        self.assertEqual(oracle.csv_cell("partner_name", "=a", True), "=a")
        self.assertEqual(oracle.csv_cell("fee", "=a", False), "=a")
        self.assertEqual(oracle.csv_cell("country", " a\r", False), '" a\r"')

    def test_shortest_float(self):
        self.assertEqual(oracle.shortest_float_text(10.0, False), "10")
        self.assertEqual(oracle.shortest_float_text(0.1, False), "0.1")
        self.assertEqual(oracle.shortest_float_text(1e-05, False), "0.00001")
        self.assertEqual(oracle.shortest_float_text(1e17, False), "100000000000000000")
        self.assertEqual(oracle.shortest_float_text(0.10000000149011612, True), "0.1")


class Dates(unittest.TestCase):
    @unittest.skipIf(DATES_TABLE is None, "no table of worked dates given")
    def test_worked_examples(self):
        with open(DATES_TABLE, "rb") as file:
            records = framed(file.read())
        names = [name.decode() for name in records[0]]
        for record in records[1:]:
            case = dict(zip(names, (cell.decode() for cell in record), strict=True))
            with self.subTest(case["case"]):
                cells = {name: case.get(name, "") for name in oracle.COLUMNS}
                cells["partner_id"] = "0000001"
                row = oracle.SourceRow("x.csv", 2, 0, cells=cells)
                as_of = datetime.date.fromisoformat(case["as_of"])
                decisions, rejects = oracle.evaluate([row], as_of, POLICY)
                self.assertEqual(rejects, [])
                decision = decisions[0]
                self.assertEqual(decision.stage, case["stage"])
                for attribute, name in (
                    ("anniversary", "anniversary"), ("opens", "window_opens"),
                    ("closes", "window_closes"), ("first_reminder", "first_reminder"),
                    ("second_reminder", "second_reminder"),
                    ("next_anniversary", "next_anniversary"),
                ):
                    self.assertEqual(getattr(decision, attribute).isoformat(), case[name], name)


if __name__ == "__main__":
    unittest.main()
