//! Who follows which shared text, to be told how it changed.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    rc::{Rc, Weak},
};

use shared::id::NodeId;

use super::splice::Splice;

type Callback = Rc<dyn Fn(&[Splice])>;

#[derive(Default)]
pub struct Texts {
    watchers: RefCell<BTreeMap<u64, (NodeId, String, Callback)>>,
    next: Cell<u64>,
}

/// Following ends when this is dropped.
pub struct TextWatch {
    texts: Weak<Texts>,
    key: u64,
}

impl Texts {
    /// `callback` runs after the view was refreshed, with the splices if they are known, and none if the text may have
    /// become another one altogether.
    pub fn watch(self: &Rc<Self>, node: NodeId, param: String, callback: impl Fn(&[Splice]) + 'static) -> TextWatch {
        let key = self.next.get();
        self.next.set(key + 1);
        self.watchers.borrow_mut().insert(key, (node, param, Rc::new(callback)));
        TextWatch { texts: Rc::downgrade(self), key }
    }

    /// Tells everybody who follows a text of a changed node.
    pub fn changed<'n>(
        &self,
        nodes: impl IntoIterator<Item = &'n NodeId>,
        texts: &BTreeMap<(NodeId, String), Vec<Splice>>,
    ) {
        if self.watchers.borrow().is_empty() {
            return;
        }
        for changed in nodes {
            // Collected first: a callback may begin or end a watch.
            let told: Vec<(String, Callback)> = {
                let watchers = self.watchers.borrow();
                let of_node = watchers.values().filter(|(node, _, _)| node == changed);
                of_node.map(|(_, param, callback)| (param.clone(), callback.clone())).collect()
            };
            for (param, callback) in told {
                let splices = texts.get(&(changed.clone(), param));
                callback(splices.map(Vec::as_slice).unwrap_or_default());
            }
        }
    }
}

impl Drop for TextWatch {
    fn drop(&mut self) {
        if let Some(texts) = self.texts.upgrade() {
            texts.watchers.borrow_mut().remove(&self.key);
        }
    }
}
