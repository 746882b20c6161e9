//! Finding records by the wider registers and the bit instructions that nearly every x86-64 processor of the last ten
//! years has, where it is found to have them while the program runs.
//!
//! BE ADVISED: this module has the program's only `unsafe`. A function that is compiled for a processor's feature must not
//! be called where the feature is missing; [`find`] is the one place that calls such a function, and asks before. The
//! tests hold what it finds to the other way of finding.
#![allow(unsafe_code, reason = "whether the processor has the features is known only while the program runs")]

use super::{BLOCK, Found, PlainRecords};
use std::arch::x86_64::{__m256i, _mm256_cmpeq_epi8, _mm256_movemask_epi8, _mm256_or_si256, _mm256_set1_epi8};

/// [`PlainRecords::find`]; `None` where the processor lacks what it takes.
#[inline]
pub fn find(records: &mut PlainRecords, bytes: &[u8], from: usize, delimiter: u8) -> Option<bool> {
    let has_features = is_x86_feature_detected!("avx2")
        && is_x86_feature_detected!("bmi1")
        && is_x86_feature_detected!("bmi2")
        && is_x86_feature_detected!("lzcnt")
        && is_x86_feature_detected!("popcnt");
    if !has_features {
        return None;
    }
    // SAFETY: the processor was just found to have every feature that the function is compiled for.
    Some(unsafe { find_wide(records, bytes, from, delimiter) })
}

#[target_feature(enable = "avx2,bmi1,bmi2,lzcnt,popcnt")]
fn find_wide(records: &mut PlainRecords, bytes: &[u8], from: usize, delimiter: u8) -> bool {
    records.find_by(bytes, from, delimiter, |block, delimiter| in_block(block, delimiter))
}

#[inline]
#[target_feature(enable = "avx2")]
fn in_block(block: &[u8; BLOCK], delimiter: u8) -> Found {
    let [low, high]: [__m256i; 2] = bytemuck::must_cast(*block);
    let equal = |lanes: __m256i, byte: u8| _mm256_cmpeq_epi8(lanes, _mm256_set1_epi8(byte as i8));
    let bits = |lanes: __m256i| u64::from(_mm256_movemask_epi8(lanes) as u32);
    let mark = |byte: u8| bits(equal(low, byte)) | bits(equal(high, byte)) << 32;
    // Most blocks have neither of these.
    let mark_rare = |byte: u8| {
        let either = _mm256_or_si256(equal(low, byte), equal(high, byte));
        if bits(either) == 0 { 0 } else { mark(byte) }
    };
    Found {
        delimiters: mark(delimiter),
        line_feeds: mark(b'\n'),
        quotes: mark_rare(b'"'),
        carriage_returns: mark_rare(b'\r'),
    }
}
