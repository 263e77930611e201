//! What the media plane measures becomes rows of the record, and nothing else does.

use super::*;
use crate::net::limits;
use lianxian_model::quality::{QualityRow, UpstreamSample, ViewerSample, Viewers};

fn viewer(bytes: u64) -> ViewerSample {
    ViewerSample { span_ms: 5_000, bytes, ..ViewerSample::default() }
}

fn sent(world: &mut World, participant: &ParticipantSid, track: &TrackSid, span_ms: u32) -> Vec<QualityRow> {
    let from = world.measured.len();
    let sample = UpstreamSample { span_ms, bytes: 1_000, ..UpstreamSample::default() };
    world.event(MediaEvent::Sent { participant: participant.clone(), samples: vec![(track.clone(), sample)] });
    world.measured[from..].to_vec()
}

fn received(world: &mut World, participant: &ParticipantSid, track: &TrackSid, bytes: u64) {
    let samples = vec![(track.clone(), viewer(bytes))];
    world.event(MediaEvent::Received { participant: participant.clone(), samples });
}

#[test]
fn a_row_holds_the_span_and_what_each_viewer_was_sent_in_it() {
    let mut world = World::new();
    let (a, b) = (world.guest("a"), world.guest("b"));
    let camera = world.publish(&a, CAMERA);
    received(&mut world, &b, &camera, 100);
    received(&mut world, &b, &camera, 20);
    let at = world.now;
    let rows = sent(&mut world, &a, &camera, 10_000);
    assert_eq!(rows.len(), 1);
    assert_eq!((rows[0].from_ms, rows[0].to_ms), (Millis(at - 10_000), Millis(at)));
    let both = ViewerSample { span_ms: 10_000, ..viewer(120) };
    assert_eq!(rows[0].viewers, Viewers::Named(vec![(b.clone(), both)]));
    let rows = sent(&mut world, &a, &camera, 10_000);
    assert_eq!(rows[0].viewers, Viewers::Named(Vec::new()), "each is told once");
}

#[test]
fn what_is_not_on_record_has_no_rows_and_the_last_span_of_one_that_goes_has() {
    let mut world = World::new();
    let (a, b) = (world.guest("a"), world.guest("b"));
    let camera = world.publish(&a, CAMERA);
    assert_eq!(sent(&mut world, &b, &camera, 10_000), [], "it is not theirs");
    assert_eq!(sent(&mut world, &a, &"TR_none".into(), 10_000), []);
    received(&mut world, &b, &"TR_none".into(), 5);
    assert!(world.state.watched.is_empty());
    received(&mut world, &b, &camera, 5);
    world.gone(&a, LinkEnd::Left);
    assert_eq!(sent(&mut world, &a, &camera, 3_000).len(), 1, "its end waits for the summary");
    world.wait(limits::QUALITY_WAIT_MS);
    assert!(world.state.watched.is_empty());
    assert_eq!(sent(&mut world, &a, &camera, 3_000), []);
}

#[test]
fn a_picture_that_no_line_carries_has_its_rows_too() {
    let mut world = World::new();
    let (a, b) = (world.guest("a"), world.guest("b"));
    let camera = world.publish(&a, CAMERA);
    let paused = ViewerSample { span_ms: 10_000, pauses: 1, paused_ms: 10_000, ..ViewerSample::default() };
    let samples = vec![(camera.clone(), paused.clone())];
    let at = world.now;
    world.event(MediaEvent::Received { participant: b.clone(), samples });
    world.wait(limits::QUALITY_WAIT_MS - 1_000);
    assert!(world.measured.is_empty());
    world.wait(1_000);
    let [row] = &world.measured[..] else { panic!("{:?}", world.measured) };
    assert_eq!((row.from_ms, row.to_ms), (Millis(at - 10_000), Millis(at)));
    assert_eq!((row.upstream.bitrate(), &row.viewers), (0, &Viewers::Named(vec![(b.clone(), paused)])));
    // What was sent on did come: where nothing tells of it nothing is made up.
    received(&mut world, &b, &camera, 5);
    world.wait(limits::QUALITY_WAIT_MS);
    assert_eq!(world.measured.len(), 1);
    assert!(world.state.watched.is_empty());
}
