#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| lianxian_tests::parsers::image(bytes));
