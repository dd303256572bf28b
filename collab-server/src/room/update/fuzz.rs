//! Mutated updates against decoder and yrs together: nothing crashes, nothing hangs.
//!
//! Prints the seed and the bytes of the case that failed, so that it can become a test of its own.

use std::{
    sync::{Arc, Mutex, mpsc},
    time::Duration,
};

use rand::{Rng, RngExt, SeedableRng, rngs::SmallRng};
use yrs::{
    Any, Array, ArrayPrelim, Doc, Map, MapPrelim, ReadTxn, StateVector, Text, TextPrelim, Transact, WriteTxn,
    updates::decoder::Decode,
};

use super::{
    super::{
        heads::Heads,
        replica::{Broken, Replica, roots},
    },
    Fit, outline,
};
use shared::{document::new_doc, protocol::DocumentName};

const CASES: usize = 250_000;
/// Far more than the slowest case needs, even on a busy machine.
const TOO_LONG: Duration = Duration::from_secs(60);

#[test]
fn mutated_updates_neither_crash_nor_hang() {
    let seed = std::env::var("OPENFLOW_FUZZ_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or(0x5eed);
    let current = Arc::new(Mutex::new(Vec::new()));
    let (done, finished) = mpsc::channel();
    let shown = current.clone();
    let worker = std::thread::spawn(move || {
        let applied = run(seed, &shown);
        done.send(applied).ok();
    });
    let report = || format!("seed {seed}, update {:02x?}", current.lock().expect("no holder panics"));
    let applied = match finished.recv_timeout(TOO_LONG) {
        Ok(applied) => applied,
        Err(mpsc::RecvTimeoutError::Timeout) => panic!("hangs: {}", report()),
        Err(mpsc::RecvTimeoutError::Disconnected) => panic!("crashes: {}", report()),
    };
    worker.join().expect("it has sent its result");
    // If next to nothing got through, the test would prove nothing about yrs.
    assert!(applied > CASES / 200, "only {applied} of {CASES} mutated updates reached yrs");
}

fn run(seed: u64, current: &Mutex<Vec<u8>>) -> usize {
    let mut rng = SmallRng::seed_from_u64(seed);
    let (base, updates) = samples();
    let name = DocumentName::Graph(uuid::Uuid::from_u128(7).into());
    let fresh = || {
        let mut replica = Replica::new(name);
        replica.apply(&base).expect("valid");
        replica
    };
    let mut replica = fresh();
    let mut applied = 0;
    for _ in 0..CASES {
        let mut update = updates[rng.random_range(0..updates.len())].clone();
        mutate(&mut update, &updates, &mut rng);
        current.lock().expect("no holder panics").clone_from(&update);
        let Ok(outline) = outline(&update, roots(name)) else { continue };
        let update = match replica.fit(&outline, &update) {
            Ok(Fit::Whole) => update,
            Ok(Fit::Gap { fitting }) => fitting,
            Err(_) => continue,
        };
        current.lock().expect("no holder panics").clone_from(&update);
        match replica.apply(&update) {
            Ok(_) => applied += 1,
            // yrs refused or panicked: the room opens the document anew then.
            Err(Broken) => replica = fresh(),
        }
        if applied % 50 == 0 {
            replica.snapshot(Heads::default());
            replica = fresh();
        }
    }
    applied
}

/// A document's state, and updates made on top of it.
fn samples() -> (Vec<u8>, Vec<Vec<u8>>) {
    let doc = new_doc(Some(1));
    {
        let mut txn = doc.transact_mut();
        let nodes = txn.get_or_insert_map("nodes");
        for id in ["n1", "n2"] {
            let node = nodes.insert(&mut txn, id, MapPrelim::from([("type", "text.chat")]));
            node.insert(&mut txn, "prompt", TextPrelim::new("write a 🦀 haiku"));
            node.insert(&mut txn, "pos", Any::from_json("[1.5,2]").expect("JSON"));
        }
    }
    let all = |doc: &Doc| doc.transact().encode_state_as_update_v1(&StateVector::default());
    let base = all(&doc);
    let mut updates = vec![base.clone()];
    let other = new_doc(Some(2));
    other.transact_mut().apply_update(yrs::Update::decode_v1(&base).expect("valid")).expect("applies");
    for (round, doc) in [&doc, &other, &doc, &other].into_iter().enumerate() {
        let before = doc.transact().state_vector();
        {
            let mut txn = doc.transact_mut();
            let nodes = txn.get_or_insert_map("nodes");
            let node: yrs::MapRef = nodes.get(&txn, "n1").and_then(|out| out.cast().ok()).expect("a map");
            let prompt: yrs::TextRef = node.get(&txn, "prompt").and_then(|out| out.cast().ok()).expect("a text");
            prompt.insert(&mut txn, round as u32, "ab");
            prompt.remove_range(&mut txn, 3, 2);
            prompt.format(&mut txn, 0, 2, [("b".into(), Any::Bool(true))].into());
            let list = node.insert(&mut txn, "list", ArrayPrelim::from([1, 2, 3]));
            list.insert(&mut txn, 1, Any::from_json(r#"{"k":[1,"x",null]}"#).expect("JSON"));
            list.remove(&mut txn, 0);
            nodes.insert(&mut txn, format!("n{round}x"), MapPrelim::from([("type", "image.blur")]));
            nodes.remove(&mut txn, "n2");
            txn.get_or_insert_map("edges").insert(&mut txn, "e", Any::Buffer(vec![7; 9].into()));
        }
        updates.push(doc.transact().encode_state_as_update_v1(&before));
    }
    updates.push(all(&other));
    (base, updates)
}

fn mutate(update: &mut Vec<u8>, updates: &[Vec<u8>], rng: &mut SmallRng) {
    for _ in 0..rng.random_range(1..4) {
        if update.is_empty() {
            return;
        }
        let at = rng.random_range(0..update.len());
        match rng.random_range(0..8) {
            0 => update[at] = rng.random(),
            1 => update[at] ^= 1 << rng.random_range(0..8),
            2 => update[at] = [0, 1, 2, 0x7f, 0x80, 0xff, 0x81, 10][rng.random_range(0..8)],
            3 => {
                update.remove(at);
            }
            4 => update.insert(at, rng.random()),
            5 => update.truncate(at),
            6 => {
                let other = &updates[rng.random_range(0..updates.len())];
                let from = rng.random_range(0..other.len());
                update.splice(at.., other[from..].iter().copied());
            }
            _ => {
                let mut noise = [0; 4];
                rng.fill_bytes(&mut noise);
                let end = (at + 4).min(update.len());
                update[at..end].copy_from_slice(&noise[..end - at]);
            }
        }
    }
}
