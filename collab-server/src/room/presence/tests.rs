//! Who is seen by whom, and when somebody is gone.

use uuid::Uuid;

use super::*;

const A: ConnectionId = ConnectionId(1);
const B: ConnectionId = ConnectionId(2);

fn ada() -> PresentUser {
    PresentUser { id: Uuid::from_u128(1).into(), name: "Ada".into(), color: "#aabbcc".into() }
}

fn says(clock: u32, state: &'static str) -> Entry<'static> {
    Entry { client: 7, clock, state: Some(state.into()) }
}

/// Client, clock, and the state or nothing: what went out.
fn sent(table: &mut PresenceTable, now: Instant) -> Vec<(u64, u32, Option<String>)> {
    let entries = table.take_changes(now);
    entries.into_iter().map(|entry| (entry.client, entry.clock, entry.state.map(Into::into))).collect()
}

#[test]
fn the_sign_in_decides_who_somebody_is() {
    let (mut table, now) = (PresenceTable::default(), Instant::now());
    table.update(A, &ada(), &says(1, r#"{"user":{"name":"Eve"},"cursor":[1,2]}"#), now).expect("valid");
    let state = sent(&mut table, now).remove(0).2.expect("present");
    let state: Value = serde_json::from_str(&state).expect("JSON");
    assert_eq!(state["user"]["name"], "Ada");
    assert_eq!(state["cursor"], serde_json::json!([1, 2]));
}

#[test]
fn states_that_would_break_browsers_are_refused() {
    let (mut table, now) = (PresenceTable::default(), Instant::now());
    for (state, error) in [("{", BadState::Json), ("[]", BadState::Json), ("1", BadState::Json)] {
        assert_eq!(table.update(A, &ada(), &says(1, state), now), Err(error));
    }
    let large = format!(r#"{{"a":"{}"}}"#, "x".repeat(MAX_STATE_BYTES));
    let entry = Entry { client: 7, clock: 1, state: Some(large.into()) };
    assert_eq!(table.update(A, &ada(), &entry, now), Err(BadState::TooLarge));
    assert_eq!(table.update(A, &ada(), &says(u32::MAX, "{}"), now), Err(BadState::Clock));
}

#[test]
fn somebody_who_comes_back_with_an_old_clock_is_seen_at_once() {
    let (mut table, now) = (PresenceTable::default(), Instant::now());
    table.update(A, &ada(), &says(9, "{}"), now).expect("valid");
    sent(&mut table, now);
    table.connection_closed(A, now);
    assert_eq!(sent(&mut table, now), [(7, 9, None)]);
    table.update(B, &ada(), &says(9, "{}"), now).expect("valid");
    let back = sent(&mut table, now).remove(0);
    assert_eq!((back.0, back.1, back.2.is_some()), (7, 10, true));
    // The client adopts 10 and goes on from there.
    table.update(B, &ada(), &says(11, r#"{"cursor":[0,0]}"#), now).expect("valid");
    assert_eq!(sent(&mut table, now)[0].1, 11);
}

#[test]
fn nobody_speaks_for_another_connection() {
    let (mut table, now) = (PresenceTable::default(), Instant::now());
    table.update(A, &ada(), &says(1, "{}"), now).expect("valid");
    sent(&mut table, now);
    table.update(B, &ada(), &Entry { client: 7, clock: 2, state: None }, now).expect("ignored");
    table.update(B, &ada(), &says(3, r#"{"cursor":[6,6]}"#), now).expect("ignored");
    assert_eq!(sent(&mut table, now), []);
    table.hand_over(7, B, ada().id, |_| true);
    table.update(B, &ada(), &says(3, r#"{"cursor":[6,6]}"#), now).expect("valid");
    assert_eq!(sent(&mut table, now).len(), 1);
}

#[test]
fn the_same_state_is_repeated_only_as_often_as_needed() {
    let (mut table, now) = (PresenceTable::default(), Instant::now());
    table.update(A, &ada(), &says(1, "{}"), now).expect("valid");
    sent(&mut table, now);
    table.update(A, &ada(), &says(2, "{}"), now + Duration::from_secs(1)).expect("valid");
    assert!(!table.has_changes());
    table.update(A, &ada(), &says(3, "{}"), now + REPEAT).expect("valid");
    assert!(table.has_changes());
}

#[test]
fn whoever_is_silent_for_30_s_is_gone() {
    let (mut table, now) = (PresenceTable::default(), Instant::now());
    table.update(A, &ada(), &says(1, "{}"), now).expect("valid");
    sent(&mut table, now);
    table.expire(now + EXPIRY - Duration::from_millis(1));
    assert!(!table.has_changes());
    table.expire(now + EXPIRY);
    assert_eq!(sent(&mut table, now + EXPIRY), [(7, 1, None)]);
    assert!(table.everyone().is_empty());
}

fn on_a_and_b() -> (PresenceTable, PresenceTable, ServerId, ServerId, Instant) {
    (PresenceTable::default(), PresenceTable::default(), ServerId::random(), ServerId::random(), Instant::now())
}

fn pass_on(from: &mut PresenceTable, server: ServerId, to: &mut PresenceTable, now: Instant) {
    from.take_changes_here().iter().for_each(|present| to.hear(server, present, now));
}

#[test]
fn somebody_on_another_server_is_seen_and_is_gone_with_it() {
    let (mut on_a, mut on_b, a, _, now) = on_a_and_b();
    on_a.update(A, &ada(), &says(1, "{}"), now).expect("valid");
    pass_on(&mut on_a, a, &mut on_b, now);
    assert_eq!(sent(&mut on_b, now).len(), 1);
    // Nobody speaks for them here, and nothing goes back.
    on_b.update(B, &ada(), &says(2, r#"{"cursor":[6,6]}"#), now).expect("ignored");
    assert!(!on_b.has_changes() && on_b.take_changes_here().is_empty());
    on_b.server_gone(a, now);
    assert_eq!(sent(&mut on_b, now), [(7, 1, None)]);
    assert!(on_b.take_changes_here().is_empty());
}

#[test]
fn somebody_who_changes_the_server_is_seen_by_all_throughout() {
    let (mut on_a, mut on_b, a, b, now) = on_a_and_b();
    on_a.update(A, &ada(), &says(5, "{}"), now).expect("valid");
    pass_on(&mut on_a, a, &mut on_b, now);
    sent(&mut on_b, now);
    // The line to A is dead, A has not noticed. The client comes to B with the clock it had.
    on_b.hand_over(7, B, ada().id, |_| true);
    on_b.update(B, &ada(), &says(5, r#"{"cursor":[1,1]}"#), now).expect("valid");
    pass_on(&mut on_b, b, &mut on_a, now);
    assert_eq!(on_a.everyone().len(), 1);
    // Now A notices: nothing of it concerns the client any more.
    on_a.connection_closed(A, now);
    pass_on(&mut on_a, a, &mut on_b, now);
    assert!(on_a.everyone()[0].state.as_ref().is_some_and(|state| state.contains("cursor")));
    assert_eq!((on_b.everyone().len(), on_b.everyone_here().len()), (1, 1));
}

#[test]
fn a_late_farewell_from_the_old_server_does_not_make_somebody_invisible() {
    let (mut on_a, mut on_b, a, b, now) = on_a_and_b();
    on_a.update(A, &ada(), &says(9, "{}"), now).expect("valid");
    on_a.take_changes_here();
    on_b.update(B, &ada(), &says(9, "{}"), now).expect("valid");
    sent(&mut on_b, now);
    on_b.take_changes_here();
    on_a.connection_closed(A, now);
    pass_on(&mut on_a, a, &mut on_b, now);
    // B stamps anew, so that those who heard the farewell hear that the person is there.
    assert_eq!(sent(&mut on_b, now)[0].1, 10);
    pass_on(&mut on_b, b, &mut on_a, now);
    assert_eq!(on_a.everyone().len(), 1);
}

#[test]
fn whoever_is_not_listed_is_gone() {
    let (mut on_a, mut on_b, a, _, now) = on_a_and_b();
    on_a.update(A, &ada(), &says(1, "{}"), now).expect("valid");
    pass_on(&mut on_a, a, &mut on_b, now);
    on_b.retain_there(a, &[7], now);
    assert_eq!(on_b.everyone().len(), 1);
    on_b.retain_there(a, &[], now);
    assert!(on_b.everyone().is_empty());
}
