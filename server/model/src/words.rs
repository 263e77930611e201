//! Enums that are stored and told as one lower-case word: one place says the word, its Chinese and its English.

use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};

/// Declares an enum whose variants each have a stable word (stored, told), a Chinese and an English name.
#[macro_export]
macro_rules! words {
    ($(#[$meta:meta])* $name:ident { $($(#[$vmeta:meta])* $variant:ident = $word:literal, $zh:literal, $en:literal;)+ }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $name { $($(#[$vmeta])* $variant),+ }

        impl $name {
            pub const ALL: &'static [$name] = &[$($name::$variant),+];

            /// The word that is stored and told.
            pub const fn as_str(self) -> &'static str {
                match self { $($name::$variant => $word),+ }
            }

            pub const fn zh(self) -> &'static str {
                match self { $($name::$variant => $zh),+ }
            }

            pub const fn en(self) -> &'static str {
                match self { $($name::$variant => $en),+ }
            }

            /// The variant of a word; `None` for any other text.
            pub fn parse(word: &str) -> Option<Self> {
                match word { $($word => Some($name::$variant),)+ _ => None }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl $crate::utoipa::PartialSchema for $name {
            fn schema() -> $crate::utoipa::openapi::RefOr<$crate::utoipa::openapi::schema::Schema> {
                $crate::words::schema(&[$(($word, $zh, $en)),+])
            }
        }

        impl $crate::utoipa::ToSchema for $name {}

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let word = <std::borrow::Cow<'de, str> as serde::Deserialize>::deserialize(deserializer)?;
                Self::parse(&word).ok_or_else(|| {
                    serde::de::Error::custom(format!(
                        "`{word}` is not one of {}",
                        [$($word),+].join(", ")
                    ))
                })
            }
        }
    };
}

/// A string that is one of the words; the description says what each means.
#[doc(hidden)]
pub fn schema(words: &[(&'static str, &str, &str)]) -> RefOr<Schema> {
    let meanings: Vec<String> = words.iter().map(|(word, zh, en)| format!("`{word}` {zh}, {en}")).collect();
    ObjectBuilder::new()
        .schema_type(Type::String)
        .enum_values(Some(words.iter().map(|(word, _, _)| *word)))
        .description(Some(meanings.join("; ")))
        .into()
}
