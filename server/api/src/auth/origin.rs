//! Whether a change was asked for by our own page. A browser sends cookies along with requests that other pages make
//! it send; it also says which page that was.

use crate::problem::Problem;
use axum::extract::FromRequestParts;
use axum::http::{HeaderMap, StatusCode, header, request};

/// What the browser says of the page that sent the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Page {
    Ours,
    Foreign,
    /// It says nothing: no browser, or a very old one.
    Unsaid,
}

/// A change that a cookie vouches for must come from our own page, provably. Reading changes nothing.
pub(super) fn check(parts: &request::Parts) -> Result<(), Problem> {
    if parts.method.is_safe() || page(parts) == Page::Ours { Ok(()) } else { Err(bad_origin()) }
}

/// For requests without a cookie that still must not be sent by another site's page: logging in would make the
/// browser somebody else's.
pub(crate) struct NotForeign;

impl<S: Send + Sync> FromRequestParts<S> for NotForeign {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut request::Parts, _state: &S) -> Result<Self, Problem> {
        if page(parts) == Page::Foreign { Err(bad_origin()) } else { Ok(Self) }
    }
}

fn bad_origin() -> Problem {
    let en = "the request does not come from a page of this server";
    Problem::new(StatusCode::FORBIDDEN, "bad_origin", "请求不是由本系统的页面发出的", en)
}

fn page(parts: &request::Parts) -> Page {
    let text = |name: &str| parts.headers.get(name).map(|value| value.to_str().unwrap_or("?"));
    if let Some(site) = text("sec-fetch-site") {
        return if matches!(site, "same-origin" | "none") { Page::Ours } else { Page::Foreign };
    }
    let Some(origin) = text("origin") else { return Page::Unsaid };
    // Scheme aside: behind a proxy that speaks TLS for us, the page is https and we are not.
    let from = origin.split_once("://").map(|(_, authority)| authority);
    let to = host(&parts.headers).or(parts.uri.authority().map(|authority| authority.as_str()));
    match (from, to) {
        (Some(from), Some(to)) if from.eq_ignore_ascii_case(to) => Page::Ours,
        _ => Page::Foreign,
    }
}

fn host(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::HOST)?.to_str().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::Request;

    fn said(headers: &[(&str, &str)]) -> Page {
        let mut request = Request::post("/api/v1/watches");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        page(&request.body(()).unwrap().into_parts().0)
    }

    #[test]
    fn our_own_page_is_told_from_others() {
        let host = ("host", "lianxian.local:8443");
        assert_eq!(said(&[host, ("origin", "https://lianxian.local:8443")]), Page::Ours);
        assert_eq!(said(&[host, ("origin", "https://LIANXIAN.local:8443")]), Page::Ours);
        assert_eq!(said(&[host, ("origin", "https://lianxian.local")]), Page::Foreign);
        assert_eq!(said(&[host, ("origin", "null")]), Page::Foreign);
        assert_eq!(said(&[host, ("origin", "https://elsewhere")]), Page::Foreign);
        assert_eq!(said(&[host]), Page::Unsaid);
        assert_eq!(said(&[host, ("sec-fetch-site", "same-origin")]), Page::Ours);
        assert_eq!(said(&[host, ("sec-fetch-site", "same-site")]), Page::Foreign);
        // The stronger word wins: it cannot be set by a page.
        let both = [host, ("origin", "https://lianxian.local:8443"), ("sec-fetch-site", "cross-site")];
        assert_eq!(said(&both), Page::Foreign);
    }
}
