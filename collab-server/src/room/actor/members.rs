//! Who is in a room: coming, going, and being sent away.

use shared::{
    access::Role,
    id::UserId,
    protocol::{CloseCode, SyncMessage, awareness, hocuspocus::Scope},
};
use tokio::time::Instant;

use super::{
    super::{
        ConnectionId,
        member::{Member, Payload},
    },
    Join, Phase, Room,
};

impl Room {
    pub(super) fn join(&mut self, join: Join) {
        let Join { id, visitor, role, framing, outbox, joined } = join;
        let member = Member { id, visitor, role, framing, outbox, behind: None, told_read_only: false };
        member.send(Payload::Granted(self.scope_of(&member)));
        member.send(Payload::Sync(SyncMessage::Step1(&self.replica.encoded_state_vector())));
        let everyone = self.presence.everyone();
        if !everyone.is_empty() {
            member.send(Payload::Awareness(&awareness::encode(&everyone)));
        }
        self.members.insert(id, member);
        // The connection may have gone meanwhile; it then says so with a Leave.
        joined.send(()).ok();
    }

    pub(super) fn leave(&mut self, id: ConnectionId) {
        self.members.remove(&id);
        self.presence.connection_closed(id, Instant::now());
    }

    pub(super) fn scope_of(&self, member: &Member) -> Scope {
        if member.may_write(self.name) && !self.damaged { Scope::ReadWrite } else { Scope::ReadOnly }
    }

    pub(super) fn change_role(&mut self, user: UserId, role: Option<Role>) {
        let Some(role) = role.filter(|role| role.can_read()) else {
            return self.dismiss(CloseCode::Forbidden, |member| member.visitor.user.id == user);
        };
        let concerned = self.members.values_mut().filter(|member| member.visitor.user.id == user);
        let ids: Vec<ConnectionId> = concerned
            .map(|member| {
                member.role = member.visitor.limits.narrow(role);
                member.id
            })
            .collect();
        for id in ids {
            let member = &self.members[&id];
            member.send(Payload::Granted(self.scope_of(member)));
        }
    }

    /// Sends members away, for good.
    pub(super) fn dismiss(&mut self, code: CloseCode, whom: impl Fn(&Member) -> bool) {
        let now = Instant::now();
        let gone: Vec<Member> =
            self.members.extract_if(.., |_, member| whom(member)).map(|(_, member)| member).collect();
        for member in gone {
            self.presence.connection_closed(member.id, now);
            match code {
                // The person is signed out of everything, so the whole socket goes.
                CloseCode::Unauthorized => member.outbox.close(code),
                _ => member.dismiss(code),
            }
        }
    }

    pub(super) fn end(&mut self, code: CloseCode) {
        for member in std::mem::take(&mut self.members).into_values() {
            member.outbox.close(code);
        }
        self.phase = Phase::Ended;
    }

    /// Ends the whole socket of a connection that does not speak the protocol. Others do not notice.
    pub(super) fn expel(&mut self, id: ConnectionId, code: CloseCode) {
        if let Some(member) = self.members.remove(&id) {
            member.outbox.close(code);
            self.presence.connection_closed(id, Instant::now());
        }
    }
}
