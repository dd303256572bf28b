//! Changes of a text as positions see them, in UTF-16 code units: what moves a caret when somebody else types.

/// At `at`, `deleted` units went and `inserted` units came. A list of splices applies one after the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Splice {
    pub at: u32,
    pub deleted: u32,
    pub inserted: u32,
}

/// Which side of an insertion a position at its very place ends up on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bias {
    /// A caret: what others insert where it stands comes behind it.
    Stay,
    /// Where a person's own typing goes: what others inserted there first stays in front of it.
    Move,
}

impl Splice {
    /// Where `position` is after the change. Positions in a deleted stretch fall back to its start.
    pub fn map(self, position: u32, bias: Bias) -> u32 {
        if position < self.at || (position == self.at && bias == Bias::Stay) {
            return position;
        }
        if position <= self.at + self.deleted {
            return match bias {
                Bias::Stay => self.at,
                Bias::Move => self.at + self.inserted,
            };
        }
        position - self.deleted + self.inserted
    }
}

/// What a person did to a text field, as one replacement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextEdit {
    pub at: u32,
    pub delete: u32,
    pub insert: String,
}

/// The one replacement that leads from `before` to `after`. `caret` is where the browser left it, behind what was
/// typed: it tells which of several equal letters is the new one.
pub fn difference(before: &str, after: &str, caret: u32) -> Option<TextEdit> {
    if before == after {
        return None;
    }
    let before: Vec<u16> = before.encode_utf16().collect();
    let after: Vec<u16> = after.encode_utf16().collect();
    // Text behind the caret was not touched, so it is matched first; whatever is equal in front of it comes second.
    let behind_caret = after.len().saturating_sub(caret as usize).min(before.len());
    let mut suffix = common(before.iter().rev().zip(after.iter().rev())).min(behind_caret);
    let mut prefix = common(before.iter().zip(&after)).min(before.len().min(after.len()) - suffix);
    // Never cut a pair of surrogates in half: half of one is not text.
    while prefix > 0 && is_high(before[prefix - 1]) {
        prefix -= 1;
    }
    while suffix > 0 && is_low(before[before.len() - suffix]) {
        suffix -= 1;
    }
    Some(TextEdit {
        at: prefix as u32,
        delete: (before.len() - prefix - suffix) as u32,
        insert: String::from_utf16_lossy(&after[prefix..after.len() - suffix]),
    })
}

fn common<'a>(pairs: impl Iterator<Item = (&'a u16, &'a u16)>) -> usize {
    pairs.take_while(|(a, b)| a == b).count()
}

fn is_high(unit: u16) -> bool {
    (0xd800..0xdc00).contains(&unit)
}

fn is_low(unit: u16) -> bool {
    (0xdc00..0xe000).contains(&unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edit(before: &str, after: &str, caret: u32) -> (u32, u32, String) {
        let edit = difference(before, after, caret).expect("the texts differ");
        (edit.at, edit.delete, edit.insert)
    }

    #[test]
    fn typing_is_an_insertion_at_the_caret() {
        assert_eq!(edit("cat", "cart", 3), (2, 0, "r".into()));
        assert_eq!(edit("", "hello", 5), (0, 0, "hello".into()));
        assert_eq!(difference("same", "same", 2), None);
    }

    #[test]
    fn the_caret_tells_equal_letters_apart() {
        assert_eq!(edit("aaa", "aaaa", 1), (0, 0, "a".into()));
        assert_eq!(edit("aaa", "aaaa", 3), (2, 0, "a".into()));
        assert_eq!(edit("aaa", "aa", 1), (1, 1, String::new()));
    }

    #[test]
    fn replacing_a_selection_is_one_edit() {
        assert_eq!(edit("a red fox", "a blue fox", 6), (2, 3, "blue".into()));
    }

    #[test]
    fn an_edit_never_cuts_an_emoji_in_half() {
        // Both begin with the same high surrogate.
        assert_eq!(edit("😀", "😁", 2), (0, 2, "😁".into()));
        assert_eq!(edit("a😀b", "ab", 1), (1, 2, String::new()));
    }

    #[test]
    fn a_caret_stays_with_its_letters() {
        let typed_before = Splice { at: 2, deleted: 0, inserted: 3 };
        assert_eq!(typed_before.map(5, Bias::Stay), 8);
        assert_eq!(typed_before.map(1, Bias::Stay), 1);
        assert_eq!(typed_before.map(2, Bias::Stay), 2);
        assert_eq!(typed_before.map(2, Bias::Move), 5);
        let deleted_around = Splice { at: 2, deleted: 4, inserted: 1 };
        assert_eq!(deleted_around.map(4, Bias::Stay), 2);
        assert_eq!(deleted_around.map(9, Bias::Stay), 6);
    }
}
