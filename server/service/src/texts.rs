//! Texts that people wrote.

use crate::error::{ServiceError, ServiceResult};

/// Trimmed, and at most so many characters. Errors: `invalid` with the field and its limit.
pub(crate) fn within(field: &'static str, text: &str, max_chars: usize) -> ServiceResult<String> {
    let text = text.trim();
    if text.chars().count() > max_chars {
        return Err(ServiceError {
            limit: Some(max_chars as i64),
            ..ServiceError::invalid(field, format!("最多 {max_chars} 个字"), format!("at most {max_chars} characters"))
        });
    }
    Ok(text.to_owned())
}
