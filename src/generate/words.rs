//! The words that invented exports are made of: company names, countries, currencies and competencies.
//!
//! Every company name is put together from nonsense words, and every fee level is made up; neither is meant to be
//! like a real one. The competency names are those of the documentation (October 2019).

/// A country, how often partners come from it, its currency, and what companies there are called.
#[derive(Debug)]
pub(super) struct Country {
    /// ISO 3166-1 alpha-2.
    pub code: &'static str,
    /// Its share among all, in parts of [`COUNTRY_WEIGHTS_TOTAL`].
    pub weight: u64,
    /// ISO 4217.
    pub currency: &'static str,
    /// Made-up price level: what 1000 units of a base fee become in this currency.
    pub fee_per_mille: u64,
    /// Legal forms, as they end a company's name.
    pub legal_forms: &'static [&'static str],
}

const fn country(
    code: &'static str,
    weight: u64,
    (currency, fee_per_mille): (&'static str, u64),
    legal_forms: &'static [&'static str],
) -> Country {
    Country { code, weight, currency, fee_per_mille, legal_forms }
}

const EUR: (&str, u64) = ("EUR", 900);

/// Where partners come from.
pub(super) const COUNTRIES: [Country; 30] = [
    country("US", 24, ("USD", 1_000), &["LLC", "Inc", "Corp", "Group"]),
    country("DE", 10, EUR, &["GmbH", "AG", "GmbH & Co. KG"]),
    country("GB", 9, ("GBP", 800), &["Ltd", "PLC", "Limited"]),
    country("FR", 6, EUR, &["SAS", "SARL", "SA"]),
    country("JP", 6, ("JPY", 110_000), &["K.K.", "G.K."]),
    country("IN", 6, ("INR", 70_000), &["Pvt Ltd", "Private Limited", "LLP"]),
    country("CN", 4, ("CNY", 7_000), &["Co Ltd"]),
    country("BR", 4, ("BRL", 5_000), &["Ltda", "S.A."]),
    country("CA", 4, ("CAD", 1_300), &["Inc", "Ltd"]),
    country("AU", 3, ("AUD", 1_400), &["Pty Ltd"]),
    country("NL", 3, EUR, &["B.V.", "N.V."]),
    country("IT", 3, EUR, &["S.r.l.", "S.p.A."]),
    country("ES", 3, EUR, &["S.L.", "S.A."]),
    country("CH", 2, ("CHF", 1_100), &["AG", "GmbH"]),
    country("SE", 2, ("SEK", 9_500), &["AB"]),
    country("NO", 1, ("NOK", 9_000), &["AS"]),
    country("DK", 1, ("DKK", 6_500), &["A/S", "ApS"]),
    country("PL", 2, ("PLN", 4_000), &["Sp. z o.o.", "S.A."]),
    country("BE", 1, EUR, &["BV", "NV"]),
    country("AT", 1, EUR, &["GmbH"]),
    country("IE", 1, EUR, &["Ltd"]),
    country("FI", 1, EUR, &["Oy"]),
    country("PT", 1, EUR, &["Lda"]),
    country("CZ", 1, ("CZK", 24_000), &["s.r.o."]),
    country("MX", 2, ("MXN", 20_000), &["S.A. de C.V."]),
    country("ZA", 1, ("ZAR", 16_000), &["(Pty) Ltd"]),
    country("SG", 1, ("SGD", 1_400), &["Pte Ltd"]),
    country("NZ", 1, ("NZD", 1_500), &["Ltd"]),
    country("TR", 1, ("TRY", 6_000), &["A.S."]),
    country("AE", 1, ("AED", 3_700), &["FZ-LLC"]),
];

/// The sum of the countries' weights.
pub(super) const COUNTRY_WEIGHTS_TOTAL: u64 = {
    let mut total = 0;
    let mut index = 0;
    while index < COUNTRIES.len() {
        total += COUNTRIES[index].weight;
        index += 1;
    }
    total
};

/// The currency whose fees have no decimal places.
pub(super) const WHOLE_AMOUNTS_CURRENCY: &str = "JPY";

/// Beginnings of invented company names.
pub(super) const STEMS: [&str; 40] = [
    "Wobble",
    "Quibble",
    "Snizzle",
    "Fimble",
    "Fribble",
    "Zonk",
    "Mumble",
    "Gloop",
    "Tattle",
    "Brimble",
    "Dollop",
    "Squiggle",
    "Pickle",
    "Jumble",
    "Crumple",
    "Snorgle",
    "Hobble",
    "Rumple",
    "Fiddle",
    "Twiddle",
    "Bungle",
    "Wimple",
    "Gargle",
    "Noodle",
    "Puddle",
    "Scrumple",
    "Wuzzle",
    "Waffle",
    "Yoddle",
    "Zizzle",
    "Bubble",
    "Doodle",
    "Giggle",
    "Higgle",
    "Kerfuffle",
    "Muddle",
    "Niggle",
    "Piffle",
    "Snaffle",
    "Truffle",
];

/// Beginnings of invented company names with letters outside ASCII.
pub(super) const ACCENTED_STEMS: [&str; 14] = [
    "Zürbel",
    "Smørquak",
    "Żółtobąk",
    "Ñandúful",
    "Çiçikko",
    "Crèmebrûl",
    "Łopuszk",
    "Œufrag",
    "Grüßknöd",
    "Ärtswum",
    "Þvottab",
    "Šnekobřich",
    "Ψιψιφου",
    "モコペン",
];

/// Second halves of invented company names.
pub(super) const ENDINGS: [&str; 32] = [
    "quist", "thorn", "whistle", "brook", "wick", "snout", "marsh", "feather", "bottom", "crank", "tuft", "sprocket",
    "ladle", "button", "gribble", "moss", "pocket", "wump", "fennel", "tangle", "burrow", "pebble", "turnip",
    "bramble", "spindle", "kettle", "thimble", "gander", "muffin", "plume", "hopper", "bucket",
];

/// What invented companies do.
pub(super) const TRADES: [&str; 24] = [
    "Cloud Services",
    "Data Analytics",
    "Managed Hosting",
    "Business Systems",
    "Software Works",
    "Integration",
    "Digital Workplaces",
    "Infrastructure",
    "Consulting",
    "Network Solutions",
    "Application Studio",
    "Collaboration",
    "Device Management",
    "Information Systems",
    "Security Services",
    "Process Automation",
    "Technology Partners",
    "Platform Engineering",
    "Enterprise Software",
    "Communications",
    "Project Services",
    "Business Intelligence",
    "Computing",
    "Systems House",
];

/// The competencies a partner can hold.
pub(super) const COMPETENCIES: [&str; 19] = [
    "Application Development",
    "Application Integration",
    "Cloud Business Applications",
    "Cloud Customer Relationship Management",
    "Cloud Platform",
    "Cloud Productivity",
    "Collaboration and Content",
    "Communications",
    "Data Analytics",
    "Data Platform",
    "Data Center",
    "DevOps",
    "Enterprise Mobility Management",
    "Enterprise Resource Planning",
    "Messaging",
    "Project and Portfolio Management",
    "Security",
    "Small and Midmarket Cloud Solutions",
    "Windows and Devices",
];

#[cfg(test)]
mod tests {
    use super::*;

    /// Only company names may need quotes; a broken quote of one row would otherwise be ended by another cell's.
    #[test]
    fn only_company_names_can_need_quoting() {
        let needs_quotes = |text: &&str| text.contains(['"', ',', ';', '\t', '\n', '\r']);
        assert!(!COMPETENCIES.iter().any(needs_quotes));
        for country in &COUNTRIES {
            assert_eq!((country.code.len(), country.currency.len()), (2, 3));
            assert!(country.code.bytes().chain(country.currency.bytes()).all(|byte| byte.is_ascii_uppercase()));
        }
    }

    #[test]
    fn countries_are_distinct() {
        for (index, country) in COUNTRIES.iter().enumerate() {
            assert!(COUNTRIES[..index].iter().all(|other| other.code != country.code), "{}", country.code);
        }
    }
}
