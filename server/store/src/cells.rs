//! Values on their way into the database and back: text and 64-bit numbers, nothing else.

use lianxian_model::attachment::FileType;
use lianxian_model::audit::AuditResult;
use lianxian_model::card::CardKind;
use lianxian_model::case::{CaseEntryKind, CaseKind};
use lianxian_model::check::CheckVerdict;
use lianxian_model::directive::{DirectiveState, Rank};
use lianxian_model::drawing::ImageType;
use lianxian_model::duty::{DutyMode, DutyRole, Skill, SwapState};
use lianxian_model::event::EventKind;
use lianxian_model::ids::*;
use lianxian_model::media::{Codec, TrackKind, TrackSource};
use lianxian_model::org::{EndpointKind, PrivacyClass, SiteKind, UnitLevel};
use lianxian_model::people::LoginEnd;
use lianxian_model::register::{OfflineCause, ViewMode, WatchEnd};
use lianxian_model::request::ring::Rung;
use lianxian_model::request::{Channel, Grade, RequestState, Urgency};
use lianxian_model::roles::Role;
use lianxian_model::session::{LeaveReason, Mode, SessionEnd, SessionKind, SessionState};
use lianxian_model::time::Millis;
use lianxian_service::ports::store::{StoreError, StoreResult};
use serde::Deserialize;
use serde::de::IntoDeserializer;
use serde::de::value::{Error as WordError, StrDeserializer};
use sqlx::any::{AnyArguments, AnyRow, AnyTypeInfoKind};
use sqlx::{Arguments, Row, TypeInfo, ValueRef};

/// One value. A null has a type: PostgreSQL wants to know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    Text(String),
    Number(i64),
    NullText,
    NullNumber,
}

/// Something that is stored in one column.
pub(crate) trait Cell: Sized {
    const NULL: Value;
    fn to_value(&self) -> Value;
    /// `None`: the value is not one of this type.
    fn from_value(value: &Value) -> Option<Self>;
}

impl Cell for String {
    const NULL: Value = Value::NullText;

    fn to_value(&self) -> Value {
        // PostgreSQL's text holds no NUL: what can only come from a hostile client is made visible instead.
        Value::Text(if self.contains('\0') { self.replace('\0', "\u{fffd}") } else { self.clone() })
    }

    fn from_value(value: &Value) -> Option<Self> {
        if let Value::Text(text) = value { Some(text.clone()) } else { None }
    }
}

impl Cell for i64 {
    const NULL: Value = Value::NullNumber;

    fn to_value(&self) -> Value {
        Value::Number(*self)
    }

    fn from_value(value: &Value) -> Option<Self> {
        if let Value::Number(number) = value { Some(*number) } else { None }
    }
}

impl Cell for bool {
    const NULL: Value = Value::NullNumber;

    fn to_value(&self) -> Value {
        Value::Number(i64::from(*self))
    }

    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::Number(0) => Some(false),
            Value::Number(1) => Some(true),
            _ => None,
        }
    }
}

impl Cell for Millis {
    const NULL: Value = Value::NullNumber;

    fn to_value(&self) -> Value {
        Value::Number(self.0)
    }

    fn from_value(value: &Value) -> Option<Self> {
        i64::from_value(value).map(Millis)
    }
}

impl<T: Cell> Cell for Option<T> {
    const NULL: Value = T::NULL;

    fn to_value(&self) -> Value {
        self.as_ref().map_or(T::NULL, Cell::to_value)
    }

    fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::NullText | Value::NullNumber => Some(None),
            value => T::from_value(value).map(Some),
        }
    }
}

macro_rules! id_cells {
    ($($id:ident),+ $(,)?) => {$(
        impl Cell for $id {
            const NULL: Value = Value::NullText;

            fn to_value(&self) -> Value {
                self.0.to_value()
            }

            fn from_value(value: &Value) -> Option<Self> {
                String::from_value(value).map($id)
            }
        }
    )+};
}

id_cells!(
    UnitId,
    SiteId,
    EndpointId,
    PersonId,
    AccountId,
    GrantId,
    LoginId,
    WatchId,
    SessionId,
    AttendanceId,
    TrackIntervalId,
    RegisterId,
    CaseLinkId,
    CardId,
    CheckId,
    FrameId,
    AttachmentId,
    RequestId,
    GuestLinkId,
    VisitId,
    ConsentId,
    DirectiveId,
    PictureId,
    ShiftId,
    SwapId,
    HandoverId,
    AuditId,
    ParticipantSid,
    TrackSid,
);

macro_rules! word_cells {
    ($($word:ident),+ $(,)?) => {$(
        impl Cell for $word {
            const NULL: Value = Value::NullText;

            fn to_value(&self) -> Value {
                Value::Text(self.as_str().to_owned())
            }

            fn from_value(value: &Value) -> Option<Self> {
                if let Value::Text(text) = value { $word::parse(text) } else { None }
            }
        }
    )+};
}

word_cells!(
    UnitLevel,
    SiteKind,
    PrivacyClass,
    EndpointKind,
    LoginEnd,
    Role,
    OfflineCause,
    ViewMode,
    WatchEnd,
    SessionKind,
    SessionState,
    SessionEnd,
    Mode,
    LeaveReason,
    CaseKind,
    CardKind,
    CaseEntryKind,
    CheckVerdict,
    RequestState,
    Channel,
    Grade,
    DirectiveState,
    Rank,
    Rung,
    Skill,
    Urgency,
    DutyRole,
    DutyMode,
    SwapState,
    ImageType,
    FileType,
    AuditResult,
    EventKind,
);

macro_rules! media_word_cells {
    ($($word:ident),+ $(,)?) => {$(
        impl Cell for $word {
            const NULL: Value = Value::NullText;

            fn to_value(&self) -> Value {
                match serde_json::to_value(self) {
                    Ok(serde_json::Value::String(word)) => Value::Text(word),
                    _ => Self::NULL,
                }
            }

            fn from_value(value: &Value) -> Option<Self> {
                let Value::Text(text) = value else { return None };
                let word: StrDeserializer<'_, WordError> = text.as_str().into_deserializer();
                $word::deserialize(word).ok()
            }
        }
    )+};
}

media_word_cells!(TrackKind, TrackSource, Codec);

/// The values of one statement, in the order of `$1`, `$2`, …
macro_rules! values {
    ($($value:expr),* $(,)?) => { vec![$($crate::cells::Cell::to_value(&$value)),*] };
}
pub(crate) use values;

pub(crate) fn arguments(values: Vec<Value>) -> StoreResult<AnyArguments> {
    let mut arguments = AnyArguments::default();
    for value in values {
        match value {
            Value::Text(text) => arguments.add(text),
            Value::Number(number) => arguments.add(number),
            Value::NullText => arguments.add(None::<String>),
            Value::NullNumber => arguments.add(None::<i64>),
        }
        .map_err(|error| StoreError::Corrupt(error.to_string()))?;
    }
    Ok(arguments)
}

/// One row as it was read.
pub(crate) struct Cells<'r>(pub(crate) &'r AnyRow);

impl Cells<'_> {
    pub(crate) fn get<T: Cell>(&self, column: &str) -> StoreResult<T> {
        let value = self.value(column)?;
        T::from_value(&value).ok_or_else(|| {
            let kind = std::any::type_name::<T>().rsplit("::").next().unwrap_or_default();
            StoreError::Corrupt(format!("column {column}: {value:?} is not a {kind}"))
        })
    }

    fn value(&self, column: &str) -> StoreResult<Value> {
        let unreadable = |error: sqlx::Error| StoreError::Corrupt(format!("column {column}: {error}"));
        let raw = self.0.try_get_raw(column).map_err(unreadable)?;
        if raw.is_null() {
            return Ok(Value::NullText);
        }
        match raw.type_info().kind() {
            AnyTypeInfoKind::Text => self.0.try_get(column).map(Value::Text).map_err(unreadable),
            AnyTypeInfoKind::SmallInt | AnyTypeInfoKind::Integer | AnyTypeInfoKind::BigInt => {
                self.0.try_get(column).map(Value::Number).map_err(unreadable)
            }
            _ => Err(StoreError::Corrupt(format!("column {column}: a {} is not stored here", raw.type_info().name()))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_comes_back_as_itself_and_no_other_word_comes_back() {
        for role in Role::ALL {
            assert_eq!(Role::from_value(&role.to_value()), Some(*role));
        }
        for codec in [Codec::Opus, Codec::Red, Codec::Vp8, Codec::H264, Codec::Vp9, Codec::Av1] {
            assert_eq!(Codec::from_value(&codec.to_value()), Some(codec));
        }
        assert_eq!(TrackSource::ScreenShareAudio.to_value(), Value::Text("screen_share_audio".into()));
        assert_eq!(Role::from_value(&Value::Text("king".into())), None);
        assert_eq!(TrackKind::from_value(&Value::Text("smell".into())), None);
        assert_eq!(bool::from_value(&Value::Number(2)), None);
        assert_eq!(Option::<Millis>::from_value(&Value::NullNumber), Some(None));
        assert_eq!(Millis::from_value(&Value::NullNumber), None);
    }

    #[test]
    fn a_nul_becomes_visible() {
        assert_eq!("a\0b".to_owned().to_value(), Value::Text("a\u{fffd}b".into()));
    }
}
