//! What was painted on a mask, stroke by stroke, so that it can be taken back. Pure: drawing it is `dom::Paint`'s part.

use crate::dom::Dab;

/// One step of the hand.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    Stroke {
        points: Vec<[f64; 2]>,
        width: f64,
        erases: bool,
    },
    /// Nothing is painted any more.
    Clear,
    Invert,
}

impl Step {
    /// The lines of a stroke; none for anything else.
    pub fn dabs(&self) -> Vec<Dab> {
        let Self::Stroke { points, width, erases } = self else { return Vec::new() };
        let line = |from, to| Dab { from, to, width: *width, erases: *erases };
        match points.as_slice() {
            [] => Vec::new(),
            [only] => vec![line(*only, *only)],
            many => many.windows(2).map(|pair| line(pair[0], pair[1])).collect(),
        }
    }
}

#[derive(Debug, Clone, Default, PartialEq)]
pub struct Painting {
    steps: Vec<Step>,
    undone: Vec<Step>,
}

impl Painting {
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    pub fn begin(&mut self, step: Step) {
        self.undone.clear();
        self.steps.push(step);
    }

    /// Leads the stroke on that is being painted. Answers with what is new of it.
    pub fn extend(&mut self, to: [f64; 2]) -> Option<Dab> {
        let Some(Step::Stroke { points, width, erases }) = self.steps.last_mut() else { return None };
        let from = *points.last()?;
        if from == to {
            return None;
        }
        points.push(to);
        Some(Dab { from, to, width: *width, erases: *erases })
    }

    pub fn undo(&mut self) {
        self.undone.extend(self.steps.pop());
    }

    pub fn redo(&mut self) {
        self.steps.extend(self.undone.pop());
    }

    pub fn can_undo(&self) -> bool {
        !self.steps.is_empty()
    }

    pub fn can_redo(&self) -> bool {
        !self.undone.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stroke(points: &[[f64; 2]]) -> Step {
        Step::Stroke { points: points.to_vec(), width: 8.0, erases: false }
    }

    #[test]
    fn a_touch_is_a_dot_and_a_move_is_a_line() {
        assert_eq!(stroke(&[[1.0, 2.0]]).dabs().len(), 1);
        assert_eq!(stroke(&[[0.0, 0.0], [1.0, 0.0], [1.0, 1.0]]).dabs().len(), 2);
        assert_eq!(Step::Invert.dabs(), []);
    }

    #[test]
    fn only_what_is_new_is_painted() {
        let mut painting = Painting::default();
        painting.begin(stroke(&[[0.0, 0.0]]));
        let dab = painting.extend([3.0, 4.0]).unwrap();
        assert_eq!((dab.from, dab.to), ([0.0, 0.0], [3.0, 4.0]));
        assert_eq!(painting.extend([3.0, 4.0]), None);
    }

    #[test]
    fn a_stroke_taken_back_comes_again_until_another_is_painted() {
        let mut painting = Painting::default();
        painting.begin(stroke(&[[0.0, 0.0]]));
        painting.begin(Step::Clear);
        painting.undo();
        assert_eq!((painting.steps().len(), painting.can_redo()), (1, true));
        painting.redo();
        assert_eq!(painting.steps().last(), Some(&Step::Clear));
        painting.undo();
        painting.begin(Step::Invert);
        assert!(!painting.can_redo());
    }
}
