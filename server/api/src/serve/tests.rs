//! Connections that nobody uses, and answers that nobody takes.

#![allow(clippy::unwrap_used, clippy::expect_used)]

use super::*;
use bytes::Bytes;
use futures::StreamExt;
use h2::client::SendRequest;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio::task::JoinHandle;

/// What is sent to a reader that takes nothing: more than every buffer on the way holds.
const LARGE: usize = 2 * 1024 * 1024;
/// For what must happen.
const SOON: Duration = Duration::from_secs(10);
/// For what must not.
const LATER: Duration = Duration::from_millis(1_500);

const SHORT: Duration = Duration::from_millis(300);
const LONG: Duration = Duration::from_secs(60);
/// Nothing is cut.
const PATIENT: Patience = Patience { ping: LONG, idle: LONG, farewell: LONG, reader: LONG };

/// `/large`, and `/quiet`, which says one thing and no more.
fn answers() -> Router {
    let quiet = || async {
        let first = futures::stream::iter([Ok::<_, Infallible>(Bytes::from_static(b"open"))]);
        Body::from_stream(first.chain(futures::stream::pending()))
    };
    Router::new()
        .route("/large", axum::routing::get(|| async { vec![0u8; LARGE] }))
        .route("/small", axum::routing::get(|| async { "here" }))
        .route("/quiet", axum::routing::get(quiet))
}

/// The peer's end of a connection, and what serves it.
fn open(version: Version, patience: Patience) -> (DuplexStream, JoinHandle<()>) {
    let (ours, theirs) = tokio::io::duplex(64 * 1024);
    let service = ForPeer { router: answers(), peer: Peer { ip: IpAddr::from([127, 0, 0, 1]) } };
    (theirs, tokio::spawn(serve(ours, service, version, patience, CancellationToken::new())))
}

async fn open_h2(patience: Patience) -> (SendRequest<Bytes>, JoinHandle<Result<(), h2::Error>>, JoinHandle<()>) {
    let (theirs, served) = open(Version::Http2, patience);
    // As a browser: room for more than one stream's answer.
    let mut client = h2::client::Builder::new();
    client.initial_connection_window_size(1024 * 1024);
    let (client, connection) = client.handshake(theirs).await.unwrap();
    (client, tokio::spawn(connection), served)
}

async fn get(client: &SendRequest<Bytes>, path: &str) -> h2::RecvStream {
    let mut client = client.clone().ready().await.unwrap();
    let request = Request::get(format!("http://door{path}")).body(()).unwrap();
    let (answer, _) = client.send_request(request, true).unwrap();
    answer.await.unwrap().into_body()
}

async fn ends(served: JoinHandle<()>) {
    tokio::time::timeout(SOON, served).await.expect("the connection stays").unwrap();
}

#[tokio::test]
async fn a_connection_without_a_request_is_told_to_end() {
    let (client, connection, served) = open_h2(Patience { idle: SHORT, ..PATIENT }).await;
    let mut body = get(&client, "/small").await;
    assert_eq!(body.data().await.unwrap().unwrap(), "here");
    // The peer takes its leave itself: nothing was cut.
    assert!(tokio::time::timeout(SOON, connection).await.unwrap().unwrap().is_ok());
    ends(served).await;
}

#[tokio::test]
async fn a_peer_that_never_says_a_word_of_http_2_is_cut() {
    let (_theirs, served) = open(Version::Http2, Patience { idle: SHORT, farewell: SHORT, ..PATIENT });
    ends(served).await;
}

#[tokio::test]
async fn a_peer_that_vanished_is_found_out_though_a_stream_is_open() {
    let (theirs, served) = open(Version::Http2, Patience { ping: SHORT, ..PATIENT });
    let (client, connection) = h2::client::handshake(theirs).await.unwrap();
    let connection = tokio::spawn(async move {
        tokio::pin!(connection);
        // Its end stays open, and nobody is there.
        let _ = tokio::time::timeout(SHORT, connection.as_mut()).await;
        std::future::pending::<()>().await;
    });
    let _body = get(&client, "/quiet").await;
    ends(served).await;
    connection.abort();
}

#[tokio::test]
async fn a_quiet_stream_is_not_cut() {
    let patience = Patience { ping: SHORT, idle: SHORT, farewell: SHORT, reader: SHORT };
    let (client, _connection, served) = open_h2(patience).await;
    let mut body = get(&client, "/quiet").await;
    assert_eq!(body.data().await.unwrap().unwrap(), "open");
    assert!(tokio::time::timeout(LATER, body.data()).await.is_err(), "the stream ended");
    assert!(!served.is_finished());

    let (mut theirs, served) = open(Version::Http1, patience);
    theirs.write_all(b"GET /quiet HTTP/1.1\r\nhost: door\r\n\r\n").await.unwrap();
    tokio::time::sleep(LATER).await;
    assert!(!served.is_finished());
}

#[tokio::test]
async fn a_reader_that_takes_nothing_loses_its_answer_and_no_other() {
    let (client, _connection, served) = open_h2(Patience { reader: SHORT, ..PATIENT }).await;
    let mut stuck = get(&client, "/large").await;
    let mut quiet = get(&client, "/quiet").await;
    let first = quiet.data().await.unwrap().unwrap();
    quiet.flow_control().release_capacity(first.len()).unwrap();
    let error = tokio::time::timeout(SOON, async {
        loop {
            // Taken, and no room given for more.
            match stuck.data().await {
                Some(Ok(_)) => {}
                Some(Err(error)) => return error,
                None => panic!("it came whole"),
            }
        }
    });
    assert!(error.await.expect("it waits for ever").is_reset());
    assert!(tokio::time::timeout(LATER, quiet.data()).await.is_err(), "the other stream ended");
    assert!(!served.is_finished());

    let (mut theirs, served) = open(Version::Http1, Patience { reader: SHORT, ..PATIENT });
    theirs.write_all(b"GET /large HTTP/1.1\r\nhost: door\r\n\r\n").await.unwrap();
    ends(served).await;
}

#[tokio::test]
async fn a_slow_reader_gets_the_whole_answer() {
    // The whole of it takes longer than that.
    let patience = Patience { reader: Duration::from_secs(1), ..PATIENT };
    let (client, _connection, _served) = open_h2(patience).await;
    let mut body = get(&client, "/large").await;
    let mut taken = 0;
    while let Some(piece) = body.data().await {
        let length = piece.unwrap().len();
        taken += length;
        tokio::time::sleep(Duration::from_millis(2)).await;
        body.flow_control().release_capacity(length).unwrap();
    }
    assert_eq!(taken, LARGE);

    let (mut theirs, _served) = open(Version::Http1, patience);
    theirs.write_all(b"GET /large HTTP/1.1\r\nhost: door\r\nconnection: close\r\n\r\n").await.unwrap();
    let (mut piece, mut taken) = (vec![0; 64 * 1024], 0);
    loop {
        let length = theirs.read(&mut piece).await.unwrap();
        if length == 0 {
            break;
        }
        taken += length;
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert!(taken > LARGE);
}
