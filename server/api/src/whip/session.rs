//! Sessions over HTTP: each holds a link of the net for a client that has no socket, and is spoken to by its later
//! requests. It ends with the link, whoever ends that.

use super::fragment::{self, Fragment};
use super::playback::Playback;
use super::refusal::{no_session, of_join, of_leave, stale, unavailable, unusable};
use super::sdp::{Credentials, Description};
use crate::limits;
use crate::problem::Problem;
use crate::state::App;
use lianxian_model::ids::{ParticipantSid, TrackSid};
use lianxian_model::link::{AddTrack, ClientInfo, LinkEnd, Notice, RequestOutcome, Wish};
use lianxian_model::media::Target;
use lianxian_service::net::{Join, Link, Manner, Whom};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use tokio::sync::{mpsc, oneshot};

/// Requests of one session that wait for the one before.
const ASKS_WAITING: usize = 8;

/// Which of the two protocols a session speaks; a session is found only under its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Publish,
    Play,
}

/// Who came in, and from where.
#[derive(Clone, Debug)]
pub(super) struct Client {
    pub(super) whom: Whom,
    pub(super) ip: String,
    /// What it calls itself.
    pub(super) agent: String,
}

impl Client {
    /// The net's rooms apart: later requests must be of the same one.
    pub(super) fn owner(&self) -> String {
        match &self.whom {
            Whom::Endpoint(endpoint, enrolment) => {
                let enrolment = enrolment.as_ref().map_or("", |enrolment| enrolment.0.as_str());
                format!("endpoint\n{endpoint}\n{enrolment}")
            }
            Whom::Guest(guest) => format!("guest\n{}\n{}\n{}", guest.key, guest.room, guest.identity),
        }
    }

    fn join(&self, side: Side, resume: Option<ParticipantSid>) -> Join {
        let (manner, sdk) = match side {
            Side::Publish => (Manner::Publishing, "whip"),
            Side::Play => (Manner::Playing, "whep"),
        };
        let client = ClientInfo { sdk: sdk.into(), browser: self.agent.clone(), ..ClientInfo::default() };
        Join { whom: self.whom.clone(), manner, client, ip: self.ip.clone(), resume }
    }

    /// Opens the link; one who has one already is refused.
    pub(super) async fn open(&self, app: &App, side: Side) -> Result<Link, Problem> {
        app.net.join(self.join(side, None)).await.map_err(of_join)
    }
}

/// What a later request has to bring: the ICE session that it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Precondition {
    Any,
    OneOf(Vec<String>),
}

/// What became of a fragment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Patched {
    Noted,
    Restarted { tag: String, fragment: String },
}

type Answer<T> = oneshot::Sender<Result<T, Problem>>;

#[derive(Debug)]
enum Ask {
    Patch { precondition: Precondition, fragment: Fragment, answer: Answer<Patched> },
    End { answer: Answer<()> },
}

#[derive(Clone)]
pub(super) struct Handle {
    pub(super) owner: String,
    side: Side,
    asks: mpsc::Sender<Ask>,
}

impl Handle {
    pub(super) async fn patch(&self, precondition: Precondition, fragment: Fragment) -> Result<Patched, Problem> {
        let (answer, answered) = oneshot::channel();
        self.ask(Ask::Patch { precondition, fragment, answer }, answered).await
    }

    /// Returns when the net has been told.
    pub(super) async fn end(&self) -> Result<(), Problem> {
        let (answer, answered) = oneshot::channel();
        self.ask(Ask::End { answer }, answered).await
    }

    async fn ask<T>(&self, ask: Ask, answered: oneshot::Receiver<Result<T, Problem>>) -> Result<T, Problem> {
        self.asks.send(ask).await.map_err(|_| no_session())?;
        answered.await.map_err(|_| no_session())?
    }
}

/// The sessions by the last part of their address. Each has a link, so the net's limit of links is theirs.
#[derive(Default)]
pub(crate) struct Sessions(Mutex<HashMap<String, Handle>>);

impl Sessions {
    pub(super) fn find(&self, id: &str, side: Side) -> Option<Handle> {
        let sessions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        sessions.get(id).filter(|handle| handle.side == side).cloned()
    }

    pub(crate) fn count(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).len()
    }
}

/// A session's place in the list, given up when dropped.
struct Listed {
    app: App,
    id: String,
}

impl Drop for Listed {
    fn drop(&mut self) {
        self.app.sessions_over_http.0.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.id);
    }
}

pub(super) enum Role {
    Publisher { offer: Description, offers: u32 },
    Player { playback: Box<Playback>, ours: Credentials },
}

/// One session, before it is listed.
pub(super) struct Session {
    pub(super) app: App,
    pub(super) client: Client,
    pub(super) link: Link,
    pub(super) role: Role,
}

/// Where a session is found, and the tag of its ICE session.
pub(super) struct Place {
    pub(super) id: String,
    pub(super) tag: String,
}

/// Why the loop ended.
enum Over {
    /// The net has sent the participant away.
    Told,
    /// There is nothing left to play, or the client asked.
    Left,
}

impl Session {
    /// Lists the session and keeps it until its link ends.
    pub(super) fn keep(self) -> Place {
        let place = Place { id: hex::encode(rand::random::<[u8; 16]>()), tag: fresh_tag() };
        let (to_asks, asks) = mpsc::channel(ASKS_WAITING);
        let side = match self.role {
            Role::Publisher { .. } => Side::Publish,
            Role::Player { .. } => Side::Play,
        };
        let handle = Handle { owner: self.client.owner(), side, asks: to_asks };
        let listed = Listed { app: self.app.clone(), id: place.id.clone() };
        let all = &self.app.sessions_over_http.0;
        all.lock().unwrap_or_else(PoisonError::into_inner).insert(place.id.clone(), handle);
        let tag = place.tag.clone();
        let tracker = self.app.links.clone();
        tracker.spawn(self.run(asks, tag, listed));
        place
    }

    async fn run(mut self, mut asks: mpsc::Receiver<Ask>, mut tag: String, listed: Listed) {
        let stop = self.app.stop.clone();
        let mut asked_to_end = None;
        let over = loop {
            tokio::select! {
                biased;
                notice = self.link.notices.recv() => {
                    if let Err(over) = self.hear(notice.map(|notice| *notice)).await {
                        break over;
                    }
                }
                ask = asks.recv() => match ask {
                    Some(Ask::Patch { precondition, fragment, answer }) => {
                        let patched = self.patch(&precondition, fragment, &mut tag).await;
                        // Whoever asked may have gone.
                        let _ = answer.send(patched);
                    }
                    Some(Ask::End { answer }) => {
                        asked_to_end = Some(answer);
                        break Over::Left;
                    }
                    None => break Over::Left,
                },
                // The net says goodbye to every link before the door closes: this one is late.
                () = stop.cancelled() => break Over::Told,
            }
        };
        drop(listed);
        tracing::debug!(participant = %self.link.participant, "a session over HTTP ended");
        match over {
            Over::Told => drop(self.link),
            Over::Left => self.link.close(LinkEnd::Left).await,
        }
        if let Some(answer) = asked_to_end {
            let _ = answer.send(Ok(()));
        }
    }

    async fn hear(&mut self, notice: Option<Notice>) -> Result<(), Over> {
        match (notice, &self.role) {
            (None | Some(Notice::Leave { .. }), _) => Err(Over::Told),
            (Some(Notice::SubscriberOffer { id, sdp, mid_to_track }), Role::Player { playback, .. }) => {
                let Ok(ours) = Description::parse(&sdp) else { return Err(Over::Left) };
                let told = playback.answer(&ours, &mid_to_track);
                self.wish(Wish::SubscriberAnswer { id, sdp: told.media }).await;
                // A player cannot be told of another track: without its own it has nothing to wait for.
                if told.carried == 0 { Err(Over::Left) } else { Ok(()) }
            }
            _ => Ok(()),
        }
    }

    /// What is wished once the link is over is void; its last notice follows.
    async fn wish(&self, wish: Wish) {
        if self.link.wish(wish).await.is_err() {
            tracing::trace!("a wish after the link's end");
        }
    }

    async fn patch(
        &mut self,
        precondition: &Precondition,
        fragment: Fragment,
        tag: &mut String,
    ) -> Result<Patched, Problem> {
        if let Precondition::OneOf(tags) = precondition
            && !tags.contains(tag)
        {
            return Err(stale());
        }
        let (target, current) = match &self.role {
            Role::Publisher { offer, .. } => (Target::Publisher, offer.credentials()),
            Role::Player { playback, .. } => (Target::Subscriber, Some(playback.credentials().clone())),
        };
        let restart = fragment.credentials.filter(|theirs| current.as_ref() != Some(theirs));
        let restarted = match restart {
            None => Patched::Noted,
            Some(theirs) => {
                let ours = tokio::time::timeout(limits::SESSION_ANSWER, self.restart(theirs)).await;
                let ours = ours.map_err(|_| unavailable("no answer to a restart of ICE in time"))??;
                let fragment = fragment::write(&ours).ok_or_else(|| unavailable("an answer without a transport"))?;
                *tag = fresh_tag();
                Patched::Restarted { tag: tag.clone(), fragment }
            }
        };
        for candidate in fragment.candidates {
            self.wish(Wish::Candidate { target, candidate }).await;
        }
        Ok(restarted)
    }

    /// Has the media plane answer new credentials by its own; returns its description.
    async fn restart(&mut self, theirs: Credentials) -> Result<Description, Problem> {
        match &mut self.role {
            Role::Publisher { offer, offers } => {
                *offer = offer.restarted(&theirs);
                *offers += 1;
                let sdp = ask_publisher(&mut self.link, *offers, offer.to_string()).await?;
                Ok(Description::parse(&sdp)?)
            }
            Role::Player { playback, ours } => {
                playback.restart(theirs);
                // Coming back as the same participant is what makes the media plane restart a receiver.
                let again = self.client.join(Side::Play, Some(self.link.participant.clone()));
                self.link = self.app.net.join(again).await.map_err(of_join)?;
                loop {
                    let Offered { description, carried, .. } = next_offer(&mut self.link, playback).await?;
                    let fresh = description.credentials().filter(|credentials| credentials != ours);
                    if let Some(fresh) = fresh.filter(|_| carried > 0) {
                        *ours = fresh;
                        return Ok(description);
                    }
                }
            }
        }
    }
}

fn fresh_tag() -> String {
    format!("\"{}\"", hex::encode(rand::random::<[u8; 8]>()))
}

/// Announces the tracks and has the offer answered.
pub(super) async fn publish(link: &mut Link, tracks: Vec<AddTrack>, sdp: String) -> Result<String, Problem> {
    for track in tracks {
        link.wish(Wish::AddTrack(track)).await.map_err(|_| unavailable("the link is over"))?;
    }
    ask_publisher(link, 1, sdp).await
}

async fn ask_publisher(link: &mut Link, id: u32, sdp: String) -> Result<String, Problem> {
    link.wish(Wish::PublisherOffer { id, sdp }).await.map_err(|_| unavailable("the link is over"))?;
    loop {
        match link.notices.recv().await.map(|notice| *notice) {
            Some(Notice::PublisherAnswer { id: answered, sdp }) if answered == id => return Ok(sdp),
            Some(Notice::RequestAnswer { outcome: RequestOutcome::NotAllowed, .. }) => {
                return Err(super::refusal::not_allowed());
            }
            Some(Notice::RequestAnswer { outcome, message, .. }) if outcome != RequestOutcome::Ok => {
                return Err(unusable("track_refused", "媒体轨道被拒绝", &message));
            }
            Some(Notice::Leave { reason, .. }) => return Err(of_leave(reason)),
            Some(_) => {}
            None => return Err(unavailable("the link is over")),
        }
    }
}

/// One offer of the media plane, answered in the player's name.
pub(super) struct Offered {
    pub(super) description: Description,
    /// How many of the player's tracks it carries, and the player's answer.
    pub(super) carried: usize,
    pub(super) client: String,
}

/// Waits for the media plane's next offer to the player, and answers it.
pub(super) async fn next_offer(link: &mut Link, playback: &Playback) -> Result<Offered, Problem> {
    loop {
        match link.notices.recv().await.map(|notice| *notice) {
            Some(Notice::SubscriberOffer { id, sdp, mid_to_track }) => {
                return answer_offer(link, playback, id, &sdp, &mid_to_track).await;
            }
            Some(Notice::Leave { reason, .. }) => return Err(of_leave(reason)),
            Some(_) => {}
            None => return Err(unavailable("the link is over")),
        }
    }
}

/// Answers an offer of the media plane in the player's name.
pub(super) async fn answer_offer(
    link: &Link,
    playback: &Playback,
    id: u32,
    sdp: &str,
    mid_to_track: &[(String, TrackSid)],
) -> Result<Offered, Problem> {
    let description = Description::parse(sdp)?;
    let told = playback.answer(&description, mid_to_track);
    let answer = Wish::SubscriberAnswer { id, sdp: told.media };
    link.wish(answer).await.map_err(|_| unavailable("the link is over"))?;
    Ok(Offered { description, carried: told.carried, client: told.client })
}
