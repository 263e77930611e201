//! Headers of every answer: pages load from this server alone, are framed by nobody, and use only the camera, the
//! microphone, the screen and sound.

use crate::state::App;
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;

const PERMISSIONS_POLICY: HeaderName = HeaderName::from_static("permissions-policy");
const OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");

pub(crate) async fn guard(State(app): State<App>, request: Request, next: Next) -> Response {
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    let host = host.or(request.uri().authority().map(|authority| authority.as_str()));
    let policy = policy(app.secure, host);
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    if let Ok(policy) = HeaderValue::try_from(policy) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    let allowed = "camera=(self), microphone=(self), display-capture=(self), fullscreen=(self), autoplay=(self), \
                   speaker-selection=(self), screen-wake-lock=(self), geolocation=(), payment=(), usb=(), serial=(), \
                   bluetooth=(), midi=()";
    headers.insert(PERMISSIONS_POLICY, HeaderValue::from_static(allowed));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers.insert(OPENER_POLICY, HeaderValue::from_static("same-origin"));
    response
}

/// What a page may load and talk to. Older browsers do not count the link's `wss:` as `'self'`: it is named.
/// Styles alone may be inline: the console's components write theirs as they are shown.
fn policy(secure: bool, host: Option<&str>) -> String {
    let plain = |host: &&str| host.bytes().all(|b| b.is_ascii_alphanumeric() || b"-.:[]".contains(&b));
    let link = match host.filter(plain) {
        Some(host) if secure => format!(" wss://{host}"),
        Some(host) => format!(" ws://{host}"),
        None => String::new(),
    };
    format!(
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; \
         font-src 'self' data:; media-src 'self' blob: mediastream:; connect-src 'self'{link}; worker-src 'self' blob:; \
         manifest-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_talks_to_its_own_server_alone() {
        let said = policy(true, Some("lianxian.local:8443"));
        assert!(said.contains("connect-src 'self' wss://lianxian.local:8443;"));
        assert!(said.contains("script-src 'self';") && said.contains("frame-ancestors 'none'"));
        assert!(policy(false, Some("x")).contains("connect-src 'self' ws://x;"));
        // A host that is none adds nothing to the policy.
        assert!(policy(true, Some("x; script-src *")).contains("connect-src 'self';"));
    }
}
