//! Pages of long lists: a cursor names the last row seen, so that rows arriving meanwhile move nothing.

use crate::error::{ServiceError, ServiceResult};
use serde::{Deserialize, Serialize};

/// Rows of a page when the caller does not say.
pub const DEFAULT_PAGE: i64 = 50;
/// Most rows of a page.
pub const MAX_PAGE: i64 = 500;
/// Most rows of an export.
pub const MAX_EXPORT: i64 = 20_000;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PageRequest {
    /// The `next` of the page before.
    pub cursor: Option<String>,
    pub limit: Option<i64>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Page<T> {
    pub items: Vec<T>,
    /// The cursor of the next page; none at the end.
    pub next: Option<String>,
}

/// Rows to fetch, and after which row: newest first, by time and then id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keyset {
    pub before: Option<(i64, String)>,
    pub limit: i64,
}

impl PageRequest {
    pub(crate) fn keyset(&self) -> ServiceResult<Keyset> {
        let limit = self.limit.unwrap_or(DEFAULT_PAGE);
        if !(1..=MAX_PAGE).contains(&limit) {
            return Err(ServiceError {
                limit: Some(MAX_PAGE),
                ..ServiceError::invalid(
                    "limit",
                    format!("每页 1 到 {MAX_PAGE} 条"),
                    format!("limit is 1 to {MAX_PAGE}"),
                )
            });
        }
        let before = match self.cursor.as_deref() {
            None | Some("") => None,
            Some(cursor) => Some(
                cursor
                    .split_once('~')
                    .and_then(|(at, id)| Some((at.parse::<i64>().ok()?, id.to_owned())))
                    .ok_or_else(|| ServiceError::invalid("cursor", "游标无效", "the cursor is not one of ours"))?,
            ),
        };
        Ok(Keyset { before, limit })
    }
}

impl<T> Page<T> {
    /// From rows fetched with one more than the limit: the extra row only tells that there is a next page.
    pub(crate) fn of(mut rows: Vec<T>, limit: i64, key: impl Fn(&T) -> (i64, String)) -> Self {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next = rows.last().filter(|_| more).map(|row| {
            let (at, id) = key(row);
            format!("{at}~{id}")
        });
        Self { items: rows, next }
    }

    pub fn map<U>(self, f: impl FnMut(T) -> U) -> Page<U> {
        Page { items: self.items.into_iter().map(f).collect(), next: self.next }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_checked_and_a_full_page_names_the_next() {
        let ask = |cursor: &str, limit| PageRequest { cursor: Some(cursor.into()), limit };
        assert_eq!(ask("", None).keyset().map(|k| k.limit), Ok(DEFAULT_PAGE));
        assert_eq!(ask("12~x", Some(3)).keyset().map(|k| k.before), Ok(Some((12, "x".into()))));
        assert!(ask("x", None).keyset().is_err());
        assert!(ask("", Some(0)).keyset().is_err());
        assert_eq!(ask("", Some(501)).keyset().unwrap_err().limit, Some(MAX_PAGE));
        let page = Page::of(vec![3, 2, 1], 2, |n| (*n, n.to_string()));
        assert_eq!((page.items, page.next), (vec![3, 2], Some("2~2".into())));
        assert_eq!(Page::of(vec![3, 2], 2, |n| (*n, n.to_string())).next, None);
    }
}
