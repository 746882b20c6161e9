//! Quantiles of Beta distributions, and the interval of a sum of payments.

use statrs::distribution::{ContinuousCDF, Normal};
use statrs::function::beta::{beta_reg, ln_beta};

/// Shares closer to nought or one than this are taken for it.
const NEGLIGIBLE_SHARE: f64 = 1e-12;
/// Above this α + β the normal distribution of the same mean and variance stands for the Beta distribution: by then
/// they are alike, and the continued fraction that gives the latter no longer converges far above it.
const NORMAL_FROM: f64 = 1e5;
const ITERATIONS_MAX: usize = 200;

/// A low and a high bound.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bounds {
    /// The low bound.
    pub low: f64,
    /// The high bound.
    pub high: f64,
}

/// The quantiles of a Beta distribution between which the share `coverage` lies, as much below them as above.
pub fn beta_bounds(alpha: f64, beta: f64, coverage: f64) -> Bounds {
    let below = (1.0 - coverage) / 2.0;
    Bounds { low: beta_quantile(alpha, beta, below), high: beta_quantile(alpha, beta, 1.0 - below) }
}

/// The quantile of a Beta distribution.
///
/// The distribution function is the crate's; its quantiles are not used, because their search does not end for every
/// pair of parameters.
pub fn beta_quantile(alpha: f64, beta: f64, probability: f64) -> f64 {
    let mean = alpha / (alpha + beta);
    let deviation = (mean * (1.0 - mean) / (alpha + beta + 1.0)).sqrt();
    let of_normal = mean + Normal::standard().inverse_cdf(probability) * deviation;
    if alpha + beta > NORMAL_FROM {
        return of_normal.clamp(0.0, 1.0);
    }
    if beta_reg(alpha, beta, NEGLIGIBLE_SHARE) >= probability {
        return 0.0;
    }
    if beta_reg(beta, alpha, NEGLIGIBLE_SHARE) >= 1.0 - probability {
        return 1.0;
    }
    let ln_beta = ln_beta(alpha, beta);
    let (mut low, mut high) = (NEGLIGIBLE_SHARE, 1.0 - NEGLIGIBLE_SHARE);
    let mut share = if low < of_normal && of_normal < high { of_normal } else { mean.clamp(low, high) };
    for _ in 0..ITERATIONS_MAX {
        let excess = beta_reg(alpha, beta, share) - probability;
        if excess < 0.0 {
            low = share;
        } else {
            high = share;
        }
        let density = ((alpha - 1.0) * share.ln() + (beta - 1.0) * (-share).ln_1p() - ln_beta).exp();
        let newton = share - excess / density;
        let is_inside = low < newton && newton < high;
        let next = match is_inside {
            true => newton,
            false if low * 8.0 < high => (low * high).sqrt(),
            false => f64::midpoint(low, high),
        };
        let step = (next - share).abs();
        share = next;
        // The step after one so small is below the last place.
        if is_inside && step <= 1e-8 * share.min(1.0 - share) {
            break;
        }
    }
    share
}

/// A sum of payments: what is known of it before any is made.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct PaymentSum {
    /// Everything, which the sum cannot exceed.
    pub total: f64,
    /// Sum of the squares of the payments.
    pub squares: f64,
    /// The mean of what is paid.
    pub mean: f64,
    /// Its variance.
    pub variance: f64,
}

/// Bounds of a sum of payments.
///
/// The share of the total that is paid is taken to have the Beta distribution with that mean and variance. Where the
/// variance leaves room for nothing but all or nothing, as for a single fee, it is that. Payments are made as a whole,
/// which a distribution without steps does not know: a bound that is nearer to nothing or to everything than half a
/// payment (the mean one, each weighted by itself) is put there.
pub fn sum_bounds(sum: &PaymentSum, coverage: f64) -> Bounds {
    let PaymentSum { total, squares, mean, variance } = *sum;
    /// α + β below which the distribution is all or nothing.
    const ALL_OR_NOTHING: f64 = 1e-9;
    let share = mean / total;
    let share_variance = variance / (total * total);
    if !(share > 0.0 && share < 1.0 && share_variance > 0.0) {
        return Bounds { low: mean, high: mean };
    }
    let strength = share * (1.0 - share) / share_variance - 1.0;
    if strength <= ALL_OR_NOTHING {
        let below = (1.0 - coverage) / 2.0;
        let all_or_nothing = |probability: f64| if 1.0 - share >= probability { 0.0 } else { total };
        return Bounds { low: all_or_nothing(below), high: all_or_nothing(1.0 - below) };
    }
    let Bounds { low, high } = beta_bounds(share * strength, (1.0 - share) * strength, coverage);
    let (low, high) = (total * low, total * high);
    let half_a_payment = squares / total / 2.0;
    let settled = |bound: f64| {
        if bound < half_a_payment {
            0.0
        } else if bound > total - half_a_payment {
            total
        } else {
            bound
        }
    };
    Bounds { low: settled(low), high: settled(high) }
}

/// A float rounded to twelve significant digits, as estimates are published: the last places of a float can differ
/// from machine to machine.
pub fn rounded(value: f64) -> f64 {
    format!("{value:.11e}").parse().unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// From scipy 1.17: `scipy.special.betaincinv(alpha, beta, probability)`.
    #[test]
    fn quantiles_are_those_of_scipy() {
        for (alpha, beta, probability, expected) in QUANTILES {
            let found = beta_quantile(alpha, beta, probability);
            assert!((found - expected).abs() <= 1e-10 * expected, "{alpha} {beta} {probability}: {found} {expected}");
        }
    }

    const QUANTILES: [(f64, f64, f64, f64); 10] = [
        (0.5, 0.5, 0.1, 0.024471741852423214),
        (0.8, 0.2, 0.1, 0.29721784245782945),
        (0.008, 0.002, 0.3, 1.0),
        (8.0, 2.0, 0.1, 0.6316376362100743),
        (8.0, 2.0, 0.9, 0.9392309503492315),
        (2.0, 8.0, 0.025, 0.028144973477898197),
        (800.5, 200.5, 0.1, 0.7833684277282884),
        (800.5, 200.5, 0.975, 0.8239040751225506),
        (80000.0, 20000.0, 0.1, 0.7983776745102692),
        (0.3, 30.0, 0.5, 0.0024633288045675674),
    ];

    #[test]
    fn a_single_fee_is_paid_or_not() {
        let single = |chance: f64| {
            let variance = 10_000.0 * chance * (1.0 - chance);
            sum_bounds(&PaymentSum { total: 100.0, squares: 10_000.0, mean: 100.0 * chance, variance }, 0.8)
        };
        assert_eq!(single(0.8), Bounds { low: 0.0, high: 100.0 });
        assert_eq!(single(0.95), Bounds { low: 100.0, high: 100.0 });
        assert_eq!(single(0.05), Bounds { low: 0.0, high: 0.0 });
        assert_eq!(single(1.0), Bounds { low: 100.0, high: 100.0 });
        assert_eq!(sum_bounds(&PaymentSum::default(), 0.8), Bounds { low: 0.0, high: 0.0 });
    }

    /// Against the probabilities of every count of payments, all of one size.
    #[test]
    fn a_few_payments_lie_in_the_interval_as_often_as_they_should() {
        for count in [2, 3, 5, 8, 12, 20, 50] {
            for chance in [0.5f64, 0.7, 0.8, 0.9, 0.95] {
                let total = f64::from(count);
                let sum = PaymentSum {
                    total,
                    squares: total,
                    mean: total * chance,
                    variance: total * chance * (1.0 - chance),
                };
                let Bounds { low, high } = sum_bounds(&sum, 0.8);
                let mut probability = (1.0 - chance).powi(count);
                let mut inside = 0.0;
                for paid in 0..=count {
                    if (low..=high).contains(&f64::from(paid)) {
                        inside += probability;
                    }
                    probability *= f64::from(count - paid) / f64::from(paid + 1) * chance / (1.0 - chance);
                }
                assert!(inside > 0.65, "{count} at {chance}: {inside}");
                assert!(inside < 0.95 || high == total, "{count} at {chance}: {inside}");
            }
        }
    }

    #[test]
    fn published_floats_have_twelve_digits() {
        for (value, expected) in [
            (0.0, "0"),
            (1.0 / 3.0, "0.333333333333"),
            (89_418_030.123_456_79, "89418030.1235"),
            (0.1 + 0.2, "0.3"),
            (1e22, "10000000000000000000000"),
        ] {
            assert_eq!(rounded(value).to_string(), expected);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]
        #[test]
        fn quantiles_invert_the_distribution(
            mean in 0.001f64..0.999,
            strength_exponent in -4.0f64..8.0,
            probability in 0.001f64..0.999,
        ) {
            let strength = 10f64.powf(strength_exponent);
            let (alpha, beta) = (mean * strength, (1.0 - mean) * strength);
            let share = beta_quantile(alpha, beta, probability);
            prop_assert!((0.0..=1.0).contains(&share));
            if share > 0.0 && share < 1.0 && strength < NORMAL_FROM {
                prop_assert!((beta_reg(alpha, beta, share) - probability).abs() < 1e-6);
            }
        }

        #[test]
        fn bounds_lie_around_the_mean_and_within_the_total(
            chance in 0.05f64..0.95,
            count in 2u32..1_000,
            coverage in 0.5f64..0.99,
        ) {
            let total = f64::from(count) * 100.0;
            let (squares, mean) = (total * 100.0, chance * total);
            let bounds = sum_bounds(&PaymentSum { total, squares, mean, variance: chance * (1.0 - chance) * squares }, coverage);
            prop_assert!(0.0 <= bounds.low && bounds.low <= bounds.high && bounds.high <= total);
        }
    }
}
