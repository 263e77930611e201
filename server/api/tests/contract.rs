//! The written contract is the one that the handlers speak.

use std::path::Path;

#[test]
fn the_written_contract_is_the_generated_one() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference/openapi.json");
    let generated = lianxian_api::openapi();
    if std::env::var_os("RENEW").is_some() {
        std::fs::write(&path, &generated).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    let renew = "RENEW=1 cargo test -p lianxian-api --test contract";
    assert!(written == generated, "docs/reference/openapi.json is not what the handlers speak; renew it: {renew}");
}
