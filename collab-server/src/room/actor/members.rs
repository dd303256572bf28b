//! Who is in a room: coming, going, and being sent away.

use std::collections::{BTreeMap, BTreeSet};

use shared::{
    access::Role,
    id::UserId,
    protocol::{CloseCode, RoomEvent, SyncMessage, awareness, hocuspocus::Scope},
};
use tokio::time::Instant;

use super::{
    super::{
        ConnectionId, RoomError,
        member::{Member, Payload},
    },
    Join, Phase, Room,
};

impl Room {
    pub(super) fn join(&mut self, join: Join) {
        let Join { id, visitor, role, generation, framing, outbox, joined } = join;
        if generation.is_some_and(|generation| generation != self.generation) {
            // The connection may have gone meanwhile.
            joined.send(Err(RoomError::OtherGeneration)).ok();
            return;
        }
        let member = Box::new(Member {
            id,
            visitor,
            role,
            framing,
            outbox,
            asked: false,
            behind: None,
            clients: BTreeSet::new(),
            incomplete: false,
            told_read_only: false,
        });
        member.send(Payload::Granted(self.scope_of(&member)));
        let generation = RoomEvent::Generation { generation: self.generation };
        member.send(Payload::Event(&generation.to_json()));
        member.send(Payload::Sync(SyncMessage::Step1(&self.replica.encoded_state_vector())));
        let everyone = self.presence.everyone();
        if !everyone.is_empty() {
            member.send(Payload::Awareness(&awareness::encode(&everyone)));
        }
        self.members.insert(id, member);
        self.audience_stale = true;
        // The connection may have gone meanwhile; it then says so with a Leave.
        joined.send(Ok(())).ok();
    }

    pub(super) fn leave(&mut self, id: ConnectionId) {
        self.members.remove(&id);
        self.audience_stale = true;
        self.presence.connection_closed(id, Instant::now());
    }

    pub(super) fn scope_of(&self, member: &Member) -> Scope {
        if member.may_write(self.name) && !self.damaged && !self.stalled { Scope::ReadWrite } else { Scope::ReadOnly }
    }

    pub(super) fn change_role(&mut self, user: UserId, role: Option<Role>) {
        let Some(role) = role.filter(|role| role.can_read()) else {
            return self.dismiss(CloseCode::Forbidden, |member| member.visitor.user.id == user);
        };
        let concerned = |member: &&mut Box<Member>| {
            member.visitor.user.id == user && member.role != member.visitor.limits.narrow(role)
        };
        let concerned = self.members.values_mut().filter(concerned);
        let ids: Vec<ConnectionId> = concerned
            .map(|member| {
                member.role = member.visitor.limits.narrow(role);
                member.id
            })
            .collect();
        self.audience_stale |= !ids.is_empty();
        for id in ids {
            let member = &self.members[&id];
            member.send(Payload::Granted(self.scope_of(member)));
        }
    }

    /// What everybody may do has changed, because the document has.
    pub(super) fn tell_scopes(&self) {
        for member in self.members.values().filter(|member| member.may_write(self.name)) {
            member.send(Payload::Granted(self.scope_of(member)));
        }
    }

    /// Counts the people, each once however many windows they have. Yields the count if it is news.
    pub(super) fn count_audience(&mut self) -> Option<RoomEvent> {
        if !std::mem::take(&mut self.audience_stale) {
            return None;
        }
        let mut people = self.users_here();
        for (user, may_write) in self.others.users() {
            *people.entry(user).or_default() |= may_write;
        }
        let editors = people.values().filter(|may_write| **may_write).count() as u32;
        let viewers = people.len() as u32 - editors;
        Some(RoomEvent::Audience { editors, viewers })
    }

    /// Everybody who is connected to this server, and whether they may write.
    pub(super) fn users_here(&self) -> BTreeMap<UserId, bool> {
        let mut users: BTreeMap<UserId, bool> = BTreeMap::new();
        for member in self.members.values() {
            *users.entry(member.visitor.user.id).or_default() |= member.may_write(self.name);
        }
        users
    }

    /// Sends members away, for good.
    pub(super) fn dismiss(&mut self, code: CloseCode, whom: impl Fn(&Member) -> bool) {
        let now = Instant::now();
        let gone: Vec<Box<Member>> =
            self.members.extract_if(.., |_, member| whom(member)).map(|(_, member)| member).collect();
        self.audience_stale |= !gone.is_empty();
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
            self.audience_stale = true;
            self.presence.connection_closed(id, Instant::now());
        }
    }
}
