//! Edits of shared texts (prompts), so that several people can type into one at once.
//!
//! Positions are UTF-16 code units, as browsers count. A character outside the basic plane takes two; an edit that would
//! tear one apart is refused, because a torn half cannot be stored and would become U+FFFD for everyone.

use yrs::{Any, GetString, Map, MapRef, Out, Text, TextPrelim, TextRef, TransactionMut, types::text::YChange};

use super::Edit;
use crate::{
    diff::{TextPiece, text_pieces},
    id::NodeId,
};

/// Why a text was not edited.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    #[error("there is no node `{node}`")]
    NoSuchNode { node: NodeId },
    #[error("`{param}` of node `{node}` is not a text")]
    NotText { node: NodeId, param: String },
    #[error("position {position} is behind the end of the text, which has {len} UTF-16 units")]
    OutOfRange { position: u64, len: u32 },
    #[error("position {position} lies inside a character")]
    InsideCharacter { position: u32 },
}

impl Edit<'_> {
    /// Replaces `delete` UTF-16 units at `index` by `insert`.
    ///
    /// A parameter that is not shared text yet, because nobody knew it as a prompt when the node was made, becomes one.
    pub fn edit_text(
        &mut self,
        node: &NodeId,
        param: &str,
        index: u32,
        delete: u32,
        insert: &str,
    ) -> Result<(), EditError> {
        let text = self.shared_text(node, param)?;
        check_range(&text, &self.txn, index, delete)?;
        splice(&text, &mut self.txn, index, delete, insert);
        Ok(())
    }

    /// Makes the text read `new` by changing only what differs between the common beginning and end, so that others'
    /// carets and words around the change stay.
    pub fn replace_text(&mut self, node: &NodeId, param: &str, new: &str) -> Result<(), EditError> {
        let text = self.shared_text(node, param)?;
        replace(&text, &mut self.txn, new);
        Ok(())
    }

    /// The shared text behind a parameter; a plain text, or nothing, is turned into one.
    ///
    /// If two people do that at once one text wins, which is why `add_node` makes every prompt a shared text up front.
    fn shared_text(&mut self, node: &NodeId, param: &str) -> Result<TextRef, EditError> {
        let map = self.node_map(node).ok_or_else(|| EditError::NoSuchNode { node: node.clone() })?;
        let params = self.params_map(&map);
        let before = match params.get(&self.txn, param) {
            Some(Out::YText(text)) => return Ok(text),
            Some(Out::Any(Any::String(text))) => text.to_string(),
            None | Some(Out::Any(Any::Null | Any::Undefined)) => String::new(),
            Some(_) => return Err(EditError::NotText { node: node.clone(), param: param.into() }),
        };
        Ok(insert_text(&params, &mut self.txn, param, &before))
    }
}

/// Puts a new shared text at `key`.
pub(super) fn insert_text(map: &MapRef, txn: &mut TransactionMut, key: &str, content: &str) -> TextRef {
    let text = map.insert(txn, key, TextPrelim::default());
    text.push(txn, content);
    text
}

/// See [`Edit::replace_text`].
pub(super) fn replace(text: &TextRef, txn: &mut TransactionMut, new: &str) {
    let old = text.get_string(txn);
    if text.len(txn) as usize != old.encode_utf16().count() {
        // Something besides characters stands in it (another program's embed): positions cannot be told from the
        // string alone, and a prompt keeps nothing but characters anyway.
        let len = text.len(txn);
        splice(text, txn, 0, len, new);
        return;
    }
    let same_start: usize = old.chars().zip(new.chars()).take_while(|(a, b)| a == b).map(|(a, _)| a.len_utf8()).sum();
    let (old_rest, new_rest) = (&old[same_start..], &new[same_start..]);
    let same_end: usize =
        old_rest.chars().rev().zip(new_rest.chars().rev()).take_while(|(a, b)| a == b).map(|(a, _)| a.len_utf8()).sum();
    let gone = &old_rest[..old_rest.len() - same_end];
    let come = &new_rest[..new_rest.len() - same_end];
    splice(text, txn, utf16_len(&old[..same_start]), utf16_len(gone), come);
}

/// Makes the text read `new`, word by word, so that others' carets and what they type between the words stays.
pub(super) fn rework(text: &TextRef, txn: &mut TransactionMut, new: &str) {
    let old = text.get_string(txn);
    if text.len(txn) as usize != old.encode_utf16().count() {
        return replace(text, txn, new);
    }
    let mut at = 0;
    for piece in text_pieces(&old, new) {
        let len = utf16_len(piece.text());
        match &piece {
            TextPiece::Same(_) => at += len,
            TextPiece::Removed(_) => text.remove_range(txn, at, len),
            TextPiece::Added(words) => {
                text.insert(txn, at, words);
                at += len;
            }
        }
    }
}

/// `index` and `delete` must have been checked: yrs panics on a range that is too long.
fn splice(text: &TextRef, txn: &mut TransactionMut, index: u32, delete: u32, insert: &str) {
    if delete > 0 {
        text.remove_range(txn, index, delete);
    }
    text.insert(txn, index, insert);
}

fn utf16_len(text: &str) -> u32 {
    text.encode_utf16().count() as u32
}

fn check_range(text: &TextRef, txn: &TransactionMut, index: u32, delete: u32) -> Result<(), EditError> {
    let len = text.len(txn);
    let end = u64::from(index) + u64::from(delete);
    if end > u64::from(len) {
        return Err(EditError::OutOfRange { position: end.max(index.into()), len });
    }
    let end = end as u32;
    let mut at = 0;
    for piece in text.diff(txn, YChange::identity) {
        let Out::Any(Any::String(piece)) = piece.insert else {
            // An embed counts as one unit and cannot be torn.
            at += 1;
            continue;
        };
        for character in piece.chars() {
            if character.len_utf16() == 2 {
                for position in [index, end] {
                    if position == at + 1 {
                        return Err(EditError::InsideCharacter { position });
                    }
                }
            }
            at += character.len_utf16() as u32;
            if at >= end {
                return Ok(());
            }
        }
    }
    Ok(())
}
