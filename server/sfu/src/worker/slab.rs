//! Entries under keys that stay where they are: what is walked for every packet lies together, and is found without hashing.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;

/// Names an entry of a [`Slab`] of the same kind. Holds until that entry is removed.
pub(super) struct Key<T> {
    at: u32,
    of: PhantomData<fn() -> T>,
}

impl<T> Key<T> {
    /// A small number that differs between the entries of one slab.
    pub fn number(self) -> usize {
        self.at as usize
    }
}

impl<T> Clone for Key<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Key<T> {}

impl<T> PartialEq for Key<T> {
    fn eq(&self, other: &Self) -> bool {
        self.at == other.at
    }
}

impl<T> Eq for Key<T> {}

impl<T> PartialOrd for Key<T> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl<T> Ord for Key<T> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.at.cmp(&other.at)
    }
}

impl<T> Hash for Key<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.at.hash(state);
    }
}

impl<T> fmt::Debug for Key<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{}", self.at)
    }
}

pub(super) struct Slab<T> {
    entries: Vec<Option<T>>,
    free: Vec<u32>,
}

impl<T> Default for Slab<T> {
    fn default() -> Self {
        Self { entries: Vec::new(), free: Vec::new() }
    }
}

impl<T> Slab<T> {
    pub fn insert(&mut self, entry: T) -> Key<T> {
        let at = match self.free.pop() {
            Some(at) => at,
            None => {
                self.entries.push(None);
                (self.entries.len() - 1) as u32
            }
        };
        if let Some(place) = self.entries.get_mut(at as usize) {
            *place = Some(entry);
        }
        Key { at, of: PhantomData }
    }

    pub fn get(&self, key: Key<T>) -> Option<&T> {
        self.entries.get(key.at as usize)?.as_ref()
    }

    pub fn get_mut(&mut self, key: Key<T>) -> Option<&mut T> {
        self.entries.get_mut(key.at as usize)?.as_mut()
    }

    pub fn remove(&mut self, key: Key<T>) -> Option<T> {
        let removed = self.entries.get_mut(key.at as usize)?.take();
        if removed.is_some() {
            self.free.push(key.at);
        }
        removed
    }

    pub fn len(&self) -> usize {
        self.entries.len() - self.free.len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub fn iter(&self) -> impl Iterator<Item = (Key<T>, &T)> {
        self.entries
            .iter()
            .enumerate()
            .filter_map(|(at, entry)| Some((Key { at: at as u32, of: PhantomData }, entry.as_ref()?)))
    }

    pub fn iter_mut(&mut self) -> impl Iterator<Item = (Key<T>, &mut T)> {
        self.entries
            .iter_mut()
            .enumerate()
            .filter_map(|(at, entry)| Some((Key { at: at as u32, of: PhantomData }, entry.as_mut()?)))
    }

    pub fn keys(&self) -> Vec<Key<T>> {
        self.iter().map(|(key, _)| key).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_hold_while_others_come_and_go() {
        let mut slab = Slab::default();
        let a = slab.insert("a");
        let b = slab.insert("b");
        assert_eq!(slab.remove(a), Some("a"));
        assert_eq!((slab.remove(a), slab.len()), (None, 1));
        let c = slab.insert("c");
        assert_eq!((slab.get(b), slab.get(c)), (Some(&"b"), Some(&"c")));
        assert_eq!(c.number(), a.number(), "places are used again");
        assert_eq!(slab.iter().map(|(_, entry)| *entry).collect::<Vec<_>>(), ["c", "b"]);
    }
}
