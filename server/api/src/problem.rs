//! Every refusal as `application/problem+json` (RFC 9457), with a stable code and both languages. The one place where
//! the service's error kinds become statuses.

use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use lianxian_service::{ErrorKind, ServiceError};
use serde::Serialize;
use utoipa::ToSchema;

/// When to come again after a refusal that passes, in seconds.
pub(crate) const RETRY_AFTER: HeaderValue = HeaderValue::from_static("2");

/// Why a request was refused.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[schema(as = Problem)]
pub(crate) struct ProblemBody {
    /// `urn:lianxian:problem:` and the code.
    #[serde(rename = "type")]
    kind: String,
    /// What the status means.
    title: &'static str,
    status: u16,
    /// Stable, for programs.
    code: String,
    detail_zh: String,
    detail_en: String,
    /// The field of the request that is wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    field: Option<String>,
    /// The limit that was reached.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    limit: Option<i64>,
    /// The value concerned, for example until when (ms) an account is locked.
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<serde_json::Value>,
}

#[derive(Clone, Debug)]
pub(crate) struct Problem(Box<Inner>);

#[derive(Clone, Debug)]
struct Inner {
    status: StatusCode,
    error: ServiceError,
    /// When the field's name is not one of ours.
    field: Option<String>,
}

impl Problem {
    /// One that the service does not know of.
    pub(crate) fn new(status: StatusCode, code: &'static str, zh: &str, en: impl Into<String>) -> Self {
        let kind = if status.is_server_error() { ErrorKind::Internal } else { ErrorKind::Invalid };
        Self::of(status, ServiceError::new(kind, code, zh, en), None)
    }

    fn of(status: StatusCode, error: ServiceError, field: Option<String>) -> Self {
        Self(Box::new(Inner { status, error, field }))
    }

    pub(crate) fn with_limit(mut self, limit: i64) -> Self {
        self.0.error.limit = Some(limit);
        self
    }

    pub(crate) fn body(self) -> ProblemBody {
        let Inner { status, error, field } = *self.0;
        ProblemBody {
            kind: format!("urn:lianxian:problem:{}", error.code),
            title: status.canonical_reason().unwrap_or("Refused"),
            status: status.as_u16(),
            code: error.code.to_owned(),
            detail_zh: error.zh,
            detail_en: error.en,
            field: field.or(error.field.map(str::to_owned)),
            limit: error.limit,
            value: error.value,
        }
    }

    pub(crate) fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", "没有这个地址", "there is nothing at this address")
    }

    pub(crate) fn method_not_allowed() -> Self {
        let en = "this address does not take this method";
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "这个地址不接受该请求方法", en)
    }

    pub(crate) fn too_large(limit: usize) -> Self {
        let en = "the request is too large";
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", "请求内容过大", en)
            .with_limit(i64::try_from(limit).unwrap_or(i64::MAX))
    }

    pub(crate) fn malformed(en: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "malformed", "请求内容无法解析", en)
    }
}

impl From<ServiceError> for Problem {
    fn from(error: ServiceError) -> Self {
        let status = match error.kind {
            ErrorKind::NotFound => StatusCode::NOT_FOUND,
            ErrorKind::Conflict => StatusCode::CONFLICT,
            ErrorKind::Forbidden => StatusCode::FORBIDDEN,
            ErrorKind::Invalid => StatusCode::UNPROCESSABLE_ENTITY,
            ErrorKind::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            ErrorKind::LimitReached => StatusCode::TOO_MANY_REQUESTS,
            ErrorKind::Unauthenticated => StatusCode::UNAUTHORIZED,
            ErrorKind::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        };
        Self::of(status, error, None)
    }
}

impl From<JsonRejection> for Problem {
    fn from(rejection: JsonRejection) -> Self {
        let text = rejection.body_text();
        match rejection {
            // Well-formed, but not what the request is made of.
            JsonRejection::JsonDataError(_) => {
                let said = text.split_once("target type: ").map_or(text.as_str(), |(_, said)| said);
                let is_name = |name: &&str| !name.contains(' ') && !name.contains('`');
                let field = said.split_once(": ").map(|(name, _)| name).filter(is_name).map(str::to_owned);
                let error = ServiceError::new(ErrorKind::Invalid, "invalid", "请求内容有误", said);
                Self::of(StatusCode::UNPROCESSABLE_ENTITY, error, field)
            }
            JsonRejection::MissingJsonContentType(_) => {
                let en = "the request's content type must be application/json";
                Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "media_type", "请求内容须为 JSON", en)
            }
            _ => Self::malformed(text),
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = self.0.status;
        if status == StatusCode::SERVICE_UNAVAILABLE {
            tracing::warn!(code = self.0.error.code, detail = %self.0.error.en, "a request was put off");
        } else if status.is_server_error() {
            tracing::error!(code = self.0.error.code, detail = %self.0.error.en, "a request failed");
        }
        let mut response = (status, Json(self.body())).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE) {
            headers.insert(header::RETRY_AFTER, RETRY_AFTER);
        }
        response
    }
}
