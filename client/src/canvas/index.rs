//! Which boxes lie in a region, without asking all of them: a grid of square cells that each know the boxes they touch.
//!
//! Pure. A plain grid and not a tree: things on a canvas are of one order of size, and moving one is two list edits.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    ops::RangeInclusive,
};

use super::geometry::Rect;

/// Of a cell's side, in canvas units: a few nodes.
const CELL: f64 = 1024.0;
/// A box over more cells than this is asked every time instead: documents come from anywhere, and so do sizes.
const MOST_CELLS: i64 = 64;

type Cell = (i32, i32);

pub struct Index<K> {
    rects: BTreeMap<K, Rect>,
    cells: HashMap<Cell, Vec<K>>,
    large: BTreeSet<K>,
}

impl<K> Default for Index<K> {
    fn default() -> Self {
        Self { rects: BTreeMap::new(), cells: HashMap::new(), large: BTreeSet::new() }
    }
}

impl<K: Ord + Clone> Index<K> {
    /// Puts a box where it is now; whether that is news.
    pub fn put(&mut self, key: &K, rect: Rect) -> bool {
        if self.rects.get(key) == Some(&rect) {
            return false;
        }
        self.remove(key);
        match cells(&rect) {
            Some(cells) => each(cells, |cell| self.cells.entry(cell).or_default().push(key.clone())),
            None => drop(self.large.insert(key.clone())),
        }
        self.rects.insert(key.clone(), rect);
        true
    }

    /// Whether it was there.
    pub fn remove(&mut self, key: &K) -> bool {
        let Some(rect) = self.rects.remove(key) else { return false };
        self.large.remove(key);
        if let Some(cells) = cells(&rect) {
            each(cells, |cell| {
                if let Some(keys) = self.cells.get_mut(&cell) {
                    keys.retain(|other| other != key);
                }
            });
        }
        true
    }

    /// Whatever touches the region, in order.
    pub fn within(&self, region: &Rect) -> Vec<(&K, &Rect)> {
        let touches = |key: &&K| self.rects.get(*key).is_some_and(|rect| rect.intersects(region));
        let Some(cells) = cells_up_to(region, self.cells.len() as i64) else {
            // More cells than there are: asking everything is less work.
            return self.rects.iter().filter(|(_, rect)| rect.intersects(region)).collect();
        };
        let mut found: Vec<&K> = self.large.iter().filter(touches).collect();
        each(cells, |cell| found.extend(self.cells.get(&cell).into_iter().flatten().filter(touches)));
        found.sort_unstable();
        found.dedup();
        found.into_iter().filter_map(|key| self.rects.get_key_value(key)).collect()
    }
}

fn cells(rect: &Rect) -> Option<(RangeInclusive<i32>, RangeInclusive<i32>)> {
    cells_up_to(rect, MOST_CELLS)
}

fn cells_up_to(rect: &Rect, most: i64) -> Option<(RangeInclusive<i32>, RangeInclusive<i32>)> {
    // Casts saturate: what lies beyond the last cell lies in it.
    let cell = |at: f64| (at / CELL).floor() as i32;
    let (left, right) = (cell(rect.x), cell(rect.x + rect.width));
    let (top, bottom) = (cell(rect.y), cell(rect.y + rect.height));
    let count = |from: i32, to: i32| i64::from(to) - i64::from(from) + 1;
    let (across, down) = (count(left, right), count(top, bottom));
    let few = across <= most && down <= most && across * down <= most;
    few.then_some((left..=right, top..=bottom))
}

fn each((across, down): (RangeInclusive<i32>, RangeInclusive<i32>), mut f: impl FnMut(Cell)) {
    for x in across {
        for y in down.clone() {
            f((x, y));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn index(rects: &[(u32, Rect)]) -> Index<u32> {
        let mut index = Index::default();
        for (key, rect) in rects {
            assert!(index.put(key, *rect));
        }
        index
    }

    fn keys(index: &Index<u32>, region: Rect) -> Vec<u32> {
        index.within(&region).into_iter().map(|(key, _)| *key).collect()
    }

    #[test]
    fn it_finds_what_asking_everything_finds() {
        // A sequence that looks random enough, the same every time.
        let mut seed = 7u64;
        let mut next = |most: f64| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 11) as f64 / (1u64 << 53) as f64 * most
        };
        let rects: Vec<(u32, Rect)> = (0..400)
            .map(|key| {
                (key, Rect::new([next(20_000.0) - 10_000.0, next(9_000.0) - 4_000.0], [next(900.0), next(9_000.0)]))
            })
            .collect();
        let index = index(&rects);
        for _ in 0..50 {
            let region =
                Rect::new([next(20_000.0) - 10_000.0, next(9_000.0) - 4_000.0], [next(4_000.0), next(3_000.0)]);
            let all: Vec<u32> =
                rects.iter().filter(|(_, rect)| rect.intersects(&region)).map(|(key, _)| *key).collect();
            assert_eq!(keys(&index, region), all);
        }
    }

    #[test]
    fn what_moved_or_went_is_not_where_it_was() {
        let mut index = index(&[(1, Rect::new([0.0, 0.0], [10.0, 10.0])), (2, Rect::new([5.0, 5.0], [10.0, 10.0]))]);
        let here = Rect::new([0.0, 0.0], [20.0, 20.0]);
        assert!(!index.put(&1, Rect::new([0.0, 0.0], [10.0, 10.0])));
        assert!(index.put(&1, Rect::new([5_000.0, 0.0], [10.0, 10.0])));
        assert_eq!(keys(&index, here), [2]);
        assert!(index.remove(&2) && !index.remove(&2));
        assert_eq!(keys(&index, here), [] as [u32; 0]);
    }

    #[test]
    fn boxes_without_bounds_cost_nothing_and_are_found() {
        let endless = Rect::new([-1e300, f64::MIN], [f64::MAX, f64::MAX]);
        let index = index(&[(1, endless), (2, Rect::new([1e300, 0.0], [1.0, 1.0]))]);
        assert_eq!(keys(&index, Rect::new([1e300, 0.0], [5.0, 5.0])), [1, 2]);
        assert!(keys(&index, endless).contains(&1));
    }
}
