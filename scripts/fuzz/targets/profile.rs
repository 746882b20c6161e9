#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| checks::profile::check(data));
