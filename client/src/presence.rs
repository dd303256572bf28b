//! Who else is here: the table of awareness states, theirs and ours.
//!
//! Pure: bytes and the time come in, changes and bytes go out. The replica keeps one and shows it in the view.

use std::{borrow::Cow, collections::BTreeMap};

use shared::{
    presence::Presence,
    protocol::awareness::{self, Entry},
};

/// A state not renewed for this long is taken for gone, should the server not say so first.
const EXPIRES_MILLIS: u64 = 40_000;
/// Others forget us after 30 s, so an unchanged state is sent again in time.
const RENEW_MILLIS: u64 = 15_000;
/// At most 30 states a second leave a tab, however fast the pointer moves.
const SEND_EVERY_MILLIS: u64 = 33;

pub struct People {
    own_client: u64,
    own_clock: u32,
    own: Presence,
    /// Whether `own` changed since it was last sent.
    changed: bool,
    sent_millis: u64,
    others: BTreeMap<u64, Other>,
}

struct Other {
    clock: u32,
    heard_millis: u64,
    /// `None`: gone. Kept, because an older state of theirs may still be under way.
    state: Option<Presence>,
}

/// What became of one client.
#[derive(Debug, Clone, PartialEq)]
pub struct PersonChange {
    pub client: u64,
    /// `None`: gone.
    pub presence: Option<Presence>,
}

impl PersonChange {
    fn gone(client: u64) -> Self {
        Self { client, presence: None }
    }
}

impl People {
    pub fn new(own_client: u64) -> Self {
        Self {
            own_client,
            own_clock: 0,
            own: Presence::default(),
            changed: true,
            sent_millis: 0,
            others: BTreeMap::new(),
        }
    }

    pub fn change_own(&mut self, f: impl FnOnce(&mut Presence)) {
        let before = self.own.clone();
        f(&mut self.own);
        self.changed |= self.own != before;
    }

    /// What to tell the others now, if anything is due.
    pub fn due(&mut self, now_millis: u64) -> Option<Vec<u8>> {
        let since = now_millis.saturating_sub(self.sent_millis);
        let due = since >= if self.changed { SEND_EVERY_MILLIS } else { RENEW_MILLIS };
        due.then(|| self.announce(now_millis))
    }

    /// Whether a change waits for its turn.
    pub fn waiting(&self) -> bool {
        self.changed
    }

    /// Our state, whether due or not: for a new connection, or when somebody asks.
    pub fn announce(&mut self, now_millis: u64) -> Vec<u8> {
        self.changed = false;
        self.sent_millis = now_millis;
        self.own_clock += 1;
        // Plain data of ours: it has no maps with other keys than strings and no value that cannot be written.
        let state = serde_json::to_string(&self.own).unwrap_or_else(|_| "{}".into());
        awareness::encode(&[Entry { client: self.own_client, clock: self.own_clock, state: Some(Cow::Owned(state)) }])
    }

    /// The last word of this tab.
    pub fn farewell(&self) -> Vec<u8> {
        awareness::encode(&[Entry { client: self.own_client, clock: self.own_clock + 1, state: None }])
    }

    /// Takes in an awareness update. Malformed ones and single bad states are passed over.
    pub fn received(&mut self, update: &[u8], now_millis: u64) -> Vec<PersonChange> {
        let Ok(entries) = awareness::decode(update) else { return Vec::new() };
        entries.into_iter().filter_map(|entry| self.heard(entry, now_millis)).collect()
    }

    fn heard(&mut self, entry: Entry<'_>, now_millis: u64) -> Option<PersonChange> {
        if entry.client == self.own_client {
            // An echo, or the server moving our clock on after a reconnect. If it took us for gone, we say otherwise.
            self.changed |= entry.state.is_none() && entry.clock >= self.own_clock;
            self.own_clock = self.own_clock.max(entry.clock);
            return None;
        }
        if let Some(known) = self.others.get(&entry.client) {
            let newer = entry.clock > known.clock || (entry.clock == known.clock && entry.state.is_none());
            if !newer {
                return None;
            }
        }
        let state = entry.state.and_then(|state| serde_json::from_str::<Presence>(&state).ok());
        let change = PersonChange { client: entry.client, presence: state.clone() };
        self.others.insert(entry.client, Other { clock: entry.clock, heard_millis: now_millis, state });
        Some(change)
    }

    /// Those who have been silent for too long.
    pub fn expire(&mut self, now_millis: u64) -> Vec<PersonChange> {
        let mut gone = Vec::new();
        for (client, other) in &mut self.others {
            let silent = now_millis.saturating_sub(other.heard_millis) > EXPIRES_MILLIS;
            if silent && other.state.take().is_some() {
                gone.push(PersonChange::gone(*client));
            }
        }
        gone
    }

    /// Without a connection nobody is known to be here.
    pub fn disconnected(&mut self) -> Vec<PersonChange> {
        let gone = self.others.iter().filter(|(_, other)| other.state.is_some());
        let gone = gone.map(|(client, _)| PersonChange::gone(*client)).collect();
        self.others.clear();
        gone
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn says(client: u64, clock: u32, state: Option<&str>) -> Vec<u8> {
        awareness::encode(&[Entry { client, clock, state: state.map(Cow::Borrowed) }])
    }

    #[test]
    fn the_newest_word_of_a_client_counts() {
        let mut people = People::new(1);
        let here = people.received(&says(2, 5, Some(r#"{"cursor":[3,4]}"#)), 0);
        let cursor = Presence { cursor: Some([3.0, 4.0]), ..Presence::default() };
        assert_eq!(here, [PersonChange { client: 2, presence: Some(cursor) }]);
        assert_eq!(people.received(&says(2, 4, Some(r#"{"cursor":[9,9]}"#)), 1), []);
        assert_eq!(people.received(&says(2, 5, None), 2), [PersonChange::gone(2)]);
        assert_eq!(people.received(&says(2, 5, Some("{}")), 3), []);
    }

    #[test]
    fn a_pointer_is_told_at_most_thirty_times_a_second() {
        let mut people = People::new(1);
        let mut sent = 0;
        for millis in 1000..2000 {
            people.change_own(|own| own.cursor = Some([millis as f64, 0.0]));
            sent += usize::from(people.due(millis).is_some());
        }
        assert_eq!(sent, 31);
        // The last position is not lost, only late.
        assert!(people.waiting() || people.due(2000).is_none());
        assert!(people.due(2040).is_some() || !people.waiting());
    }

    #[test]
    fn an_unchanged_state_is_renewed_before_it_expires() {
        let mut people = People::new(1);
        assert!(people.due(100_000).is_some());
        assert_eq!(people.due(110_000), None);
        assert!(people.due(115_000).is_some());
    }

    #[test]
    fn silence_ends_a_presence() {
        let mut people = People::new(1);
        people.received(&says(2, 1, Some("{}")), 0);
        assert_eq!(people.expire(EXPIRES_MILLIS), []);
        assert_eq!(people.expire(EXPIRES_MILLIS + 1), [PersonChange::gone(2)]);
        assert_eq!(people.expire(EXPIRES_MILLIS + 2), []);
    }

    #[test]
    fn a_server_that_took_us_for_gone_is_told_again() {
        let mut people = People::new(1);
        people.announce(50_000);
        assert_eq!(people.received(&says(1, 1, None), 50_001), []);
        let update = people.due(50_100).expect("the state is due");
        assert_eq!(awareness::decode(&update).unwrap()[0].clock, 2);
    }
}
