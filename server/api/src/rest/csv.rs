//! Tables for spreadsheets (RFC 4180): UTF-8 with a byte order mark, times in Beijing, and no cell that a spreadsheet
//! would take for a formula.

use super::attachments::attachment;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use lianxian_model::session::beijing_day;
use lianxian_model::time::Millis;

pub(super) enum Cell {
    /// What somebody wrote.
    Text(String),
    /// One of our own words.
    Word(&'static str),
    Time(Option<Millis>),
    Count(Option<u64>),
    /// A share from 0 to 1.
    Share(Option<f64>),
}

/// A file to keep. `name` is what people read, `plain` what stands in for it where names are ASCII.
pub(super) fn answer<const N: usize>(
    name: &str,
    plain: &str,
    headings: &[&str; N],
    rows: impl Iterator<Item = [Cell; N]>,
) -> Response {
    let mut text = String::from("\u{feff}");
    line(&mut text, headings.iter().map(|heading| (*heading).to_owned()));
    for row in rows {
        line(&mut text, row.into_iter().map(spelled));
    }
    let mut response = text.into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8"));
    if let Some(disposition) = attachment(&format!("{name}.csv"), &format!("{plain}.csv")) {
        headers.insert(header::CONTENT_DISPOSITION, disposition);
    }
    response
}

fn line(text: &mut String, cells: impl Iterator<Item = String>) {
    for (at, cell) in cells.enumerate() {
        if at > 0 {
            text.push(',');
        }
        if cell.contains(['"', ',', '\r', '\n']) {
            text.push('"');
            text.push_str(&cell.replace('"', "\"\""));
            text.push('"');
        } else {
            text.push_str(&cell);
        }
    }
    text.push_str("\r\n");
}

fn spelled(cell: Cell) -> String {
    match cell {
        Cell::Word(word) => word.to_owned(),
        Cell::Time(None) | Cell::Count(None) | Cell::Share(None) => String::new(),
        Cell::Count(Some(count)) => count.to_string(),
        Cell::Share(Some(share)) => format!("{share:.4}"),
        Cell::Time(Some(at)) => beijing_time(at),
        // A leading apostrophe makes it text, in every spreadsheet program.
        Cell::Text(text) if text.trim_start().starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠', '\t', '\r']) =>
        {
            format!("'{text}")
        }
        Cell::Text(text) if text.starts_with(['\t', '\r', '\n']) => format!("'{text}"),
        Cell::Text(text) => text,
    }
}

/// `2026-11-24 09:05:12`, in Beijing.
fn beijing_time(at: Millis) -> String {
    let day = beijing_day(at);
    let seconds = (at.0 + 8 * 3_600_000).rem_euclid(86_400_000) / 1000;
    let (year, rest) = day.split_at(day.len() - 4);
    let (month, date) = rest.split_at(2);
    format!("{year}-{month}-{date} {:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

/// The records of a table (RFC 4180) that hold anything, each with the line it begins on, from 1; `most` at most. Any
/// text is some table: an open quotation ends with the text.
pub(super) fn records(text: &str, most: usize) -> Vec<(usize, Vec<String>)> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut records = Vec::new();
    let (mut cells, mut cell) = (Vec::new(), String::new());
    let (mut line, mut begun, mut quoted) = (1, 1, false);
    let mut chars = text.chars().peekable();
    loop {
        let next = chars.next();
        match next {
            Some('"') if quoted && chars.peek() == Some(&'"') => {
                chars.next();
                cell.push('"');
            }
            Some('"') if quoted => quoted = false,
            Some('"') if cell.is_empty() => quoted = true,
            Some(',') if !quoted => cells.push(std::mem::take(&mut cell)),
            Some('\r') if !quoted => {}
            Some(c) if quoted || c != '\n' => {
                line += usize::from(c == '\n');
                cell.push(c);
            }
            _ => {
                cells.push(std::mem::take(&mut cell));
                let record = std::mem::take(&mut cells);
                if record.iter().any(|cell| !cell.trim().is_empty()) {
                    records.push((begun, record));
                }
                line += 1;
                begun = line;
                if next.is_none() || records.len() >= most {
                    return records;
                }
            }
        }
    }
}

/// The cell without the apostrophe that kept a spreadsheet from taking it for a formula.
pub(super) fn unguarded(cell: &str) -> &str {
    cell.strip_prefix('\'').unwrap_or(cell)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula_and_every_cell_is_whole() {
        for text in ["=1+1", "+86", "-1", "@SUM(A1)", " =1", "＝1", "\t=1"] {
            assert!(spelled(Cell::Text(text.into())).starts_with('\''), "{text:?}");
        }
        assert_eq!(spelled(Cell::Text("例行巡查".into())), "例行巡查");
        let mut text = String::new();
        line(&mut text, ["一,二", "说\"好\"", "两\n行", "平常"].map(str::to_owned).into_iter());
        assert_eq!(text, "\"一,二\",\"说\"\"好\"\"\",\"两\n行\",平常\r\n");
    }

    #[test]
    fn times_are_those_of_beijing() {
        assert_eq!(beijing_time(Millis(0)), "1970-01-01 08:00:00");
        assert_eq!(beijing_time(Millis(-1)), "1970-01-01 07:59:59");
    }

    #[test]
    fn records_are_read_as_they_are_written() {
        let mut text = String::from("\u{feff}");
        let cells = ["一,二", "说\"好\"", "两\n行", "平常"];
        line(&mut text, cells.map(str::to_owned).into_iter());
        text.push_str("\r\n ,\r\nlast,line");
        let found = records(&text, 10);
        assert_eq!(found, [(1, cells.map(str::to_owned).to_vec()), (5, vec!["last".into(), "line".into()])]);
        assert_eq!(records("a\nb\nc", 2).len(), 2);
        assert_eq!(records("", 2), []);
        assert_eq!(records("\"never closed\nat all", 2), [(1, vec!["never closed\nat all".into()])]);
        assert_eq!(unguarded("'=1"), "=1");
    }
}
