//! The one error of every use case: a kind that maps to a status, a stable code, and what to say in both languages.

use crate::ports::live::MediaFull;
use serde::Serialize;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ErrorKind {
    NotFound,
    Conflict,
    Forbidden,
    Invalid,
    Unavailable,
    LimitReached,
    Unauthenticated,
    Internal,
}

#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{code}: {en}")]
pub struct ServiceError {
    pub kind: ErrorKind,
    /// Stable, for programs.
    pub code: &'static str,
    pub zh: String,
    pub en: String,
    /// The field of the request that is wrong.
    pub field: Option<&'static str>,
    /// The limit that was reached.
    pub limit: Option<i64>,
    /// The value concerned, for example until when an account is locked.
    pub value: Option<serde_json::Value>,
}

impl ServiceError {
    pub fn new(kind: ErrorKind, code: &'static str, zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self { kind, code, zh: zh.into(), en: en.into(), field: None, limit: None, value: None }
    }

    pub fn not_found(zh: &str, en: &str) -> Self {
        Self::new(ErrorKind::NotFound, "not_found", format!("{zh}不存在"), format!("no such {en}"))
    }

    pub fn conflict(code: &'static str, zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self::new(ErrorKind::Conflict, code, zh, en)
    }

    pub fn forbidden() -> Self {
        Self::new(
            ErrorKind::Forbidden,
            "forbidden",
            "没有权限，本次请求已记录",
            "not allowed; the request is on record",
        )
    }

    pub fn invalid(field: &'static str, zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self { field: Some(field), ..Self::new(ErrorKind::Invalid, "invalid", zh, en) }
    }

    pub fn limit(code: &'static str, limit: i64, zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self { limit: Some(limit), ..Self::new(ErrorKind::LimitReached, code, zh, en) }
    }

    pub fn unauthenticated(code: &'static str, zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self::new(ErrorKind::Unauthenticated, code, zh, en)
    }

    pub fn internal(detail: impl std::fmt::Display) -> Self {
        Self::new(ErrorKind::Internal, "internal", "服务器内部错误", format!("internal error: {detail}"))
    }

    pub fn with_value(mut self, value: impl Into<serde_json::Value>) -> Self {
        self.value = Some(value.into());
        self
    }
}

impl From<MediaFull> for ServiceError {
    fn from(MediaFull { limit, value }: MediaFull) -> Self {
        let zh = format!("媒体服务已满（负载 {value}%，上限 {limit}%），正在看的不受影响，请稍后再试");
        let en =
            format!("media is at its limit ({value}% busy, the limit is {limit}%); what runs goes on, try again later");
        let limit = Some(i64::try_from(limit).unwrap_or(i64::MAX));
        Self { limit, ..Self::new(ErrorKind::Unavailable, "media_full", zh, en) }.with_value(value)
    }
}

pub type ServiceResult<T> = Result<T, ServiceError>;
