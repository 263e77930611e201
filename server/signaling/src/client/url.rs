//! The address that a client connects to.

/// How to connect.
#[derive(Clone, Debug, Default)]
pub struct Connect<'a> {
    /// `wss://host:port`, `https://…` or the plain kinds.
    pub server: &'a str,
    /// Goes into the query; a client that can set headers may leave it empty and send `Authorization: Bearer`.
    pub token: &'a str,
    pub auto_subscribe: bool,
    pub adaptive_stream: bool,
    /// The participant sid to resume.
    pub resume: Option<&'a str>,
}

/// The socket's address, in the plain-query form of the dual peer connection protocol.
pub fn connect_url(connect: &Connect<'_>) -> String {
    let server = connect.server.trim_end_matches('/');
    let server = match server.split_once("://") {
        Some(("https", rest)) => format!("wss://{rest}"),
        Some(("http", rest)) => format!("ws://{rest}"),
        _ => server.to_owned(),
    };
    let flag = |on: bool| if on { 1 } else { 0 };
    let mut url = format!(
        "{server}/rtc?sdk=rust&version={}&protocol={}&auto_subscribe={}&adaptive_stream={}",
        env!("CARGO_PKG_VERSION"),
        crate::SPOKEN_PROTOCOL,
        flag(connect.auto_subscribe),
        flag(connect.adaptive_stream),
    );
    if !connect.token.is_empty() {
        url.push_str("&access_token=");
        // A token is base64url and dots: nothing to escape.
        url.push_str(connect.token);
    }
    if let Some(sid) = connect.resume {
        url.push_str("&reconnect=1&sid=");
        url.push_str(sid);
    }
    url
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Introduction;
    use std::collections::BTreeMap;

    #[test]
    fn the_server_reads_what_the_client_says() {
        let url = connect_url(&Connect {
            server: "https://host:8443/",
            token: "a.b.c",
            adaptive_stream: true,
            resume: Some("PA_1"),
            ..Connect::default()
        });
        let (address, query) = url.split_once('?').unwrap();
        assert_eq!(address, "wss://host:8443/rtc");
        let query: BTreeMap<String, String> =
            query.split('&').filter_map(|p| p.split_once('=')).map(|(k, v)| (k.into(), v.into())).collect();
        assert_eq!(query["access_token"], "a.b.c");
        let read = Introduction::read(&query);
        assert_eq!(read.resume.unwrap().as_str(), "PA_1");
        assert!(!read.client.auto_subscribe && read.client.adaptive_stream);
        assert_eq!(read.client.sdk, "rust");
    }
}
