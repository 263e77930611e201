//! The cookies: never readable by scripts, never sent by another site's page, over TLS alone when we speak it.

use axum::http::{HeaderMap, HeaderValue, header};
use std::time::Duration;

/// An account's login.
pub(crate) const LOGIN: &str = "lianxian_login";
/// A device's token.
pub(crate) const DEVICE: &str = "lianxian_device";

/// A guest's visit.
pub(crate) const GUEST: &str = "lianxian_guest";

/// Only the API reads them.
const PATH: &str = "/api/v1";

/// The cookie's value, if the request carries it.
pub(super) fn value<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(key, value)| *key == name && !value.is_empty()).map(|(_, value)| value)
}

/// Tells the browser to keep the cookie. Tokens are hex: nothing to escape.
pub(crate) fn set_cookie(name: &str, token: &str, life: Duration, secure: bool) -> HeaderValue {
    let secure = if secure { "; Secure" } else { "" };
    let seconds = life.as_secs();
    let text = format!("{name}={token}; Path={PATH}; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}");
    HeaderValue::try_from(text).unwrap_or_else(|_| HeaderValue::from_static(""))
}

/// Tells the browser to forget it.
pub(crate) fn clear_cookie(name: &str, secure: bool) -> HeaderValue {
    set_cookie(name, "", Duration::ZERO, secure)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_right_one_of_many_cookies_is_read() {
        let mut headers = HeaderMap::new();
        headers.append(header::COOKIE, HeaderValue::from_static("a=1; lianxian_login_x=2"));
        headers.append(header::COOKIE, HeaderValue::from_static("lianxian_login=abc;lianxian_device="));
        assert_eq!(value(&headers, LOGIN), Some("abc"));
        assert_eq!(value(&headers, DEVICE), None);
    }

    #[test]
    fn flags_hold_and_tls_adds_its_own() {
        let plain = set_cookie(LOGIN, "abc", Duration::from_secs(60), false);
        assert_eq!(plain, "lianxian_login=abc; Path=/api/v1; Max-Age=60; HttpOnly; SameSite=Strict");
        assert!(set_cookie(LOGIN, "abc", Duration::ZERO, true).to_str().unwrap().ends_with("; Secure"));
        assert!(clear_cookie(DEVICE, true).to_str().unwrap().starts_with("lianxian_device=; Path=/api/v1; Max-Age=0"));
    }
}
