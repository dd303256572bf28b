//! Whose turn it is. Pure: what waits and who is busy come in, an order comes out.
//!
//! Priority first. Then people take turns: whoever has the least under way goes first, then whoever waited longest for a
//! turn. Only among one person's own runs does the order of the queue count, so nobody can fill it up for others.

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, HashMap},
};

use shared::id::UserId;

use crate::db::run_claim::{Busy, Waiting};

/// How many runs may be under way at once.
#[derive(Debug, Clone, Copy)]
pub struct FairLimits {
    pub per_person: u32,
    pub per_workspace: u32,
}

impl FairLimits {
    /// Whether one more run may begin.
    pub fn allow(&self, waiting: &Waiting, busy: &Busy) -> bool {
        busy.persons.get(&waiting.person).copied().unwrap_or(0) < self.per_person
            && busy.workspaces.get(&waiting.workspace).copied().unwrap_or(0) < self.per_workspace
    }
}

/// What waits, in the order of turns.
pub fn in_turn(waiting: Vec<Waiting>, mut busy: Busy) -> Vec<Waiting> {
    let count = waiting.len();
    let mut lines: HashMap<UserId, Vec<Waiting>> = HashMap::new();
    for run in waiting {
        lines.entry(run.person).or_default().push(run);
    }
    // The smallest key is next. A turn counts as if it were taken, so the key of a line only grows.
    let key = |run: &Waiting, busy: &Busy| {
        let under_way = busy.persons.get(&run.person).copied().unwrap_or(0);
        let last_turn = busy.last_turns.get(&run.person).copied().unwrap_or(0);
        Reverse((-run.priority, under_way, last_turn, run.order, run.run))
    };
    let mut heads = BinaryHeap::new();
    for line in lines.values_mut() {
        // The last is the next, so that taking it is cheap.
        line.sort_by_key(|run| Reverse((-run.priority, run.order, run.run)));
        let head = line.last().expect("a line begins with a run");
        heads.push((key(head, &busy), head.person));
    }
    let mut order = Vec::with_capacity(count);
    while let Some((_, person)) = heads.pop() {
        let line = lines.get_mut(&person).expect("every head has a line");
        order.extend(line.pop());
        *busy.persons.entry(person).or_default() += 1;
        busy.last_turns.insert(person, i64::MAX);
        if let Some(head) = line.last() {
            heads.push((key(head, &busy), person));
        }
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn waiting(person: u128, order: i64, priority: i32) -> Waiting {
        Waiting {
            run: Uuid::from_u128(person * 1000 + order as u128).into(),
            workflow: Uuid::from_u128(1).into(),
            person: Uuid::from_u128(person).into(),
            workspace: Uuid::from_u128(1).into(),
            priority,
            order,
        }
    }

    fn turns(waiting: Vec<Waiting>, busy: Busy) -> Vec<(u128, i64)> {
        in_turn(waiting, busy).iter().map(|run| (run.person.as_uuid().as_u128(), run.order)).collect()
    }

    #[test]
    fn people_take_turns_however_much_one_has_queued() {
        let runs = (0..4).map(|n| waiting(1, n, 0)).chain([waiting(2, 8, 0), waiting(2, 9, 0), waiting(3, 7, 0)]);
        let order = turns(runs.collect(), Busy::default());
        assert_eq!(order, [(1, 0), (3, 7), (2, 8), (1, 1), (2, 9), (1, 2), (1, 3)]);
    }

    #[test]
    fn who_has_less_under_way_goes_first_and_then_who_waited_longer() {
        let runs = vec![waiting(1, 1, 0), waiting(2, 2, 0), waiting(3, 3, 0)];
        let busy = Busy {
            persons: HashMap::from([(Uuid::from_u128(1).into(), 1)]),
            last_turns: HashMap::from([(Uuid::from_u128(2).into(), 50), (Uuid::from_u128(3).into(), 20)]),
            ..Busy::default()
        };
        assert_eq!(turns(runs, busy), [(3, 3), (2, 2), (1, 1)]);
    }

    #[test]
    fn priority_goes_before_turns() {
        let runs = vec![waiting(1, 1, 0), waiting(1, 2, 1), waiting(1, 3, 1), waiting(2, 4, -1), waiting(3, 5, 0)];
        assert_eq!(turns(runs, Busy::default()), [(1, 2), (1, 3), (3, 5), (1, 1), (2, 4)]);
    }

    #[test]
    fn limits_count_for_people_and_for_workspaces() {
        let limits = FairLimits { per_person: 2, per_workspace: 3 };
        let busy = |person: u32, workspace: u32| Busy {
            persons: HashMap::from([(Uuid::from_u128(1).into(), person)]),
            workspaces: HashMap::from([(Uuid::from_u128(1).into(), workspace)]),
            ..Busy::default()
        };
        let run = waiting(1, 1, 0);
        assert!(limits.allow(&run, &busy(1, 2)));
        assert!(!limits.allow(&run, &busy(2, 2)) && !limits.allow(&run, &busy(1, 3)));
    }
}
