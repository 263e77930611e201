//! One open link, as the socket's task holds it.

use super::shell::Command;
use lianxian_model::ids::ParticipantSid;
use lianxian_model::link::{LinkEnd, Notice, Wish};
use tokio::sync::mpsc;

/// The link has ended; its last notice says why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the link is over")]
pub struct LinkOver;

/// One open link. Dropped without [`Link::close`], it counts as lost: the participant is awaited for a while.
#[derive(Debug)]
pub struct Link {
    pub participant: ParticipantSid,
    /// The first is `Joined` (or `Resumed`), the last `Leave`. Ends without one when the same client has come back
    /// on another socket: this one has nothing more to say.
    pub notices: mpsc::Receiver<Box<Notice>>,
    hold: Hold,
}

impl Link {
    pub(super) fn new(
        participant: ParticipantSid,
        number: u64,
        notices: mpsc::Receiver<Box<Notice>>,
        commands: mpsc::Sender<Command>,
    ) -> Self {
        Self { hold: Hold { participant: participant.clone(), number, commands, open: true }, participant, notices }
    }

    /// Hands in what the client asks for; waits while the net is busy.
    ///
    /// # Errors
    /// [`LinkOver`] once the net has ended.
    pub async fn wish(&self, wish: Wish) -> Result<(), LinkOver> {
        if self.notices.is_closed() && self.notices.is_empty() {
            return Err(LinkOver);
        }
        let command = Command::Wish { participant: self.participant.clone(), link: self.hold.number, wish };
        self.hold.commands.send(command).await.map_err(|_| LinkOver)
    }

    /// Ends the link for a known reason. `Lost` leaves the participant awaited; everything else is final.
    pub async fn close(mut self, end: LinkEnd) {
        self.hold.open = false;
        let gone = Command::Gone { participant: self.participant.clone(), link: self.hold.number, end };
        // A net that has ended has closed every link already.
        let _ = self.hold.commands.send(gone).await;
    }
}

/// Says that the link is gone when it is dropped, however that comes.
#[derive(Debug)]
struct Hold {
    participant: ParticipantSid,
    number: u64,
    commands: mpsc::Sender<Command>,
    open: bool,
}

impl Drop for Hold {
    fn drop(&mut self) {
        if self.open {
            let gone = Command::Gone { participant: self.participant.clone(), link: self.number, end: LinkEnd::Lost };
            // With a full queue the net finds the dropped receiver by itself, at its next tick.
            let _ = self.commands.try_send(gone);
        }
    }
}
