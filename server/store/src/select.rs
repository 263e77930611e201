//! A query whose conditions depend on what was asked: only those asked for are in the text, so that indexes serve.

use crate::cells::{Cell, Value};
use lianxian_model::ids::UnitId;
use lianxian_service::page::Keyset;

pub(crate) struct Select {
    sql: String,
    values: Vec<Value>,
    conditions: usize,
}

impl Select {
    pub(crate) fn new(sql: &str) -> Self {
        Self { sql: sql.to_owned(), values: Vec::new(), conditions: 0 }
    }

    /// A text that has values of its own already, `$1`, `$2` …
    pub(crate) fn with(sql: &str, values: Vec<Value>) -> Self {
        Self { sql: sql.to_owned(), values, conditions: 0 }
    }

    /// Adds a condition; `?1`, `?2` … in it stand for its own values.
    pub(crate) fn and(&mut self, condition: &str, values: Vec<Value>) {
        self.sql.push_str(if self.conditions == 0 { " WHERE " } else { " AND " });
        self.conditions += 1;
        let mut parts = condition.split('?');
        self.sql.push_str(parts.next().unwrap_or_default());
        for part in parts {
            let digits = part.bytes().take_while(u8::is_ascii_digit).count();
            let own: usize = part[..digits].parse().unwrap_or(1);
            self.sql.push_str(&format!("${}{}", self.values.len() + own, &part[digits..]));
        }
        self.values.extend(values);
    }

    pub(crate) fn and_if<T: Cell>(&mut self, condition: &str, value: &Option<T>) {
        if let Some(value) = value {
            self.and(condition, vec![value.to_value()]);
        }
    }

    /// Keeps rows whose `column` is one of the units or lies under one.
    pub(crate) fn and_within(&mut self, column: &str, roots: &[UnitId]) {
        if roots.is_empty() {
            return self.and("1 = 0", Vec::new());
        }
        let places: Vec<String> = (1..=roots.len()).map(|n| format!("?{n}")).collect();
        let condition =
            format!("{column} IN (SELECT unit_id FROM unit_paths WHERE ancestor_id IN ({}))", places.join(", "));
        self.and(&condition, roots.iter().map(Cell::to_value).collect());
    }

    /// In this order, so many at most.
    pub(crate) fn ordered(mut self, by: &str, limit: i64) -> (String, Vec<Value>) {
        self.sql.push_str(&format!(" ORDER BY {by} LIMIT ${}", self.values.len() + 1));
        self.values.push(limit.to_value());
        (self.sql, self.values)
    }

    /// Newest first, after the row that the keyset names.
    pub(crate) fn page(mut self, at: &str, id: &str, page: &Keyset) -> (String, Vec<Value>) {
        if let Some((before, before_id)) = &page.before {
            let condition = format!("({at}, {id}) < (?1, ?2)");
            self.and(&condition, vec![before.to_value(), before_id.to_value()]);
        }
        self.sql.push_str(&format!(" ORDER BY {at} DESC, {id} DESC LIMIT ${}", self.values.len() + 1));
        self.values.push(page.limit.to_value());
        (self.sql, self.values)
    }
}

/// A LIKE pattern (escape `!`) for "contains this".
pub(crate) fn containing(text: &str) -> String {
    format!("%{}%", escaped(text))
}

/// A LIKE pattern (escape `!`) for "begins with this".
pub(crate) fn beginning(text: &str) -> String {
    format!("{}%", escaped(text))
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '!' | '%' | '_') {
            out.push('!');
        }
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cells::values;

    #[test]
    fn conditions_are_numbered_through() {
        let mut select = Select::new("SELECT id FROM t");
        select.and("a = ?1", values![1_i64]);
        select.and_if("b = ?1", &None::<i64>);
        select.and("(c LIKE ?1 OR d LIKE ?1 OR e = ?2)", values!["x".to_owned(), 5_i64]);
        select.and_within("u", &["r".into(), "s".into()]);
        let (sql, values) = select.page("at", "id", &Keyset { before: Some((9, "z".into())), limit: 3 });
        assert_eq!(
            sql,
            "SELECT id FROM t WHERE a = $1 AND (c LIKE $2 OR d LIKE $2 OR e = $3) AND u IN (SELECT unit_id FROM \
             unit_paths WHERE ancestor_id IN ($4, $5)) AND (at, id) < ($6, $7) ORDER BY at DESC, id DESC LIMIT $8"
        );
        assert_eq!(values.len(), 8);
    }

    #[test]
    fn what_was_typed_is_no_pattern() {
        assert_eq!(containing("50%_!"), "%50!%!_!!%");
        assert_eq!(beginning("a."), "a.%");
    }
}
