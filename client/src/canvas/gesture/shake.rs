//! Whether a hand shakes what it holds: several turns back and forth in a short time.
//!
//! The machine has no clock, and needs none: browsers report a move a frame, so moves are counted.

use crate::canvas::geometry::Point;

/// Turns that make a shake.
const TURNS: usize = 4;
/// A turn counts when the way since the last one was at least this long, in screen pixels.
const REACH: f64 = 36.0;
/// The turns lie within this many moves, three quarters of a second.
const WITHIN: u32 = 45;

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Shake {
    last: Option<Point>,
    /// 1 to the right, -1 to the left.
    heading: f64,
    /// Since the last turn, in the present direction.
    way: f64,
    moves: u32,
    turns: Vec<u32>,
    /// It has happened: nothing is shaken off twice.
    done: bool,
}

impl Shake {
    /// `true` once, at the move that completes a shake.
    pub fn moved(&mut self, at_screen: Point) -> bool {
        self.moves += 1;
        let Some(last) = self.last.replace(at_screen) else { return false };
        let by = at_screen[0] - last[0];
        if by == 0.0 || self.done {
            return false;
        }
        if by.signum() != self.heading {
            if self.way >= REACH {
                self.turns.push(self.moves);
            }
            self.heading = by.signum();
            self.way = 0.0;
        }
        self.way += by.abs();
        self.turns.retain(|turn| self.moves - turn < WITHIN);
        self.done = self.turns.len() >= TURNS;
        self.done
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_way_there_and_back_is_no_shake() {
        let mut shake = Shake::default();
        for turn in 0..6 {
            for step in 0..30 {
                let x = if turn % 2 == 0 { step } else { 30 - step };
                assert!(!shake.moved([f64::from(x) * 8.0, 0.0]));
            }
        }
    }

    #[test]
    fn a_trembling_hand_is_no_shake() {
        let mut shake = Shake::default();
        assert!((0..60).all(|turn| !shake.moved([f64::from(turn % 2) * 5.0, 0.0])));
    }
}
